"""Small runs that a comparison may ask for, and an engine that does them in this process."""

import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import psutil
import pytest

from qgan import config
from qgan.build import build
from qgan.compare import campaign
from qgan.compare.carrying import carry_out
from qgan.compare.comparison import Compared, Comparison
from qgan.compare.declaration import Claim, Declaration, declare
from qgan.compare.engine import Engine
from qgan.compare.entries import Book, Entry
from qgan.compare.models import Group, Model, subject_and_opponents
from qgan.compare.places import Places
from qgan.compare.rescoring import Rescored
from qgan.compare.results import Result, Yardsticks, yardsticks_of
from qgan.compare.stored import write
from qgan.compare.tasks import Outcome, Task, Told, resolved
from qgan.documents import merge
from qgan.evaluate import Shelf
from qgan.metrics.score import Score

SMALL: dict[str, Any] = {
    "train.steps": 12,
    "train.batch_size": 4,
    "run.checkpoint_every": 4,
    "run.device": "cpu",
    "evaluate.every": 6,
    "evaluate.metrics": ["energy-distance"],
    "evaluate.metric": "energy-distance",
    "evaluate.samples": 10,
}


class Here(Engine):
    """One run after the other, in this process.

    Args:
        most: After so many it is stopped.

    Attributes:
        done: The names of those that it was given, in order.
    """

    def __init__(self, most: float = float("inf")) -> None:
        self._most = most
        self.done: list[str] = []
        # As a worker has one.
        self._shelf = Shelf()

    def _carry_out(self, tasks: Sequence[Task], root: Path, told: Told) -> Generator[Outcome, None, None]:
        for task in tasks:
            if len(self.done) >= self._most:
                raise KeyboardInterrupt
            self.done.append(task.name)
            yield carry_out(task, root, told=told, shelf=self._shelf)


class Maker:
    """Makes tasks."""

    def config(self, **changes: Any) -> config.RunConfig:
        """Double underscores stand for dots."""
        keys = [(key.replace("__", "."), value) for key, value in changes.items()]
        return resolved(config.load("digits-patch-classical", changes=[*SMALL.items(), *keys]), threads=1)

    def task(self, name: str = "runs/mlp/s0", **changes: Any) -> Task:
        return Task(name, self.config(**changes))


@pytest.fixture
def make() -> Maker:
    return Maker()


@pytest.fixture
def here() -> Here:
    return Here()


@pytest.fixture(scope="session")
def engine_of_this_process() -> type[Here]:
    return Here


Comparing: TypeAlias = Callable[..., Comparison]


@pytest.fixture(scope="session")
def compare_here() -> Comparing:
    """Carries out a comparison in this process, with nothing timed, which takes processes; see test_speed.py."""

    def compare(path: Path, declaration: Declaration, *, engine: Engine | None = None, **given: Any) -> Comparison:
        return campaign.carry_out(path, declaration, engine=engine or Here(), **({"timing": lambda _: {}} | given))

    return compare


CLAIM = Claim(metric="energy-distance", opponent="matched", margin=0.1, skill=0.5)
GROUPS: dict[str, Group] = {"subject": "subject", "mlp": "matched", "coordinate": "matched"}
TINY: dict[str, Any] = {
    "train.steps": 4,
    "train.batch_size": 4,
    "run.device": "cpu",
    "evaluate.every": 2,
    "evaluate.metrics": ["energy-distance", "mode-coverage"],
    "evaluate.samples": 40,
}


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real comparison of the ring on two seeds, with a control whose runs diverge, and one that cannot be.

    Whoever changes anything takes a copy.
    """
    root, seeds = tmp_path_factory.mktemp("comparisons") / "ring", (3, 5)
    recipe = resolved(config.load("ring", changes=list(TINY.items())), threads=1)
    models = subject_and_opponents(recipe, build(recipe), baselines=("mlp",), controls=("unentangled",))
    entries = [_entry(model) for model in models]
    entries.append(Entry("dephased", "control", "Cannot be.", recipe.document(), left_out="there is no such thing"))
    places = Places(root, "ring")
    declared = declare(root, Declaration(claims={"ring": CLAIM}, seeds=seeds, baselines=(), controls=(), trials=0))
    write(places.models, Book(declared.first.sha256(), tuple(entries), family="mlp"))
    tasks = [Task(places.run(entry.name, seed), entry.config(seed)) for entry in entries[:-1] for seed in seeds]
    states = [outcome.state for outcome in Here().run(tasks, root=root)]
    assert states == ["done"] * 4 + ["diverged"] * 2
    for seed in seeds:
        yardsticks_of(build(entries[0].config(seed)), places.yardsticks(seed))
    return root


@pytest.fixture
def copied(begun: Path, tmp_path: Path) -> Path:
    """That comparison, to be damaged."""
    return Path(shutil.copytree(begun, tmp_path / "ring"))


def _entry(model: Model) -> Entry:
    document = resolved(model.config, threads=1).document()
    if model.group == "control":
        document = merge(document, {"optimizer": {"discriminator": {"lr": 1e300}}})
    return Entry(model.name, model.group, model.what, document, parameters=76)


Scores: TypeAlias = Sequence[float | None]


def _plant(
    values: Mapping[str, Scores],
    *,
    rescored: Mapping[str, Scores] | None = None,
    floor: float = 0.0,
    trivial: float = 1.0,
    direction: Literal["lower", "higher"] = "lower",
    family: str | None = "mlp",
    opponent: str = "matched",
    tuned: bool = True,
) -> Compared:
    """A comparison of planted values by model and seed, as if it had been read.

    None is a seed that failed; shorter rows are of seeds that are not over. Models called ``"mlp-x2"`` are sizes of the
    ladder. A second metric, mode-coverage, is 0.5 for all.
    """
    seeds = tuple(range(max(map(len, values.values()))))
    document = config.load("ring", changes=list(TINY.items())).document()
    entries = []
    for name in values:
        times = int(name.partition("-x")[2] or 1)
        group = "ladder" if times > 1 else GROUPS.get(name, "control")
        entries.append(Entry(name, group, f"Called {name}.", document, parameters=76 * times))
    scores = {
        "energy-distance": Score("energy-distance", None, direction, "", floor=floor, trivial=trivial),
        "mode-coverage": Score("mode-coverage", None, "higher", "", floor=0.9, trivial=0.2),
    }
    return Compared(
        recipe="ring",
        claim=CLAIM.model_copy(update={"opponent": opponent}),
        seeds=seeds,
        tuned=tuned,
        book=Book("", tuple(entries), family=family),
        places=Places(Path("nowhere"), "ring"),
        yardsticks={seed: Yardsticks(seed, 40, scores, {}) for seed in seeds},
        results={
            name: {seed: _result(name, seed, value) for seed, value in enumerate(row)} for name, row in values.items()
        },
        rescored={
            name: {seed: _rescored(name, seed, value) for seed, value in enumerate(row)}
            for name, row in (rescored or {}).items()
        },
        speed={},
        cost=None,
    )


def _result(name: str, seed: int, value: float | None) -> Result:
    if value is None:
        return Result(name, seed, "failed", "planted", None, dict.fromkeys(TINY["evaluate.metrics"]), Path("nowhere"))
    return Result(name, seed, "done", "", 4, {"energy-distance": value, "mode-coverage": 0.5}, Path("nowhere"))


def _rescored(name: str, seed: int, value: float | None) -> Rescored:
    if value is None:
        unknown = dict.fromkeys(TINY["evaluate.metrics"])
        return Rescored(name, "degraded", "Planted.", seed, 40, unknown, "it cannot be simulated")
    return Rescored(name, "reference", "Planted.", seed, 40, {"energy-distance": value, "mode-coverage": 0.5})


@pytest.fixture(scope="session")
def plant() -> Callable[..., Compared]:
    return _plant


@pytest.fixture
def new_children() -> Callable[[], list[psutil.Process]]:
    """Processes of this one that were not there when the test began: a browser may be, which others use."""
    before = {child.pid for child in psutil.Process().children()}
    return lambda: [child for child in psutil.Process().children() if child.pid not in before]
