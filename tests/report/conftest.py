"""A real comparison, of runs that take a second, as a directory to make pages of."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias, final

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
from qgan.compare.others import OTHERS
from qgan.compare.places import Places
from qgan.compare.rescoring import Rescored, rescore
from qgan.compare.results import yardsticks_of
from qgan.compare.speed import Speed
from qgan.compare.tasks import Task, resolved
from qgan.compare.tuning import described
from qgan.report import Written, report_comparison

SMALL: dict[str, Any] = {
    "train.steps": 8,
    "train.batch_size": 8,
    "run.checkpoint_every": 8,
    "run.device": "cpu",
    "evaluate.every": 4,
    "evaluate.samples": 30,
}
METRICS = {"bimodal": ("kl", "total-variation"), "ring": ("energy-distance", "mode-coverage")}

HOOKS = ("data-recipe", "data-model", "data-metric", "data-seed", "data-part")
VOID = ("meta", "link", "img", "br", "hr")


def compared(
    root: Path,
    recipes: Sequence[str] = ("bimodal",),
    *,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    baselines: Sequence[str] = ("mlp",),
    controls: Sequence[str] = ("unentangled",),
    rungs: Sequence[int] = (2,),
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
            controls=(*controls, *OTHERS),
            trials=trials,
            search=described(trials, seeds),
        ),
    )
    for name in recipes:
        _recipe(Places(root, name), seeds, baselines, controls, rungs, trials, set(skip), tuple(changes), measured)
    return root


def _tuning(trials: int) -> Tuning:
    losses = (0.3, 0.25, 0.2)[:trials]
    return Tuning(trials, 1.5 * trials, {"optimizer.generator.lr": 0.01}, losses, {0: 0.3, trials - 1: 0.2}, failed=1)


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
                tuning=_tuning(trials) if trials else None,
            )
        )
    declaration = declared(places.root).current.sha256()
    book = Book(declaration, tuple(entries), family=baselines[0] if baselines else None)
    stored.write(places.models, book)
    for seed in seeds:
        yardsticks = yardsticks_of(build(entries[0].config(seed)), places.yardsticks(seed))
        for guess, values in yardsticks.guesses.items():
            name = guess.replace(" ", "-").lower()
            scored = Rescored(name, "reference", f"What learned nothing: {guess}", seed, yardsticks.n, values)
            stored.write(places.rescored(name, seed), scored)
        rescore(places, seed, names=["copies-of-training-samples"])
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
    """Five seeds, all there; read only."""
    return compared(tmp_path_factory.mktemp("compared") / "comparison")


@pytest.fixture
def copied(comparison: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(comparison, tmp_path / "comparison"))


@pytest.fixture(scope="session")
def written(comparison: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Its report; read only."""
    return report_comparison(comparison, tmp_path_factory.mktemp("report"))


@final
class Page(HTMLParser):
    """What a browser would find in a page.

    Attributes:
        elements: Tags and attributes, in order.
        numbers: Attributes and text of all that has a ``data-value``.
        texts: The text within elements of a tag, such as ``"script"``.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.numbers: list[tuple[dict[str, str], str]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        self.elements.append((tag, attributes))
        self.texts.setdefault(tag, []).append("")
        if tag not in VOID:
            # What a number stands in says of what it is, too.
            of = {key: value for _, each in self._open for key, value in each.items() if key in HOOKS}
            self._open.append((tag, attributes))
            if "data-value" in attributes:
                self.numbers.append(({**of, **attributes}, ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag, attributes in self._open:
            self.texts[tag][-1] += data
            if "data-value" in attributes and tag == self._open[-1][0]:
                self.numbers[-1] = (self.numbers[-1][0], self.numbers[-1][1] + data)

    def of(self, testid: str, **hooks: object) -> list[float]:
        """Values of that name, and of that."""
        wanted = {"data-testid": testid, **{f"data-{key}": str(value) for key, value in hooks.items()}}
        return [float(each["data-value"]) for each, _ in self.numbers if wanted.items() <= each.items()]


Read: TypeAlias = Callable[[str], Page]


@pytest.fixture(scope="session")
def read() -> Read:
    """Reads HTML."""
    return Page
