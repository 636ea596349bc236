"""Which runs there are to do, and what became of each. Where they are done is an engine's business."""

__all__ = ["Event", "Outcome", "Task", "Told", "require_distinct", "resolved", "settled"]

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias, final

from qgan.build import build
from qgan.config import RunConfig
from qgan.errors import ConfigError
from qgan.opening import differences, with_measured_threads
from qgan.runs import RunDirectory

# No name hides a directory, leaves the comparison's, or needs quoting in a shell.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+=-]{0,99}(/[A-Za-z0-9][A-Za-z0-9_.+=-]{0,99})*")


@final
@dataclass(frozen=True)
class Task:
    """A run that is to be: where, below the directory of all, and what.

    Attributes:
        name: A relative path, such as ``"runs/digits/mlp/s3"``.
        config: Whole and resolved, as :func:`resolved` gives it.

    Raises:
        ConfigError: If the name is no such path, or the number of threads is not fixed.
    """

    name: str
    config: RunConfig

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ConfigError(
                "A run of a comparison cannot have this name",
                got=repr(self.name),
                allowed="letters, digits and _.+=- in parts of at most 100, parted by /",
            )
        if self.config.run.threads == "auto":
            raise ConfigError(
                f"The run {self.name} does not say how many threads it takes",
                got="run.threads = auto",
                cure="Measure once for all runs that are compared",
            )


@final
@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes:
        name: The task's.
        state: ``"done"``; ``"diverged"``, which is a result; ``"failed"``, which is tried again when asked again.
        message: Why it stopped.
        seconds: Spent on it this time; 0.0 where there was nothing left to do.
        where: Its run directory.
    """

    name: str
    state: Literal["done", "diverged", "failed"]
    message: str
    seconds: float
    where: Path


@final
@dataclass(frozen=True)
class Event:
    """A run got further, or back.

    Attributes:
        name: The task's.
        kind: ``"began"``, ``"step"``, ``"waiting"`` for another process that has the run, ``"lost"`` with the process
            that was at it, or the state of its outcome.
        step: Steps done.
        steps: Steps there are, at most.
    """

    name: str
    kind: Literal["began", "step", "waiting", "lost", "done", "diverged", "failed"]
    step: int
    steps: int


Told: TypeAlias = Callable[[Event], object]


def resolved(config: RunConfig, *, threads: int | None = None) -> RunConfig:
    """The configuration as its run will record it: every option filled in, and tried out.

    Args:
        config: A recipe, a file, overrides.
        threads: Of every run; measured here where it is None and the configuration says ``"auto"``.

    Raises:
        QganError: For whatever keeps the run from beginning.
    """
    if threads is not None:
        config = config.model_copy(update={"run": config.run.model_copy(update={"threads": threads})})
    return with_measured_threads(build(config))


def require_distinct(tasks: Iterable[Task]) -> None:
    """Sees that no run lies where another does, or within it.

    Raises:
        ConfigError: If one does.
    """
    # A slash sorts before whatever else may follow in a name, so that what is within a run comes next to it.
    for one, other in pairwise(sorted(f"{task.name}/".replace("/", "\0") for task in tasks)):
        if other.startswith(one):
            raise ConfigError(
                "Two runs of a comparison would be in one place",
                got=" and ".join(name.rstrip("\0").replace("\0", "/") for name in (one, other)),
                cure="Give each a directory of its own",
            )


def settled(task: Task, root: Path) -> Outcome | None:
    """What became of a run that is over, or None where there is something left to do.

    Raises:
        CheckpointError: If there is a run that cannot be read.
        ConfigError: If there is a run of another configuration, or something that is no run.
    """
    path = root / task.name
    if not path.exists():
        return None
    run = RunDirectory.open(path)
    require_same(run, task)
    status = run.status
    if status["state"] in ("done", "diverged"):
        return Outcome(task.name, status["state"], status.get("reason", ""), 0.0, path)
    return None


def require_same(run: RunDirectory, task: Task) -> None:
    """Sees that a run is the task's.

    Raises:
        ConfigError: If it was begun by another configuration.
    """
    there, asked = run.config.document(), task.config.document()
    if differing := sorted(differences(asked, there)):
        raise ConfigError(
            f"The run {run.path} has another configuration than the comparison",
            got=f"another {', '.join(differing[:5])}",
            cure="Begin the comparison in another directory, or remove that run",
        )
