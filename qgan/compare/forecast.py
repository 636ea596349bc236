"""What a comparison will take, before any of it is declared: from a few real steps of each of its models."""

__all__ = ["Forecast", "Forecasted", "forecast"]

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import final

from qgan.compare.declaration import Declaration
from qgan.compare.entries import Entry
from qgan.compare.models import Group
from qgan.compare.planning import Plan
from qgan.compare.probe import Estimate, estimate
from qgan.compare.tuning import runs_of, worth_of
from qgan.evaluate import Shelf


@final
@dataclass(frozen=True)
class Forecasted:
    """One model.

    Attributes:
        recipe: Whose.
        model: Its name.
        group: What it is there for.
        what: In a sentence.
        left_out: Why it is not trained, or None.
        parameters: Trained numbers.
        runs: How many, those of the search for settings among them.
        seconds: Of one of them with all its steps, alone on the machine.
        all_seconds: Of all of them: those of the search are shorter.
        bytes: Of one of them, on disk.
    """

    recipe: str
    model: str
    group: Group
    what: str
    left_out: str | None
    parameters: int | None
    runs: int
    seconds: float
    all_seconds: float
    bytes: int


@final
@dataclass(frozen=True)
class Forecast:
    """All models, and what they come to.

    Attributes:
        models: In order.
        workers: Runs side by side.
        seconds: Of all runs, if workers do not slow each other down; without what is measured after them.
        bytes: On disk.
        notes: What is not known beforehand.
    """

    models: tuple[Forecasted, ...]
    workers: int
    seconds: float
    bytes: int
    notes: tuple[str, ...]


def forecast(
    declaration: Declaration,
    *,
    workers: int,
    plugins: Iterable[str] = (),
    probing: Callable[[str], object] = lambda _: None,
) -> Forecast:
    """Builds every model, and probes it. Nothing is written but in a directory that is removed again.

    Args:
        declaration: What would be declared.
        workers: Runs side by side.
        plugins: Modules that are imported already.
        probing: Hears which model is next.

    Raises:
        QganError: For whatever keeps a recipe from being compared.
    """
    models, notes, plugins, references = [], [], tuple(plugins), 0.0
    for recipe in declaration.claims:
        plan = Plan.of(recipe, declaration)
        entries = list(plan.entries(declaration))
        families = [entry.name for entry in entries if entry.group == "matched" and entry.left_out is None]
        if "ladder" in declaration.baselines and families:
            entries += plan.ladder(families[0])
            if len(families) > 1:
                notes.append(f"The ladder of {recipe} will be of the family that does best; here it is {families[0]}.")
        shelf, first = Shelf(), entries[0].config(declaration.seeds[0])
        probing(f"{recipe}/references")
        # The first in a process loads what the others find loaded.
        _, cold, warm = (estimate(first, plugins=plugins, shelf=each).seconds for each in (Shelf(), shelf, shelf))
        references += max(cold - warm, 0.0)
        for entry in entries:
            probing(f"{recipe}/{entry.name}")
            models.append(_forecasted(recipe, entry, declaration, plugins, shelf))
    return Forecast(
        models=tuple(models),
        workers=workers,
        # Every worker works out the real side of each seed for itself.
        seconds=sum(each.all_seconds for each in models) / workers + references * len(declaration.seeds),
        bytes=sum(each.runs * each.bytes for each in models),
        notes=tuple(notes),
    )


def _forecasted(
    recipe: str, entry: Entry, declaration: Declaration, plugins: tuple[str, ...], shelf: Shelf
) -> Forecasted:
    seeds = declaration.seeds
    config = entry.config(seeds[0])
    runs, worth, one = 0, 0.0, Estimate(0.0, 0.0, 0, 0.0)
    if entry.left_out is None:
        trials = declaration.trials if config.train.steps else 0
        runs, worth = len(seeds) + runs_of(trials), len(seeds) + worth_of(trials)
        one = estimate(config, plugins=plugins, shelf=shelf)
    return Forecasted(
        recipe=recipe,
        model=entry.name,
        group=entry.group,
        what=entry.what,
        left_out=entry.left_out,
        parameters=entry.parameters,
        runs=runs,
        seconds=one.seconds,
        all_seconds=worth * one.seconds,
        bytes=one.bytes,
    )
