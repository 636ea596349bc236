"""The machine a run is on: its fingerprint, its threads, and the signals that stop it."""

__all__ = ["Stops", "fingerprint", "measure_threads", "threads", "within_memory"]

import os
import platform
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from time import perf_counter
from types import FrameType
from typing import Any, final

import torch

from qgan._typing import Json
from qgan.errors import ResourceError

LIBRARIES = ("qgan", "torch", "pennylane", "pennylane-lightning", "numpy", "scipy", "scikit-learn", "safetensors")
REPEATS, WORTH = 5, 1.25


def fingerprint() -> Json:
    """Versions and processor: where they are the same, a resumed run is bit for bit what it would have been."""
    versions = {"python": platform.python_version()}
    for library in LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            versions[library] = metadata.version(library)
    return {"versions": versions, "machine": {"system": platform.system(), "cpu": _cpu(), "cores": os.cpu_count()}}


def git_commit() -> Json | None:
    """The commit of the folder one is in, and whether it has changes; None outside a repository."""
    try:
        commit = _git("rev-parse", "HEAD")
        return {"commit": commit, "changed": bool(_git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=5, check=True)
    return done.stdout.strip()


def _cpu() -> str:
    if sys.platform == "linux":
        with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def measure_threads(work: Callable[[], object]) -> int:
    """How many torch threads do the work fastest: on tiny products two can be 15 times slower than one."""
    candidates = sorted({1, 2, os.cpu_count() or 1, (os.cpu_count() or 2) // 2} - {0})
    times = {}
    for count in [n for n in candidates if n <= (os.cpu_count() or 1)]:
        with threads(count):
            work()
            times[count] = statistics.median(_timed(work) for _ in range(REPEATS))
    # More threads must be clearly faster: what is measured is off by a fifth on a busy machine, and where a neighbour
    # wants the other core, two threads are ten times slower than one.
    best = min(times.values())
    return min(count for count, seconds in times.items() if seconds <= WORTH * best)


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Torch's thread count for a while; what it was is put back."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def within_memory() -> Iterator[None]:
    """Says so where an array finds no room, which torch reports as a RuntimeError.

    Raises:
        ResourceError: In place of that.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "allocate memory" in str(error)
        if not known:
            raise
        raise ResourceError(
            "There is not enough memory for this",
            got=str(error).partition("\n")[0] or type(error).__name__,
            cure="Use smaller networks, fewer wires or a smaller train.batch_size",
        ) from error


@final
class Stops:
    """Signals to a run: one that stops it is remembered until the step is done, a second Ctrl-C stops at once.

    Attributes:
        signal_number: The one that asks it to stop, or None.
        save: Whether USR1 came, with which batch systems warn: save, and go on.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self.save = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Catches INT, TERM, HUP and USR1; what was done about them before is put back. Only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before: dict[int, Any] = {
            number: signal.signal(number, self._note)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGUSR1:
            self.save = True
            return
        if self.signal_number is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal_number = signal.SIGTERM if number == signal.SIGHUP else number
