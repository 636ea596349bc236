"""The same search for the settings of every model: before the seeds are run, on seeds and data of its own."""

__all__ = ["ROUNDS", "described", "runs_of", "tune", "tuning_seeds", "worth_of"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import final

from qgan._typing import Json
from qgan.compare.engine import Engine
from qgan.compare.entries import Entry, Tuning
from qgan.compare.places import Places
from qgan.compare.results import validation_loss
from qgan.compare.search import PORTION, SPACE, Search
from qgan.compare.stored import read, write
from qgan.compare.tasks import Outcome, Task, Told
from qgan.config import RunConfig
from qgan.documents import override
from qgan.runs import RunDirectory
from qgan.validation import validate

# Far from those that people choose.
FIRST_SEED = 10_001


@final
@dataclass(frozen=True)
class Round:
    """Trials of one length.

    Attributes:
        name: Of its answers.
        place: Of its seed among those of the search.
        share: One part in so many of a model's steps is trained.
    """

    name: str
    place: int
    share: int


# Successive halving (Jamieson and Talwalkar, AISTATS 2016, arXiv:1502.07943) in two rounds.
ROUNDS = SHORT, WHOLE = Round("short", 0, 4), Round("whole", 1, 1)
# Of the trials of the first round, one in so many is in the last, and the recipe's own settings always are.
KEPT = 4


@final
@dataclass(frozen=True)
class Answer:
    """What a trial came to in a round.

    Attributes:
        loss: The primary metric on validation at the checkpoint that the run chose, turned so that smaller is better.
        seconds: Of its run.
        failed: Whether it failed or diverged, and counts at the trivial value.
    """

    loss: float
    seconds: float
    failed: bool


Answers = Mapping[str, Mapping[int, Answer]]


def tuning_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    """Those of the search, one for each round: none of the comparison's."""
    candidates = (seed for seed in range(FIRST_SEED, FIRST_SEED + len(ROUNDS) + len(seeds)) if seed not in seeds)
    return tuple(next(candidates) for _ in ROUNDS)


def finalists(trials: int) -> int:
    """How many trials are in the last round."""
    return min(trials, max(2, ceil(trials / KEPT)))


def runs_of(trials: int) -> int:
    """How many runs a search takes for each model."""
    return trials + finalists(trials)


def worth_of(trials: int) -> float:
    """How many whole runs they take as long as."""
    return trials / SHORT.share + finalists(trials) / WHOLE.share


def described(trials: int, seeds: Sequence[int]) -> str:
    """The whole search in a sentence, as it is declared; empty where nothing is tuned."""
    if not trials:
        return ""
    short, whole = tuning_seeds(seeds)
    return (
        f"{trials} settings of each model, its recipe's own first, then by a tree-structured Parzen estimator: "
        f"{SPACE.describe()}; each is trained for 1/{SHORT.share} of the steps on seed {short}; the best of them and "
        f"the recipe's own, {finalists(trials)} in all, for all steps on seed {whole}, which decides, on validation"
    )


def tune(
    searched: Sequence[tuple[Places, Entry, str]],
    *,
    trials: int,
    seeds: Sequence[int],
    engine: Engine,
    told: Told = lambda _: None,
) -> list[Entry]:
    """Searches for the settings of models, all of them at once, and gives them to them.

    Of trials only the validation part is looked at. Answers are kept as they come, portion by portion, so that a search
    that is gone on with asks for the same again, also where a trial that failed would not fail now.

    Args:
        searched: Where a model's recipe is kept, the model, and the primary metric.
        trials: Settings for each.
        seeds: The comparison's.
        engine: Does the runs.
        told: Hears of them.

    Returns:
        The models with the settings that were chosen.

    Raises:
        CheckpointError: If answers that were kept cannot be read.
    """
    sought = [_Sought(places, entry, metric, trials, tuning_seeds(seeds)) for places, entry, metric in searched]
    for _ in range(0, trials, PORTION):
        portions = [each.ask() for each in sought]
        _answer(sought, portions, SHORT, engine, told)
        for each, portion in zip(sought, portions, strict=True):
            each.tell(portion)
    _answer(sought, [each.finalists for each in sought], WHOLE, engine, told)
    return [each.tuned() for each in sought]


def _answer(
    sought: Sequence["_Sought"], numbers: Sequence[Sequence[int]], part: Round, engine: Engine, told: Told
) -> None:
    """Does what is not answered yet, for all models side by side."""
    tasks = [each.missing(wanted, part) for each, wanted in zip(sought, numbers, strict=True)]
    flat = [task for of_model in tasks for task in of_model.values()]
    outcomes = {outcome.name: outcome for outcome in engine.run(flat, root=sought[0].places.root, told=told)}
    for each, of_model in zip(sought, tasks, strict=True):
        each.keep({number: outcomes[task.name] for number, task in of_model.items()}, part)


@final
class _Sought:
    """A model whose settings are searched for."""

    def __init__(self, places: Places, entry: Entry, metric: str, trials: int, seeds: Sequence[int]) -> None:
        self.places, self._entry, self._metric, self._seeds = places, entry, metric, seeds
        self._search, self._trials = Search(entry.config(0), trials), trials
        self._file = places.search(entry.name)
        self._answers: Answers = read(self._file, Answers) if self._file.exists() else {}

    def ask(self) -> range:
        """Numbers of the next portion of trials."""
        before = len(self._search.settings)
        return range(before, before + len(self._search.ask()))

    def tell(self, numbers: Sequence[int]) -> None:
        """Lets the search know what they came to in the short round."""
        self._search.tell([self._in(SHORT)[number].loss for number in numbers])

    @property
    def finalists(self) -> list[int]:
        """The recipe's own settings and the best others of the short round; earlier ones among equals."""
        losses = self._in(SHORT)
        others = sorted(range(1, self._trials), key=lambda number: losses[number].loss)
        return [0, *others[: finalists(self._trials) - 1]]

    def missing(self, numbers: Sequence[int], part: Round) -> dict[int, Task]:
        """The runs of those trials that were not answered in a round, by number."""
        return {number: self._task(number, part) for number in numbers if number not in self._in(part)}

    def keep(self, outcomes: Mapping[int, Outcome], part: Round) -> None:
        """Writes down what trials came to."""
        if outcomes:
            more = {number: self._answer(outcome) for number, outcome in outcomes.items()}
            self._answers = {**self._answers, part.name: {**self._in(part), **more}}
            write(self._file, self._answers)

    def tuned(self) -> Entry:
        """With the settings that did best in the last round; the recipe's own among equals."""
        short, whole = self._in(SHORT), self._in(WHOLE)
        settings = self._search.settings[min(sorted(whole), key=lambda number: whole[number].loss)]
        answers = [*short.values(), *whole.values()]
        return replace(
            self._entry,
            document=override(self._entry.document, settings.items()),
            tuning=Tuning(
                trials=self._trials,
                seconds=sum(answer.seconds for answer in answers),
                settings=settings,
                losses=tuple(short[number].loss for number in range(self._trials)),
                finals={number: whole[number].loss for number in sorted(whole)},
                failed=sum(answer.failed for answer in answers),
            ),
        )

    def _in(self, part: Round) -> Mapping[int, Answer]:
        return self._answers.get(part.name, {})

    def _answer(self, outcome: Outcome) -> Answer:
        return Answer(validation_loss(outcome.where, self._metric), _seconds(outcome), outcome.state != "done")

    def _task(self, number: int, part: Round) -> Task:
        seed = self._seeds[part.place]
        return Task(self.places.trial(self._entry.name, number, seed), self._config(number, part, seed))

    def _config(self, number: int, part: Round, seed: int) -> RunConfig:
        config = self._entry.config(seed)
        steps = ceil(config.train.steps / part.share)
        changes: Json = {
            **self._search.settings[number],
            "train.steps": steps,
            "evaluate.every": min(config.evaluate.every, steps),
            "evaluate.metrics": list(dict.fromkeys((config.evaluate.metric, self._metric))),
        }
        return validate(RunConfig, override(config.document(), changes.items()))


def _seconds(outcome: Outcome) -> float:
    if not (outcome.where / "run.json").is_file():
        return 0.0
    return sum(line["seconds"]["all"] for line in RunDirectory.open(outcome.where).lines("timing"))
