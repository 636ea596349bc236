"""What runs came to, seed by seed, in the form in which models are held against each other."""

__all__ = ["Result", "Yardsticks", "loss_of", "result_of", "validation_loss", "yardsticks_at", "yardsticks_of"]

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Literal, final

from qgan import layout
from qgan._registry import NoOptions
from qgan.compare.stored import read, write
from qgan.compare.tasks import Outcome
from qgan.config import RunConfig
from qgan.evaluate import References
from qgan.experiment import Experiment
from qgan.metrics import METRICS
from qgan.metrics.score import Score
from qgan.runs import RunDirectory


@final
@dataclass(frozen=True)
class Yardsticks:
    """What each metric's values on the test part of one seed are read against.

    Attributes:
        seed: Of the split.
        n: Samples on either side.
        scores: Floor and trivial value by metric, without a value.
        guesses: What each generator that learned nothing scores on average, by its name, then by metric.
    """

    seed: int
    n: int
    scores: Mapping[str, Score]
    guesses: Mapping[str, Mapping[str, float]]


@final
@dataclass(frozen=True)
class _Kept:
    """Yardsticks as they lie in their file."""

    n: int
    scores: tuple[Score, ...]
    guesses: Mapping[str, Mapping[str, float]]


@final
@dataclass(frozen=True)
class Result:
    """One model on one seed.

    Attributes:
        model: Its name.
        seed: Which.
        state: ``"done"``; ``"diverged"`` and ``"failed"`` count at the trivial value.
        message: Why it ended.
        step: Of the checkpoint that was measured; None where none was.
        values: On the test part, by metric; None where it could not be computed.
        where: The run's directory.
    """

    model: str
    seed: int
    state: Literal["done", "diverged", "failed"]
    message: str
    step: int | None
    values: Mapping[str, float | None]
    where: Path


def yardsticks_of(experiment: Experiment, kept: Path) -> Yardsticks:
    """Those of the experiment's data, seed and metrics: from the file where they are kept, or measured and kept there.

    Every model of a comparison shares them, as they follow from real data alone.
    """
    config = experiment.config
    if not kept.exists():
        references = References(
            experiment.data,
            part="test",
            n=config.evaluate.samples,
            seed=config.seed,
            metrics=config.evaluate.metrics,
            conditional=config.train.conditional,
        )
        write(kept, _Kept(references.n, tuple(references.yardsticks), references.guesses))
    return yardsticks_at(kept, config.seed)


def yardsticks_at(kept: Path, seed: int) -> Yardsticks:
    """Those that are kept in that file.

    Raises:
        CheckpointError: If they cannot be read.
    """
    found = read(kept, _Kept)
    return Yardsticks(seed, found.n, {score.name: score for score in found.scores}, found.guesses)


def result_of(model: str, config: RunConfig, outcome: Outcome) -> Result:
    """What a run came to."""
    values: dict[str, float | None] = dict.fromkeys(config.evaluate.metrics)
    step = None
    if outcome.state == "done":
        report = layout.read(RunDirectory.open(outcome.where).path / "metrics.json", layout.Report)
        values |= {name: score["value"] for name, score in report["metrics"].items()}
        step = report["step"]
    return Result(model, config.seed, outcome.state, outcome.message, step, values, outcome.where)


def loss_of(value: float | None, yardstick: Score) -> float | None:
    """A value turned so that smaller is better; the trivial one where there is none.

    A run that failed, diverged or gave what cannot be measured did no better than what learned nothing. None where the
    metric has no trivial value either.
    """
    found = yardstick.trivial if value is None else value
    if found is None:
        return None
    return found if yardstick.direction == "lower" else -found


def validation_loss(where: Path, metric: str) -> float:
    """What a run came to on validation at the checkpoint that it chose, turned so that smaller is better.

    The trivial value where it failed, diverged or gave what cannot be measured; infinite where there is none.
    """
    sign = 1 if METRICS.lookup(metric).make(NoOptions()).direction == "lower" else -1
    value = None
    if (where / "run.json").is_file():
        run = RunDirectory.open(where)
        if run.status["state"] == "done":
            lines = run.lines("evaluations")
            chosen = [line for line in lines if line["best"]] if run.chosen() == "best" else lines
            value = chosen[-1]["scores"][metric]["value"] if chosen else None
        if value is None and (where / "references.json").exists():
            value = layout.read(where / "references.json", layout.References)["metrics"][metric]["trivial"]
    return inf if value is None else sign * value
