"""Engines: runs that are to be on one side, where they are done on the other."""

__all__ = ["Engine", "LocalEngine"]

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, final

from qgan import checkpoints
from qgan._typing import Json
from qgan.compare.tasks import Event, Outcome, Task, Told, require_distinct, settled
from qgan.compare.workers import Crew, Worker, most, paying
from qgan.errors import BackendError, ConfigError, Interrupted, ResourceError
from qgan.files import locked
from qgan.machine import Stops
from qgan.runs import RunDirectory

# So often a process may die at a run before it has come further.
MOST_DEATHS = 3
SECONDS_TO_MEASURE = 0.5
# Between two looks whether a signal has come.
TICK = 0.2


class Engine(ABC):
    """Does runs, each once, wherever it does them."""

    @final
    def run(self, tasks: Iterable[Task], *, root: Path, told: Told = lambda _: None) -> list[Outcome]:
        """Begins the runs that are missing, goes on with those that were stopped, and passes over those that are over.

        Args:
            tasks: The runs, in the order in which they are begun.
            root: The directory of all; made where missing.
            told: Hears how they get on; of runs that were over already, nothing.

        Returns:
            What became of each, in the order of the tasks.

        Raises:
            BusyError: If another process is at runs of this directory.
            CheckpointError: If a run that is there cannot be read.
            ConfigError: If a run that is there has another configuration than its task, or two are in one place.
            Interrupted: After a signal, when the steps in progress are saved.
            ResourceError: If there can be nothing in that directory.
        """
        tasks = list(tasks)
        require_distinct(tasks)
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResourceError(f"No runs can be kept in {root}", got=error, cure="Give another place") from error
        with locked(root / "LOCK", f"The directory {root}"):
            outcomes = {task.name: over for task in tasks if (over := settled(task, root)) is not None}
            left = [task for task in tasks if task.name not in outcomes]
            for task in left:
                RunDirectory.clear(root / task.name)
            with closing(self._carry_out(left, root, told)) as coming:
                outcomes |= {outcome.name: outcome for outcome in coming}
        return [outcomes[task.name] for task in tasks]

    @abstractmethod
    def _carry_out(self, tasks: Sequence[Task], root: Path, told: Told) -> Generator[Outcome, None, None]:
        """Does all of these runs, of which none is over, and says of each what became of it."""


@final
class LocalEngine(Engine):
    """Processes on this machine, one run at a time in each.

    Args:
        workers: How many processes; as many as are fastest together, by a measurement, if None.
        plugins: Modules that every one of them imports first.

    Raises:
        ConfigError: If there would be none.
    """

    def __init__(self, *, workers: int | None = None, plugins: Iterable[str] = ()) -> None:
        if workers is not None and workers < 1:
            raise ConfigError("There must be a process to do the runs", got=workers, allowed="1 or more")
        self._workers, self._plugins = workers, tuple(plugins)

    def _carry_out(self, tasks: Sequence[Task], root: Path, told: Told) -> Generator[Outcome, None, None]:
        if not tasks:
            return
        stops = Stops()
        with stops.listening(), Crew(root=root, plugins=self._plugins) as crew:
            shift = _Shift(tasks, root, told, crew, stops)
            if self._workers is None:
                limit = most(tasks)
                size = shift.measured(limit)
                # Few tasks have no need of more workers, and say nothing of how many there could be.
                self._workers = size if limit < len(tasks) else None
            else:
                size = self._workers
            yield from shift.work(size)


@final
class _Shift:
    """One call of the local engine: who is at which run, and how often one was lost."""

    def __init__(self, tasks: Sequence[Task], root: Path, told: Told, crew: Crew, stops: Stops) -> None:
        self._queue, self._left = deque(tasks), len(tasks)
        self._root, self._told, self._crew, self._stops = root, told, crew, stops
        self._losses: dict[str, tuple[int, int]] = {}
        self._stillborn = 0

    def measured(self, limit: int) -> int:
        """How many workers get most steps done, going by real ones of the first run, with 1, 2, 4, ... of them."""
        if limit == 1:
            return 1
        for _ in range(limit):
            self._crew.hire()
        workers, rates = list(self._crew.workers), dict[int, float]()
        if not self._replies(workers, "ready"):
            return limit
        order = {"measure": self._queue[0].config.document(), "seconds": SECONDS_TO_MEASURE}
        for count in [*(2**power for power in range(limit.bit_length()) if 2**power < limit), limit]:
            for worker in workers[:count]:
                worker.send(order)
            paces = self._replies(workers[:count], "pace")
            if not paces or None in paces:
                return limit
            rates[count] = sum(paces)
        return paying(rates)

    def work(self, size: int) -> Iterator[Outcome]:
        """Does all runs, with so many workers."""
        while self._queue or self._busy:
            if self._stops.signal_number is not None:
                yield from self._stop(self._stops.signal_number)
            self._keep(size)
            for worker in self._crew.workers:
                if self._queue and worker.idle:
                    worker.give(self._queue.popleft())
            if self._stops.save:
                self._stops.save = False
                for worker in self._busy:
                    worker.warn()
            yield from self._listen()

    @property
    def _busy(self) -> list[Worker]:
        return [worker for worker in self._crew.workers if worker.task is not None]

    def _keep(self, size: int) -> None:
        """Hires for those that have ended, and lets go who would find nothing to do."""
        staying = [worker for worker in self._crew.workers if not worker.leaving]
        wanted = min(size, len(self._queue) + len(self._busy))
        for _ in range(wanted - len(staying)):
            self._crew.hire()
        without = sorted((worker for worker in staying if worker.task is None), key=lambda worker: worker.ready)
        for worker in without[: max(len(staying) - wanted, 0)]:
            worker.leave()

    def _stop(self, signal_number: int) -> Iterator[Outcome]:
        self._crew.leave()
        while self._crew.workers:
            yield from self._listen()
        raise Interrupted(
            f"Stopped, and saved: {self._left} of the runs in {self._root} are not done yet. The same again goes on",
            signal_number,
        )

    def _replies(self, workers: Sequence[Worker], key: str) -> list[Any]:
        """What each says under that key; nothing where one of them ends, or a signal comes."""
        replies: dict[int, Any] = {}
        while len(replies) < len(workers):
            for worker, messages in self._crew.hear(TICK):
                if messages is None:
                    list(self._ended(worker))
                    return []
                for message in messages:
                    list(self._heard(worker, message))
                    if key in message:
                        replies[worker.pid] = message[key]
            if self._stops.signal_number is not None:
                return []
        return list(replies.values())

    def _listen(self) -> Iterator[Outcome]:
        for worker, messages in self._crew.hear(TICK):
            if messages is None:
                yield from self._ended(worker)
            for message in messages or ():
                yield from self._heard(worker, message)

    def _heard(self, worker: Worker, message: Json) -> Iterator[Outcome]:
        if "ready" in message:
            worker.ready, self._stillborn = True, 0
        elif "event" in message:
            self._told(Event(**message["event"]))
        elif "refused" in message:
            raise BackendError(**message["refused"])
        elif "outcome" in message:
            task, worker.task = worker.task, None
            assert task is not None
            yield self._over(task, Outcome(**{**message["outcome"], "where": Path(message["outcome"]["where"])}))

    def _ended(self, worker: Worker) -> Iterator[Outcome]:
        """A worker is no more. Its run goes to another; the run's lock was let go of with the process."""
        task, stillborn = worker.task, not (worker.ready or worker.leaving)
        how = self._crew.bury(worker)
        if self._stops.signal_number is not None:
            return
        if task is None:
            self._stillborn += stillborn
            if self._stillborn >= MOST_DEATHS:
                raise ResourceError("The worker processes do not start", got=how, cure="See to what they say")
            return
        step = _saved(self._root / task.name)
        stood, deaths = self._losses.get(task.name, (step, 0))
        deaths = deaths + 1 if step == stood else 1
        self._losses[task.name] = (step, deaths)
        if deaths < MOST_DEATHS:
            self._told(Event(task.name, "lost", step, task.config.train.steps))
            self._queue.appendleft(task)
            return
        message = f"Its process died {deaths} times and came no further than step {step}: {how}"
        yield self._over(task, Outcome(task.name, "failed", message, 0.0, self._root / task.name))

    def _over(self, task: Task, outcome: Outcome) -> Outcome:
        self._left -= 1
        self._told(Event(task.name, outcome.state, _saved(outcome.where), task.config.train.steps))
        return outcome


def _saved(path: Path) -> int:
    """The step of a run's newest checkpoint; 0 where there is none."""
    return max(checkpoints.steps(path / "checkpoints"), default=0)
