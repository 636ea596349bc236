"""What a run will take, from a few real steps of it."""

__all__ = ["Estimate", "Pace", "estimate"]

import statistics
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import final

from qgan.build import build
from qgan.config import RunConfig
from qgan.evaluate import Shelf
from qgan.loop import train
from qgan.machine import threads
from qgan.opening import begin
from qgan.runs import RunDirectory

# The first step finds space and compiled kernels; the last one is evaluated and saved.
STEPS = 8
FAR = 2**62


@final
@dataclass(frozen=True)
class Estimate:
    """What a run will take, alone on this machine.

    Attributes:
        seconds_per_step: Of training alone, the median of a few.
        seconds: Of the whole run, with its evaluations and checkpoints; at most, where it may converge before.
        bytes: On disk, when it is done.
        probed: Seconds that it took to know.
    """

    seconds_per_step: float
    seconds: float
    bytes: int
    probed: float


def estimate(config: RunConfig, *, plugins: Iterable[str] = (), shelf: Shelf | None = None) -> Estimate:
    """Trains for a few steps, evaluates and saves as the run itself will, in a directory that is then removed.

    Args:
        config: Whole and resolved.
        plugins: Modules that are imported already.
        shelf: Where the real side of evaluations may be already, as it is for all but the first run of a seed.

    Raises:
        QganError: For whatever keeps the run from beginning, or stops it within those steps.
    """
    began, evaluated = perf_counter(), bool(config.evaluate.every)
    steps = min(STEPS, config.train.steps)
    short = config.model_copy(
        update={
            "train": config.train.model_copy(update={"steps": steps, "until": "steps"}),
            "evaluate": config.evaluate.model_copy(update={"every": steps if evaluated else 0}),
            "run": config.run.model_copy(update={"checkpoint_every": max(steps, 1)}),
        }
    )
    with tempfile.TemporaryDirectory(prefix="qgan-probe-") as folder:
        session = begin(short, out=Path(folder), plugins=plugins, shelf=shelf)
        ends = [perf_counter()]
        for _ in session.records():
            ends.append(perf_counter())
        whole = perf_counter() - began
        timing = [line["seconds"]["all"] for line in session.run.lines("timing")]
        size = _bytes(session.run, config, evaluated=evaluated)
    if not timing:
        return Estimate(0.0, whole, size, perf_counter() - began)
    step = statistics.median(timing[1:-1] or timing)
    evaluation, save = max(timing[-1] - step, 0.0), max(ends[-1] - ends[-2] - timing[-1], 0.0)
    rest = max(whole - sum(timing) - save, 0.0)
    every, more = config.evaluate.every, config.train.steps
    evaluations, saves = (more // every if every else 0), -(-more // config.run.checkpoint_every)
    return Estimate(step, rest + more * step + evaluations * evaluation + saves * save, size, perf_counter() - began)


def _bytes(run: RunDirectory, config: RunConfig, *, evaluated: bool) -> int:
    """Of the whole run: what grows with its steps, with its evaluations, with its checkpoints, and what does not."""
    short, sizes = run.config.train.steps, _sizes(run.path)
    one = max((size for name, size in sizes.items() if name.startswith("checkpoints/")), default=0)
    grown = {"records.jsonl": config.train.steps / short, "timing.jsonl": config.train.steps / short} if short else {}
    if evaluated and short:
        grown["evaluations.jsonl"] = (config.train.steps // config.evaluate.every + 1) / 2
    kept = min(config.run.keep_last + evaluated, config.train.steps + 1)
    plain = sum(size * grown.get(name, 1) for name, size in sizes.items() if not name.startswith("checkpoints/"))
    return round(plain + kept * one)


def _sizes(path: Path) -> dict[str, int]:
    """Bytes of each file of a run, and of each checkpoint as a whole."""
    sizes: dict[str, int] = {}
    for file in sorted(path.rglob("*")):
        if file.is_file():
            parts = file.relative_to(path).parts
            name = "/".join(parts[:2])
            sizes[name] = sizes.get(name, 0) + file.stat().st_size
    return sizes


@final
class Pace:
    """Steps of a run that is kept nowhere, as many as there is time for.

    Args:
        config: Whole and resolved.
    """

    def __init__(self, config: RunConfig) -> None:
        self._experiment = experiment = build(config)
        self._records = train(experiment.state, experiment.game, experiment.batches, steps=FAR)

    def steps_per_second(self, seconds: float) -> float:
        """Measured for about so many seconds.

        Raises:
            DivergedError: If the training of these few steps fails.
        """
        count = self._experiment.config.run.threads
        assert isinstance(count, int)
        with threads(count):
            next(self._records)
            began, steps = perf_counter(), 0
            while (taken := perf_counter() - began) < seconds or not steps:
                next(self._records)
                steps += 1
        return steps / taken
