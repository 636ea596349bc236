"""Worker processes, as whoever starts them sees them, and how many of them this machine can use."""

__all__ = ["Crew", "Worker", "cores", "most", "paying"]

import os
import selectors
import signal
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import final

import psutil

from qgan._typing import Json
from qgan.compare.pipes import Pipe
from qgan.compare.tasks import Task

# More processes must be clearly faster together, as more threads must be.
WORTH = 1.1
# What a worker takes beside what it shares with others, of what this process takes, which has made the same imports.
SHARE_OF_MEMORY = 1.5
# Characters of what it said last; Python's own word on a crash is followed by pages of modules.
LAST_WORDS, CRASH = 1000, "Fatal Python error"


@final
class Worker:
    """One process, which does one task at a time.

    Attributes:
        task: What it is at, or None.
        ready: Whether its imports are done.
        leaving: Whether it has been let go.
    """

    def __init__(self, *, root: Path, plugins: Iterable[str]) -> None:
        self.task: Task | None = None
        self.ready = self.leaving = False
        self._pipe = Pipe("qgan.compare.worker")
        self.send({"root": str(root.resolve()), "plugins": list(plugins)})

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._pipe.pid

    def fileno(self) -> int:
        """Where it is heard."""
        return self._pipe.fileno()

    @property
    def idle(self) -> bool:
        """Whether it waits for a task."""
        return self.ready and self.task is None and not self.leaving

    def send(self, order: Json) -> None:
        """Tells it something; it is idle."""
        self._pipe.send(order)

    def give(self, task: Task) -> None:
        """Lets it begin a task, or go on with it."""
        self.task = task
        self.send({"name": task.name, "config": task.config.document()})

    def hear(self) -> list[Json] | None:
        """What it has said since, in whole lines; None where it has ended."""
        return self._pipe.hear()

    def warn(self) -> None:
        """Lets it save its run, and go on."""
        os.kill(self.pid, signal.SIGUSR1)

    def leave(self) -> None:
        """Lets it finish its step, save it and end."""
        self.leaving = True
        self._pipe.close()

    def kill(self) -> None:
        """Ends it at once."""
        self._pipe.kill()

    def bury(self) -> str:
        """Waits until it has ended, and says how, with its last words."""
        self.leaving = True
        code, words = self._pipe.bury()
        crash = words.rfind(CRASH)
        words = words[crash : crash + LAST_WORDS] if crash >= 0 else words[-LAST_WORDS:]
        how = f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit code {code}"
        if code == -signal.SIGKILL:
            how += ", as a system ends what takes too much memory"
        return f"{how}: {words}" if words else how


@final
class Crew:
    """The workers there are. Leaving its context lets them finish their steps, and after Ctrl-C ends them at once.

    Attributes:
        workers: Those that have not ended.
    """

    def __init__(self, *, root: Path, plugins: Iterable[str]) -> None:
        self.workers: list[Worker] = []
        self._root, self._plugins = root, tuple(plugins)
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                self._kill()
            self.leave()
            for _ in self._buried():
                pass
        except BaseException:
            self._kill()
            for _ in self._buried():
                pass
            raise
        finally:
            self._selector.close()

    def hire(self) -> None:
        """One more."""
        worker = Worker(root=self._root, plugins=self._plugins)
        self.workers.append(worker)
        self._selector.register(worker, selectors.EVENT_READ)

    def hear(self, seconds: float) -> Iterator[tuple[Worker, list[Json] | None]]:
        """Who says what, or None who has ended, in at most so many seconds."""
        for key, _ in self._selector.select(seconds):
            worker = key.fileobj
            assert isinstance(worker, Worker)
            yield worker, worker.hear()

    def bury(self, worker: Worker) -> str:
        """Takes leave of one that has ended; how it did."""
        self._selector.unregister(worker)
        self.workers.remove(worker)
        return worker.bury()

    def leave(self) -> None:
        """Lets all finish their steps, save them and end."""
        for worker in self.workers:
            worker.leave()

    def _kill(self) -> None:
        for worker in self.workers:
            worker.kill()

    def _buried(self) -> Iterator[str]:
        while self.workers:
            yield self.bury(self.workers[0])


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def most(tasks: Sequence[Task]) -> int:
    """How many workers there can be: no more than tasks, than cores for their threads, than room for them."""
    wide = max(threads for task in tasks if isinstance(threads := task.config.run.threads, int))
    room = psutil.virtual_memory().available / (SHARE_OF_MEMORY * psutil.Process().memory_info().rss)
    return max(1, min(len(tasks), cores() // wide, int(room)))


def paying(rates: dict[int, float]) -> int:
    """The smallest number of workers that is not clearly slower than the best.

    Args:
        rates: Steps per second of all together, by how many they are.
    """
    return min(count for count, rate in rates.items() if WORTH * rate >= max(rates.values()))
