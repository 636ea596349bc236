"""A comparison as it lies in its directory, read and never changed: what pages, tables and notebooks are made of."""

__all__ = ["Compared", "Comparison"]

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, final

from qgan._registry import NoOptions
from qgan.compare.cost import Cost
from qgan.compare.declaration import Claim, Declaration, Declared, declared
from qgan.compare.entries import Book, Entry
from qgan.compare.history import Origin, origin_of
from qgan.compare.places import Places
from qgan.compare.rescoring import Rescored
from qgan.compare.results import Result, Yardsticks, loss_of, result_of, yardsticks_at
from qgan.compare.speed import Speed
from qgan.compare.stored import read
from qgan.compare.tasks import Outcome, Task, settled
from qgan.errors import ConfigError
from qgan.files import read_json
from qgan.metrics import METRICS

if TYPE_CHECKING:
    import pandas as pd


@final
@dataclass(frozen=True)
class Compared:
    """One recipe of a comparison.

    Attributes:
        recipe: Its name.
        claim: What carries the claim.
        seeds: Of all models, in pairs.
        tuned: Whether every model was searched for settings.
        book: The models.
        places: Where everything of it lies.
        yardsticks: By seed, as far as they are measured.
        results: By model and seed: of the runs that are over.
        rescored: By name and seed: of what nothing trains, as far as it is declared.
        speed: By model, as far as it is measured.
        cost: None where it is not known yet.
        origin: How the claim was first declared, and what was amended since; None where nothing tells.
        search: How they were, as it was declared.
        untimed: By model: why it could not be timed.
    """

    recipe: str
    claim: Claim
    seeds: tuple[int, ...]
    tuned: bool
    book: Book
    places: Places
    yardsticks: Mapping[int, Yardsticks]
    results: Mapping[str, Mapping[int, Result]]
    rescored: Mapping[str, Mapping[int, Rescored]]
    speed: Mapping[str, Speed]
    cost: Cost | None
    origin: Origin | None = None
    search: str = ""
    untimed: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def subject(self) -> Entry:
        """The recipe's own generator."""
        return self.book.entries[0]

    @property
    def opponent(self) -> str | None:
        """The primary opponent's name; None where it is the best matched family and that is not known yet."""
        return self.book.family if self.claim.opponent == "matched" else self.claim.opponent

    @property
    def metrics(self) -> tuple[str, ...]:
        """All that are measured, the primary one first."""
        names = self.subject.config(0).evaluate.metrics
        return (self.claim.metric, *(name for name in names if name != self.claim.metric))

    @property
    def lower_is_better(self) -> bool:
        """Whether it is, by the primary metric."""
        return METRICS.lookup(self.claim.metric).make(NoOptions()).direction == "lower"

    def entry(self, model: str) -> Entry:
        """A trained model by its name.

        Raises:
            ConfigError: If there is none.
        """
        for entry in self.book.entries:
            if entry.name == model:
                return entry
        names = ", ".join(entry.name for entry in self.book.entries)
        raise ConfigError(f"The comparison of {self.recipe} has no model '{model}'", allowed=names)

    def losses(self, name: str, metric: str) -> dict[int, float]:
        """A model's values by seed, turned so that smaller is better; failed and diverged seeds at the trivial value.

        Seeds that are not over yet, or on which nothing stands for the value, are not among them.
        """
        found: dict[int, float] = {}
        for seed, yardsticks in self.yardsticks.items():
            values, yardstick = self._values(name, seed), yardsticks.scores.get(metric)
            if values is not None and metric in values and yardstick is not None:
                loss = loss_of(values[metric], yardstick)
                if loss is not None:
                    found[seed] = loss
        return found

    def _values(self, name: str, seed: int) -> Mapping[str, float | None] | None:
        """None where there is nothing yet, and where rescoring could not be done though the subject's run was."""
        if (result := self.results.get(name, {}).get(seed)) is not None:
            return result.values
        rescored = self.rescored.get(name, {}).get(seed)
        if rescored is None or (rescored.reason is not None and seed not in self.failures("subject")):
            return None
        return rescored.values

    def failures(self, model: str) -> tuple[int, ...]:
        """Seeds on which it failed or diverged."""
        return tuple(seed for seed, result in self.results.get(model, {}).items() if result.state != "done")


@final
class Comparison:
    """A comparison that was begun.

    Args:
        path: Its directory.

    Raises:
        CheckpointError: If something in it cannot be read.
        ConfigError: If it is none.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.declared = path, declared(path)

    declared: Declared

    @cached_property
    def recipes(self) -> tuple[Compared, ...]:
        """Those of which models are known, in the order in which they were declared."""
        names = self.declared.current.claims
        return tuple(self._of(name) for name in names if Places(self.path, name).models.exists())

    def to_frame(self) -> "pd.DataFrame":
        """All scores, tidy: see :func:`qgan.compare.frames.frame_of`.

        Raises:
            BackendError: If pandas is not installed.
        """
        from qgan.compare.frames import frame_of

        return frame_of(self.recipes)

    def to_latex(self) -> str:
        """A table of each recipe for a paper: see :func:`qgan.compare.frames.latex_of`."""
        from qgan.compare.frames import latex_of

        return latex_of(self.recipes)

    def _of(self, recipe: str) -> Compared:
        places, declaration = Places(self.path, recipe), self.declared.current
        book = read(places.models, Book)
        trained = [entry for entry in book.entries if entry.left_out is None]
        seeds = declaration.seeds
        return Compared(
            recipe=recipe,
            claim=declaration.claims[recipe],
            seeds=seeds,
            tuned=declaration.trials > 0,
            book=book,
            places=places,
            yardsticks={
                seed: yardsticks_at(places.yardsticks(seed), seed) for seed in seeds if places.yardsticks(seed).exists()
            },
            results={entry.name: dict(self._results(places, entry, seeds)) for entry in trained},
            rescored=self._rescored(places, declaration),
            speed={
                entry.name: read(places.speed(entry.name), Speed)
                for entry in trained
                if places.speed(entry.name).exists()
            },
            cost=read(places.cost, Cost) if places.cost.exists() else None,
            origin=origin_of(self.declared, recipe),
            search=declaration.search,
            untimed=dict(self._untimed(places, trained)),
        )

    def _results(self, places: Places, entry: Entry, seeds: tuple[int, ...]) -> Iterator[tuple[int, Result]]:
        failed = read_json(places.failures) if places.failures.exists() else {}
        for seed in seeds:
            task = Task(places.run(entry.name, seed), entry.config(seed))
            outcome = settled(task, self.path)
            if outcome is None and task.name in failed:
                outcome = Outcome(task.name, "failed", failed[task.name], 0.0, self.path / task.name)
            if outcome is not None:
                yield seed, result_of(entry.name, task.config, outcome)

    def _untimed(self, places: Places, trained: Iterable[Entry]) -> Iterator[tuple[str, str]]:
        why = read(places.untimed, dict[str, str]) if places.untimed.exists() else {}
        for entry in trained:
            if entry.name in why:
                yield entry.name, why[entry.name]

    def _rescored(self, places: Places, declaration: Declaration) -> dict[str, dict[int, Rescored]]:
        paths = {
            name: {seed: path for seed in declaration.seeds if (path := places.rescored(name, seed)).exists()}
            for name in sorted(declaration.controls)
        }
        return {
            name: {seed: read(path, Rescored) for seed, path in by_seed.items()}
            for name, by_seed in paths.items()
            if by_seed
        }
