"""Small runs that a comparison may ask for, and an engine that does them in this process."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from qgan import config
from qgan.compare.carrying import carry_out
from qgan.compare.engine import Engine
from qgan.compare.tasks import Outcome, Task, Told, resolved

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

    def _carry_out(self, tasks: Sequence[Task], root: Path, told: Told) -> Generator[Outcome, None, None]:
        for task in tasks:
            if len(self.done) >= self._most:
                raise KeyboardInterrupt
            self.done.append(task.name)
            yield carry_out(task, root, told=told)


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
