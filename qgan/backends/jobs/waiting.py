"""Waiting for jobs: looks that become rarer, answers that do not come, and results that cannot be used."""

__all__ = ["Waiting"]

import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar, final

import numpy as np

from qgan._typing import AnyArray
from qgan.backends.jobs.journal import Entry, Journal
from qgan.backends.jobs.patience import Patience
from qgan.backends.jobs.service import ENDED, Service, Unreadable, Unsure, View
from qgan.errors import JobError

T = TypeVar("T")


@final
class Waiting:
    """Looks after jobs that have been sent.

    Args:
        service: Where they are.
        journal: Where it is written what becomes of them.
        patience: How long.
        stopped: Raises where a person wants to leave.
        told: Hears what is waited for.
    """

    def __init__(
        self,
        service: Service,
        journal: Journal,
        patience: Patience,
        *,
        stopped: Callable[[], None],
        told: Callable[[str], None],
    ) -> None:
        self._service, self._journal, self.patience = service, journal, patience
        self._stopped, self._told = stopped, told

    def rest(self, seconds: float, why: str) -> None:
        """Waits."""
        self._told(why)
        self.patience.sleep(seconds, self._stopped)

    def bring(self, entry: Entry) -> list[AnyArray]:
        """What came of a job, from the disk if it is there.

        Raises:
            JobError: If nothing will come of it.
        """
        kept = self._journal.result(entry)
        if kept is not None:
            return kept
        delays = self.patience.delays()
        while (view := self.look(entry)).state not in ENDED:
            self.rest(next(delays), f"{entry.job_id}: {view.state} at {self._service.name}")
        return self.fetch(entry, view)

    def look(self, entry: Entry) -> View:
        """How far a job is; a change is written down."""
        assert entry.job_id is not None
        job_id = entry.job_id
        view = self._there(entry, lambda: self._service.look(job_id), f"how far the job {job_id} is")
        if view.state in ("failed", "cancelled"):
            self._journal.write(view.state, key=entry.key, job=job_id, reason=view.reason, usage=view.usage)
        elif view.state != entry.latest and entry.known != "fetched":
            self._journal.write("status", key=entry.key, job=job_id, state=view.state)
        return view

    def fetch(self, entry: Entry, view: View) -> list[AnyArray]:
        """What came of a job that has ended: onto the disk, and then to whoever asked.

        Raises:
            JobError: If it failed, was cancelled, or its result is not what was asked for.
        """
        assert entry.job_id is not None
        job_id = entry.job_id
        if view.state != "done":
            raise JobError(
                f"The job {job_id} {'was cancelled' if view.state == 'cancelled' else 'failed'}",
                got=view.reason or "no reason given",
                cure="What was paid for it is written down. Going on sends it again, within the budget",
            )
        self.clear(entry)
        try:
            found = self._there(entry, lambda: self._service.fetch(job_id), f"the result of the job {job_id}")
        except Unreadable as error:
            raise self._unusable(entry, error.raw, str(error)) from None
        if (why := _unlike(found, entry)) is not None:
            raise self._unusable(entry, _bytes(found), why)
        self._journal.keep(entry, found, view.usage)
        return found

    def adopt(self, entry: Entry, *, since: datetime, seconds: float) -> bool:
        """Looks by its tags for a job that may have arrived, once and then for so long.

        Raises:
            JobError: If the service does not answer, so that nothing is known.
        """
        until, delays = monotonic() + seconds, self.patience.delays()
        while True:
            found = self._asked(lambda: self._service.tagged(entry.intent["tags"], since), "which jobs it has")
            if found:
                self._journal.write("adopted", key=entry.key, job=found[0])
                self._cancel(entry, found[1:])
                return True
            left = until - monotonic()
            if left <= 0:
                return False
            self.rest(min(left, next(delays)), "looking for a job that may have arrived")

    def clear(self, entry: Entry) -> None:
        """Cancels whatever else has a job's tags: clients send again what a server answered with an error."""
        try:
            found = self._service.tagged(entry.intent["tags"], entry.since - timedelta(minutes=10))
        except Unsure:
            # It is looked again before anything is fetched.
            return
        self._cancel(entry, [each for each in found if each != entry.job_id])

    def _cancel(self, entry: Entry, extra: Sequence[str]) -> None:
        known = {event["job"] for event in self._journal.ledger.events if event["event"] == "duplicate"}
        for job_id in extra:
            if job_id in known:
                continue
            try:
                self._service.cancel(job_id)
                view = self._service.look(job_id)
            except (Unsure, JobError):
                continue
            self._journal.write("duplicate", key=entry.key, job=job_id, state_then=view.state, usage=view.usage)

    def _there(self, entry: Entry, ask: Callable[[], T], what: str) -> T:
        """An answer about a job, which the service must know."""

        def known() -> T:
            try:
                return ask()
            except JobError as error:
                # Not so where nobody answers: a job is lost only if the service says that it has none.
                self._journal.write("lost", key=entry.key, job=entry.job_id, reason=str(error.got or error.what))
                raise

        return self._asked(known, what)

    def _asked(self, ask: Callable[[], T], what: str) -> T:
        """An answer; where none comes it is asked again, for a while."""
        delays, failing = self.patience.delays(), None
        while True:
            self._stopped()
            try:
                return ask()
            except Unsure as error:
                failing = failing or monotonic()
                wait = max(next(delays), error.later or 0.0)
                if monotonic() + wait - failing > self.patience.unreachable:
                    raise JobError(
                        f"{self._service.name} does not say {what}",
                        got=error,
                        cure="Jobs that were sent go on. Go on later, and they are found",
                    ) from None
                self.rest(wait, f"{self._service.name} does not answer: {error}")

    def _unusable(self, entry: Entry, raw: bytes, why: str) -> JobError:
        path = self._journal.reject(entry, raw, why)
        return JobError(
            f"The result of the job {entry.job_id} cannot be used",
            got=why,
            cure=f"It lies in {path}. Going on fetches it again, and sends nothing",
        )


def _unlike(found: Sequence[AnyArray], entry: Entry) -> str | None:
    """How a result differs from what was asked for."""
    asked = [(pub["circuits"], entry.intent["shots"], pub["qubits"]) for pub in entry.intent["pubs"]]
    given = [each.shape for each in found]
    return None if given == asked else f"shapes {given} in place of {asked}"


def _bytes(found: Sequence[AnyArray]) -> bytes:
    made = io.BytesIO()
    np.savez(made, *found)
    return made.getvalue()
