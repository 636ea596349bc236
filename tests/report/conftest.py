"""A real comparison, of runs that take a second, as a directory to make pages of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from qgan import config
from qgan.build import build
from qgan.compare import stored
from qgan.compare.carrying import carry_out
from qgan.compare.controls import reach_of
from qgan.compare.cost import BreakEven, Cost, Hardware
from qgan.compare.declaration import Claim, Declaration, declare, declared
from qgan.compare.entries import Book, Entry, Tuning
from qgan.compare.models import ladder_of, subject_and_opponents
from qgan.compare.places import Places
from qgan.compare.rescoring import Rescored
from qgan.compare.results import yardsticks_of
from qgan.compare.speed import Speed
from qgan.compare.tasks import Task, resolved

SMALL: dict[str, Any] = {
    "train.steps": 20,
    "train.batch_size": 8,
    "run.checkpoint_every": 20,
    "run.device": "cpu",
    "evaluate.every": 5,
    "evaluate.samples": 40,
}
METRICS = {"bimodal": ("kl", "total-variation"), "ring": ("energy-distance", "mode-coverage")}

Comparing: TypeAlias = Callable[..., Path]


def compared(
    root: Path,
    recipes: Sequence[str] = ("bimodal",),
    *,
    seeds: Sequence[int] = (0, 1, 2, 3, 4, 5),
    baselines: Sequence[str] = ("mlp",),
    controls: Sequence[str] = ("unentangled", "untrained"),
    rungs: Sequence[int] = (2, 4),
    trials: int = 3,
    skip: Iterable[tuple[str, int]] = (),
    changes: Iterable[tuple[str, Any]] = (),
    measured: bool = True,
) -> Path:
    """Declares a comparison, and carries out its runs.

    Args:
        root: The directory.
        recipes: Names of ``METRICS``.
        seeds: Of all models.
        baselines: Families.
        controls: Names.
        rungs: Of the ladder.
        trials: As they are declared; nothing is tuned here.
        skip: Models and seeds that are not run.
        changes: To all configurations.
        measured: Whether there are files of speed and cost; what they say is made up.
    """
    claims = {name: Claim(metric=METRICS[name][0], opponent="matched", margin=0.1, skill=0.5) for name in recipes}
    declare(
        root,
        Declaration(
            claims=claims,
            seeds=tuple(seeds),
            baselines=tuple(baselines),
            controls=tuple(controls),
            trials=trials,
        ),
    )
    for name in recipes:
        _recipe(Places(root, name), seeds, baselines, controls, rungs, trials, set(skip), tuple(changes), measured)
    return root


def _recipe(
    places: Places,
    seeds: Sequence[int],
    baselines: Sequence[str],
    controls: Sequence[str],
    rungs: Sequence[int],
    trials: int,
    skip: set[tuple[str, int]],
    changes: tuple[tuple[str, Any], ...],
    measured: bool,
) -> None:
    metrics = METRICS[places.recipe]
    small = {**SMALL, "evaluate.metrics": metrics, "evaluate.metric": metrics[0], "run.threads": 1}
    first = resolved(config.load(places.recipe, changes=[*small.items(), *changes]))
    experiment = build(first)
    models = subject_and_opponents(first, experiment, baselines=baselines, controls=controls)
    models += ladder_of(first, experiment, baselines[0], rungs=rungs) if baselines else []
    entries = []
    for model in models:
        quantum = model.left_out is None and build(model.config).generator.quantum
        reach = reach_of(model.config) if quantum else None
        count = None if model.left_out else build(model.config).facts["parameters"]["generator"]
        entries.append(
            Entry(
                model.name,
                model.group,
                model.what,
                resolved(model.config).document() if model.left_out is None else model.config.document(),
                model.left_out,
                parameters=count,
                circuit_weights=reach.circuit_weights if reach else None,
                tangent_rank=reach.tangent_rank if reach else None,
                tuning=Tuning(trials, 1.5 * trials, {"optimizer.generator.lr": 0.01}, (0.3, 0.25, 0.2)[:trials])
                if trials
                else None,
            )
        )
    declaration = declared(places.root).current.sha256()
    book = Book(declaration, tuple(entries), family=baselines[0] if baselines else None)
    stored.write(places.models, book)
    for seed in seeds:
        yardsticks = yardsticks_of(build(entries[0].config(seed)), places.yardsticks(seed))
        for guess, values in yardsticks.guesses.items():
            scored = Rescored(guess, "reference", f"What learned nothing: {guess}", seed, yardsticks.n, values)
            stored.write(places.rescored(guess.replace(" ", "-"), seed), replace(scored, name=guess.replace(" ", "-")))
        for entry in entries:
            if entry.left_out is None and (entry.name, seed) not in skip:
                carry_out(Task(places.run(entry.name, seed), entry.config(seed)), places.root, told=lambda _: None)
    if measured:
        _measured(places, book)


def _measured(places: Places, book: Book) -> None:
    trained = [entry for entry in book.entries if entry.left_out is None]
    for number, entry in enumerate(trained, start=1):
        split = {
            "generator forward": 0.001 * number,
            "generator backward": 0.002 * number,
            "discriminator": 0.0015,
            "rest": 0.0002,
        }
        stored.write(
            places.speed(entry.name),
            Speed(
                model=entry.name,
                contended="the load was 1.9 before" if number == 2 else None,
                load=0.1 * number,
                threads=1,
                compiled=True if entry.circuit_weights is not None else None,
                seconds_per_step=sum(split.values()),
                split=split,
                samples_per_second=12345.678 / number,
                steps=30,
                executions=24 if entry.circuit_weights is not None else 0,
                shots=0,
                operations={"discriminator": 1.5e6},
                peak_bytes=300 * 2**20 + number,
                cpu_seconds_per_step=1.1 * sum(split.values()),
            ),
        )
    even = BreakEven(0.5, 3, 1.25, 400.0, 5.12e6, 0.4, 6.02e6, 0.002, 4000.0, 3.18)
    stored.write(
        places.cost,
        Cost(
            parameters={entry.name: entry.parameters or 0 for entry in trained},
            cpu_seconds={entry.name: 2.5 + number for number, entry in enumerate(trained)},
            gpu_seconds={},
            joules={},
            hardware=Hardware(
                1024, 5_120_000, 20, 1320.5, "executions / 4000 + 2 jobs", "Timed on one machine in 2026"
            ),
            break_even=even,
            over_wires=tuple(
                replace(even, wires=wires, clock=6.02e6 / 2**place, orders=3.18 - 0.3 * place)
                for place, wires in enumerate((3, 5, 8, 10, 12))
            ),
        ),
    )


@pytest.fixture(scope="session")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seeds, all there; read only."""
    return compared(tmp_path_factory.mktemp("compared") / "comparison")


@pytest.fixture
def compare_in(tmp_path: Path) -> Comparing:
    """Makes another one, of its own."""
    return lambda *given, **options: compared(tmp_path / "comparison", *given, **options)
