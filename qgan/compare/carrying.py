"""Carrying out one task in this process, whatever engine has chosen the process."""

__all__ = ["carry_out"]

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Literal

from qgan.compare.tasks import Event, Outcome, Task, Told, require_same, settled
from qgan.errors import BusyError, DivergedError, QganError, ResourceError
from qgan.evaluate import Shelf
from qgan.loop import StepRecord
from qgan.machine import within_memory
from qgan.opening import begin, resume
from qgan.runs import RunDirectory
from qgan.session import Session

SECONDS_BETWEEN_EVENTS = 0.25
# The worker of a command that was killed finishes its step, and saves it, before it lets go of its run.
PATIENCE, SECONDS_BETWEEN_TRIES = 600.0, 0.2


def carry_out(
    task: Task, root: Path, *, told: Told, plugins: Iterable[str] = (), shelf: Shelf | None = None
) -> Outcome:
    """Begins a run, or goes on with it from its newest checkpoint, to its end; no run is begun twice.

    Args:
        task: The run.
        root: The directory of all.
        told: Hears that it began, and of its steps a few times a second.
        plugins: Modules that are imported already, which the run will ask for.
        shelf: Where the real side of evaluations is kept for the next run.

    Returns:
        What became of it. A run that diverges has an outcome, and so has one that fails, for want of memory too.

    Raises:
        Interrupted: After a signal, when its step is saved.
    """
    began, path = perf_counter(), root / task.name
    try:
        with within_memory(), suppress(DivergedError):
            _train(_opened(task, path, plugins, shelf), task, told)
        outcome = settled(task, root)
        assert outcome is not None
        return replace(outcome, seconds=perf_counter() - began)
    except Exception as error:
        message = str(error) if isinstance(error, QganError) else f"{type(error).__name__}: {error}"
        return Outcome(task.name, "failed", message, perf_counter() - began, path)


def _opened(task: Task, path: Path, plugins: Iterable[str], shelf: Shelf | None) -> Session:
    if not (path / "run.json").is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            session = begin(task.config, out=path.parent, name=path.name, plugins=plugins, shelf=shelf)
            require_same(session.run, task)
            return session
        except ResourceError:
            # Where the worker of a command that was killed has begun it at this moment, there is nothing to begin.
            if not (path / "run.json").is_file():
                raise
    require_same(RunDirectory.open(path), task)
    return resume(path, plugins=plugins, shelf=shelf)


def _train(session: Session, task: Task, told: Told) -> None:
    def tell(kind: Literal["began", "step", "waiting"], step: int) -> None:
        told(Event(task.name, kind, step, task.config.train.steps))

    tell("began", session.run.status["step"])
    latest = monotonic()
    for record in _records(session, waiting=lambda: tell("waiting", session.run.status["step"])):
        if monotonic() - latest >= SECONDS_BETWEEN_EVENTS:
            tell("step", record.step)
            latest = monotonic()


def _records(session: Session, *, waiting: Callable[[], None]) -> Iterator[StepRecord]:
    deadline = monotonic() + PATIENCE
    while True:
        try:
            yield from session.records()
            return
        except BusyError:
            # It is raised before the first step only, and the run is then as whoever had it has left it.
            if monotonic() > deadline:
                raise
            waiting()
            sleep(SECONDS_BETWEEN_TRIES)
