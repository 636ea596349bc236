"""A comparison from its declaration to its last figure. It may be stopped anywhere, and goes on where it stood."""

__all__ = ["Phase", "Timing", "carry_out", "fresh"]

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import TypeAlias, final

from qgan.build import build
from qgan.compare.comparison import Comparison
from qgan.compare.cost import cost_of
from qgan.compare.declaration import Declaration, declare, held
from qgan.compare.engine import Engine
from qgan.compare.entries import Book, Entry
from qgan.compare.places import Places
from qgan.compare.planning import Plan
from qgan.compare.rescoring import rescore
from qgan.compare.results import validation_loss, yardsticks_of
from qgan.compare.speed import Speed, Untimed, timed_together
from qgan.compare.stored import read, write
from qgan.compare.tasks import Outcome, Task, Told
from qgan.compare.tuning import runs_of, tune
from qgan.config import RunConfig
from qgan.evaluate import Shelf
from qgan.files import atomic_write

Timing: TypeAlias = Callable[[Mapping[str, RunConfig]], Mapping[str, Speed | Untimed]]


@final
@dataclass(frozen=True)
class Phase:
    """A part of a comparison begins.

    Attributes:
        name: What is done.
        runs: How many it has, those among them that are over already; 0 where it has none.
    """

    name: str
    runs: int = 0


def carry_out(
    path: Path,
    declaration: Declaration,
    *,
    engine: Engine,
    timing: Timing = timed_together,
    begins: Callable[[Phase], object] = lambda _: None,
    told: Told = lambda _: None,
) -> Comparison:
    """Declares a comparison, or amends it, and does all of it that is missing.

    Args:
        path: Its directory.
        declaration: What is compared, and what is claimed.
        engine: Does the runs.
        timing: Times the models of a recipe, once their runs are over and nothing else is done.
        begins: Hears of each part.
        told: Hears of the runs.

    Raises:
        BusyError: If another process is at it.
        ConfigError: If the directory holds something else, or a recipe cannot be compared.
        Interrupted: After a signal; what is done is kept.
    """
    begins(Phase("planning"))
    plans = {name: Plan.of(name, declaration) for name in declaration.claims}
    with held(path):
        declare(path, declaration)
        work = _Work(declaration, engine, begins, told)
        recipes = [_Recipe(Places(path, name), plan, declaration) for name, plan in plans.items()]
        work.tune_and_train(recipes)
        for recipe in recipes:
            recipe.choose_family()
        if "ladder" in declaration.baselines:
            for recipe in recipes:
                recipe.add_ladder()
            work.tune_and_train(recipes)
        begins(Phase("floors and trivial values"))
        for recipe in recipes:
            recipe.measure_yardsticks()
        begins(Phase("what nothing trains"))
        for recipe in recipes:
            recipe.rescore()
        begins(Phase("timing"))
        for recipe in recipes:
            recipe.time(timing)
        begins(Phase("costs"))
        for compared in Comparison(path).recipes:
            growth = None if compared.cost is None else compared.cost.growth
            write(compared.places.cost, cost_of(compared, growth=growth))
    return Comparison(path)


def fresh(declaration: Declaration) -> Path:
    """A place for a new comparison, which nothing has been written to."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return Path("comparisons") / f"{stamp}-{'-'.join(declaration.claims)[:80]}"


@final
@dataclass(frozen=True)
class _Work:
    """Runs of all recipes together, so that no worker waits for one of them."""

    declaration: Declaration
    engine: Engine
    begins: Callable[[Phase], object]
    told: Told

    def tune_and_train(self, recipes: Sequence["_Recipe"]) -> None:
        """Whatever of their models is not tuned or trained yet."""
        if trials := self.declaration.trials:
            self._tune(recipes, trials)
        tasks = [task for recipe in recipes for task in recipe.tasks()]
        self.begins(Phase("training", len(tasks)))
        outcomes = self.engine.run(tasks, root=recipes[0].places.root, told=self.told)
        for recipe in recipes:
            recipe.note_failures(outcomes)

    def _tune(self, recipes: Sequence["_Recipe"], trials: int) -> None:
        searched = [(recipe, entry) for recipe in recipes for entry in recipe.untuned]
        if not searched:
            return
        seeds = self.declaration.seeds
        self.begins(Phase("tuning", len(searched) * runs_of(trials)))
        found = tune(
            [(recipe.places, entry, recipe.metric) for recipe, entry in searched],
            trials=trials,
            seeds=seeds,
            engine=self.engine,
            told=self.told,
        )
        for recipe in recipes:
            mine = [entry for (other, _), entry in zip(searched, found, strict=True) if other is recipe]
            recipe.take(mine)


@final
class _Recipe:
    """One recipe's book, which is written down as it fills."""

    def __init__(self, places: Places, plan: Plan, declaration: Declaration) -> None:
        self.places, self.plan, self.declaration = places, plan, declaration
        self.metric = declaration.claims[places.recipe].metric
        kept = read(places.models, Book) if places.models.exists() else None
        stated = declaration.sha256()
        self.book = kept if kept and kept.declaration == stated else self._amended(kept, stated)
        self._write()

    @property
    def trained(self) -> list[Entry]:
        """The models that have runs."""
        return [entry for entry in self.book.entries if entry.left_out is None]

    @property
    def untuned(self) -> list[Entry]:
        """Those of them that train anything, and have not been searched for settings."""
        return [entry for entry in self.trained if entry.tuning is None and entry.config(0).train.steps]

    def tasks(self) -> list[Task]:
        """Their runs."""
        return [
            Task(self.places.run(entry.name, seed), entry.config(seed))
            for seed in self.declaration.seeds
            for entry in self.trained
        ]

    def take(self, entries: Sequence[Entry]) -> None:
        """Models with the settings that were chosen."""
        known = {entry.name: entry for entry in entries}
        self.book = replace(self.book, entries=tuple(known.get(entry.name, entry) for entry in self.book.entries))
        self._write()

    def note_failures(self, outcomes: Sequence[Outcome]) -> None:
        """Keeps why runs failed: some leave nothing else."""
        mine = {task.name for task in self.tasks()}
        failed = {each.name: each.message for each in outcomes if each.state == "failed" and each.name in mine}
        if failed or self.places.failures.exists():
            atomic_write(self.places.failures, json.dumps(failed, indent=2).encode() + b"\n")

    def choose_family(self) -> None:
        """The matched family that did best on validation, on average over the seeds."""
        matched = [entry for entry in self.trained if entry.group == "matched"]
        if not matched:
            return
        losses = {entry.name: fmean(self._on_validation(entry)) for entry in matched}
        family = min(losses, key=lambda name: losses[name])
        if family != self.book.family:
            # The ladder is climbed by one family.
            entries = tuple(entry for entry in self.book.entries if entry.group != "ladder")
            self.book = replace(self.book, entries=entries, family=family)
            self._write()

    def add_ladder(self) -> None:
        """More sizes of that family."""
        known = {entry.name for entry in self.book.entries}
        if self.book.family is not None:
            more = [entry for entry in self.plan.ladder(self.book.family) if entry.name not in known]
            self.book = replace(self.book, entries=(*self.book.entries, *more))
            self._write()

    def measure_yardsticks(self) -> None:
        """Floors and trivial values of every seed."""
        for seed in self.declaration.seeds:
            if not self.places.yardsticks(seed).exists():
                yardsticks_of(build(self.book.entries[0].config(seed)), self.places.yardsticks(seed))

    def rescore(self) -> None:
        """Every seed of those controls that have no runs."""
        shelf = Shelf()
        for seed in self.declaration.seeds:
            rescore(self.places, seed, names=self.declaration.controls, shelf=shelf)

    def time(self, timing: Timing) -> None:
        """All that are trained, by turns: where one has no times yet, those of the others are of another hour.

        What could not be timed is not tried again as long as the models stay the same.
        """
        timed = [entry for entry in self.trained if entry.config(0).train.steps]
        untimed = read(self.places.untimed, dict[str, str]) if self.places.untimed.exists() else {}
        if all(entry.name in untimed or self.places.speed(entry.name).exists() for entry in timed):
            return
        seed = self.declaration.seeds[0]
        found = timing({entry.name: entry.config(seed) for entry in timed})
        write(self.places.untimed, {model: each.why for model, each in found.items() if isinstance(each, Untimed)})
        for model, each in found.items():
            if isinstance(each, Untimed):
                self.places.speed(model).unlink(missing_ok=True)
            else:
                write(self.places.speed(model), each)

    def _amended(self, kept: Book | None, stated: str) -> Book:
        """Models that stay are as they are kept, with the settings of their runs; others are new, or are no more."""
        entries = self.plan.entries(self.declaration)
        if kept is None:
            return Book(stated, entries)
        known = {entry.name: entry for entry in kept.entries}
        entries = tuple(known.get(entry.name, entry) for entry in entries)
        if all(entry.name != kept.family for entry in entries):
            return Book(stated, entries)
        ladder = [entry for entry in kept.entries if entry.group == "ladder"]
        climbed = ladder if "ladder" in self.declaration.baselines else []
        return Book(stated, (*entries, *climbed), kept.family)

    def _on_validation(self, entry: Entry) -> list[float]:
        runs = (self.places.root / self.places.run(entry.name, seed) for seed in self.declaration.seeds)
        return [validation_loss(run, self.metric) for run in runs]

    def _write(self) -> None:
        write(self.places.models, self.book)
