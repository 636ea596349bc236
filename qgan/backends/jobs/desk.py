"""Where jobs are handed in and fetched: nothing is sent that is not written down, and nothing twice."""

__all__ = ["Desk", "Order", "cost_of"]

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from time import monotonic
from typing import Any, NamedTuple, final

import numpy as np

from qgan._typing import AnyArray, Array, Json
from qgan.backends.jobs.costs import Cost, circuits_in_a_job, jobs_for
from qgan.backends.jobs.journal import OVER, Entry, Journal
from qgan.backends.jobs.patience import Patience
from qgan.backends.jobs.service import Job, Place, Refused, Service, Unsure
from qgan.backends.jobs.waiting import Waiting
from qgan.errors import BudgetError, ConfigError, DoubtError, JobError, LoginError
from qgan.seeding import Key

# Angles that differ by less are those that were sent: another machine adds up in another order.
SAME = 1e-6
# Clocks differ.
EARLIER = timedelta(minutes=10)
LONGEST_JOB = 3 * 3600


class Order(NamedTuple):
    """Circuits of one structure.

    Attributes:
        template: Of them, as the service takes it.
        table: Shape (circuits, angles), radians.
        key: What they are for.
    """

    template: Any
    table: Array
    key: Key


def cost_of(orders: Sequence[Order], shots: int) -> Cost:
    """Of orders that are sent together, an estimate."""
    circuits = sum(len(order.table) for order in orders)
    return Cost(jobs_for(circuits, shots), circuits, shots)


@final
class Desk:
    """Sends jobs to a service, by way of a journal.

    Args:
        journal: Of the run.
        service: Where to.
        resubmit: Whether a job is sent again of which it cannot be known whether it arrived.
        patience: How long is waited.
        stopped: Called while waiting; it raises where a person wants to leave, and jobs go on.
        told: Hears what is waited for.
    """

    def __init__(
        self,
        journal: Journal,
        service: Service,
        *,
        resubmit: bool = False,
        patience: Patience | None = None,
        stopped: Callable[[], None] = lambda: None,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.journal, self.service, self._resubmit = journal, service, resubmit
        self._waiting = Waiting(service, journal, patience or Patience(), stopped=stopped, told=told)

    def run(self, orders: Sequence[Order], shots: int) -> list[AnyArray]:
        """Sends what has not been sent, waits, and gives for each order bits of shape (circuits, shots, qubits)."""
        parts = _parts(orders, circuits_in_a_job(shots))
        entries = [self._sent(job) for job in self._jobs(orders, parts, shots)]
        found: list[list[AnyArray]] = [[] for _ in orders]
        for entry, own in zip(entries, parts, strict=True):
            for (place, _), bits in zip(own, self._waiting.bring(entry), strict=True):
                found[place].append(bits)
        return [np.concatenate(some) for some in found]

    def send(self, orders: Sequence[Order], shots: int) -> list[Entry]:
        """Sends what has not been sent, and does not wait."""
        return [self._sent(job) for job in self._jobs(orders, _parts(orders, circuits_in_a_job(shots)), shots)]

    def _jobs(self, orders: Sequence[Order], parts: Sequence["_Part"], shots: int) -> Iterator[Job]:
        if not orders:
            raise ConfigError("There are no circuits to run", cure="Ask for samples of a quantum generator")
        first, more = orders[0].key, len(orders) - 1
        purpose = first.purpose + (f" and {more} more" if more else "")
        for chunk, part in enumerate(parts):
            structures = tuple(self.service.prepare(orders[place].template) for place, _ in part)
            tables = tuple(orders[place].table[rows] for place, rows in part)
            yield self._job(Place(purpose, first.step, chunk), structures, tables, shots)

    def _job(self, place: Place, structures: tuple[Any, ...], tables: tuple[Array, ...], shots: int) -> Job:
        circuits = [
            {**self.service.facts_of(structure), "circuits": len(table)}
            for structure, table in zip(structures, tables, strict=True)
        ]

        def key_of(attempt: int) -> str:
            return _key([self.journal.identity, *place, attempt, shots, self.service.name], circuits, tables)

        attempt = next(attempt for attempt in count() if not self._over(key_of(attempt), key_of(attempt + 1)))
        facts: Json = {"service": self.service.name, "pubs": circuits, "attempt": attempt, **self.service.facts}
        key, seconds = key_of(attempt), Cost(1, sum(map(len, tables)), shots).seconds
        # An estimate may be wrong, and a job that is stopped just before its end is paid for all the same.
        most = min(LONGEST_JOB, math.ceil(2 * seconds + 60))
        return Job(key, place, self._tags(key), shots, structures, tables, facts, most)

    def _over(self, key: str, after: str) -> bool:
        """Whether another attempt takes its place: in that of a lost one, if that was asked for, now or before."""
        entry = self.journal.entry(key)
        if entry is None or entry.known != "lost":
            return entry is not None and entry.known in OVER
        return self._resubmit or self.journal.entry(after) is not None

    def _tags(self, key: str) -> tuple[str, ...]:
        return "qgan", f"qgan-run-{self.journal.identity}", f"qgan-key-{key[:16]}"

    def _sent(self, job: Job) -> Entry:
        """The entry of a job that has been sent, now or before."""
        entry = self.journal.entry(job.key) or self._near(job)
        if entry is None or entry.known == "refused":
            return self._submit(job)
        if entry.known == "lost":
            raise JobError(
                f"The job {entry.job_id} is no longer known at {self.service.name}",
                got=entry.reason,
                cure="It is not sent again by itself. To pay for it again, go on with --resubmit-in-doubt",
            )
        if entry.known == "intended":
            self._settle(job, entry, fresh=False)
        return entry

    def _near(self, job: Job) -> Entry | None:
        """What was sent in this place already, if the run has come here again by another way."""
        circuits, others = [each["isa"] for each in job.facts["pubs"]], list[Entry]()
        for entry in self.journal.at(job.place):
            same = [each["isa"] for each in entry.intent["pubs"]] == circuits and entry.intent["shots"] == job.shots
            if entry.known in (*OVER, "refused") or not same or entry.intent["service"] != self.service.name:
                continue
            if entry.known == "lost" and self._resubmit:
                continue
            before = self.journal.tables(entry.key)
            if [table.shape for table in before] != [table.shape for table in job.tables]:
                continue
            if all(np.abs(old - new).max(initial=0) <= SAME for old, new in zip(before, job.tables, strict=True)):
                return entry
            others.append(entry)
        if others and not self._resubmit:
            raise DoubtError(
                f"The run would send other angles for '{job.place.purpose}' of step {job.place.step} than it has",
                got=f"job {others[-1].job_id or others[-1].key[:16]}, sent before",
                cure="Go on where and as the run was begun. To pay again, go on with --resubmit-in-doubt",
            )
        return None

    def _submit(self, job: Job) -> Entry:
        self._require_budget(job.cost)
        entry = self.journal.intend(job)
        began, delays = monotonic(), self._waiting.patience.delays()
        while True:
            try:
                job_id = self.service.submit(job)
            except Refused as refusal:
                self.journal.write("refused", key=job.key, reason=str(refusal))
                wait = max(refusal.later or 0.0, next(delays))
                if refusal.later is None or monotonic() + wait - began > self._waiting.patience.unreachable:
                    raise JobError(
                        f"{self.service.name} does not take the job", got=refusal, cure="Nothing was sent. Go on later"
                    ) from None
                self._waiting.rest(wait, f"{self.service.name} puts jobs off: {refusal}")
                self.journal.intend(job)
            except LoginError as error:
                self.journal.write("refused", key=job.key, reason=str(error))
                raise
            except Unsure as doubt:
                self.journal.write("in doubt", key=job.key, reason=str(doubt))
                self._settle(job, entry, fresh=True)
                return entry
            else:
                self.journal.write("submitted", key=job.key, job=job_id)
                self._waiting.clear(entry)
                return entry

    def _settle(self, job: Job, entry: Entry, *, fresh: bool) -> None:
        """Finds out whether a job arrived.

        Args:
            job: Which.
            entry: Its own.
            fresh: Whether it was sent just now. It is then not sent again, whatever was asked for: those who ask speak
                of a doubt that they know of, and a service that answers nothing might take a job each time.

        Raises:
            DoubtError: If that cannot be known.
        """
        # What is here either has it or has not.
        again = (self._resubmit and not fresh) or self.service.certain
        seconds = 0.0 if self.service.certain else self._waiting.patience.doubt
        if again:
            # Listings lag behind, but no longer than that: what was sent that long ago would be there.
            seconds -= entry.age
        if self._waiting.adopt(entry, since=entry.since - EARLIER, seconds=seconds):
            return
        if again:
            why = "it would be here" if self.service.certain else "asked to be sent again"
            self.journal.write("refused", key=entry.key, reason=f"never seen at {self.service.name}: {why}")
            self._submit(job)
            return
        raise DoubtError(
            f"It is not known whether the job '{job.place.purpose}' of step {job.place.step} arrived",
            got=f"nothing at {self.service.name} with the tag {job.tags[-1]}",
            cure="Look there yourself. If it is not there, go on with --resubmit-in-doubt: it is sent again, and paid "
            "for again if the first comes to light after all",
        )

    def _require_budget(self, cost: Cost) -> None:
        budget, spent = self.journal.budget, self.journal.spent
        if budget is None:
            if self.service.paid:
                raise BudgetError(
                    f"Nothing is sent to {self.service.name} without a budget",
                    cure="Say how many seconds of the computer may be spent: --budget 60s",
                )
            return
        if spent + cost.seconds > budget:
            raise BudgetError(
                "The budget does not suffice for the next job",
                got=f"{spent:.1f} s spent and {cost.seconds:.1f} s to come, by the formula",
                allowed=f"{budget:g} s",
                cure="Nothing more was sent. Go on with a larger --budget, fewer --shots or fewer --steps",
            )


_Part = list[tuple[int, slice]]


def _parts(orders: Sequence[Order], capacity: int) -> list[_Part]:
    """What goes into each job: places of orders, and rows of them."""
    parts: list[_Part] = [[]]
    left = capacity
    for place, order in enumerate(orders):
        at = 0
        while at < len(order.table):
            if not left:
                parts.append([])
                left = capacity
            end = min(len(order.table), at + left)
            parts[-1].append((place, slice(at, end)))
            left -= end - at
            at = end
    return parts


def _key(decides: list[Any], circuits: Sequence[Json], tables: Sequence[Array]) -> str:
    made = hashlib.sha256(json.dumps([*decides, [each["isa"] for each in circuits]]).encode())
    for table in tables:
        made.update(json.dumps(table.shape).encode() + np.ascontiguousarray(table, dtype="<f8").tobytes())
    return made.hexdigest()
