"""The jobs that the fake has accepted: files in a folder, so that a server started there again knows them."""

__all__ = ["FINAL", "Job", "Jobs", "Pace", "State"]

import dataclasses
import hashlib
import itertools
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, final

from benchmarks.fake_runtime.faults import End
from benchmarks.fake_runtime.simulation import Asked, asked, encoded, measured
from qgan._typing import Json
from qgan.files import atomic_write, read_json

State = Literal["QUEUED", "RUNNING", "DONE", "CANCELLED", "ERROR"]
FINAL: tuple[State, ...] = ("DONE", "CANCELLED", "ERROR")
# Seconds of a job, and of each execution of a circuit in it.
JOB_SECONDS, EXECUTION_SECONDS = 2.0, 0.00035
TOO_LONG = 1305
ENDED: dict[End, tuple[State, str | None, int | None]] = {
    "error": ("ERROR", "The fake was told to fail.", 9999),
    "cancelled": ("CANCELLED", "The fake was told to cancel.", None),
    "max_time": ("CANCELLED", "Maximum execution time exceeded.", TOO_LONG),
}


class Pace(Protocol):
    """How fast jobs go on: both the seconds and the looks at a job have to have passed."""

    queue_seconds: float
    running_seconds: float
    queue_polls: int
    running_polls: int


@dataclass
class Job:
    """What is known of one.

    Attributes:
        id: Its name.
        tags: As submitted.
        computer: Its name, with ``ibm_``.
        program: "sampler".
        created: Unix time at which it was accepted.
        sha256: Of the body of the request.
        content: The hash of its circuits, values and shots: the same where the same is submitted again.
        pubs: How many circuits it has.
        executions: Rows of values times shots, of all circuits.
        end: How it ends.
        limit: Seconds that it may take at most.
        status: In the client's words, when it was last looked at.
        reason: Why it failed or was cancelled.
        reason_code: IBM's number of that.
        running: Unix time at which it began.
        finished: Unix time at which it ended.
        polls: How often it was looked at.
        fetched: How often its result was sent.
    """

    id: str
    tags: list[str]
    computer: str
    program: str
    created: float
    sha256: str
    content: str
    pubs: int
    executions: int
    end: End = "done"
    limit: float | None = None
    status: State = "QUEUED"
    reason: str | None = None
    reason_code: int | None = None
    running: float | None = None
    finished: float | None = None
    polls: int = 0
    fetched: int = 0

    @property
    def usage(self) -> float:
        """Seconds of a quantum computer that a real job would be charged for; none before it runs."""
        if self.running is None:
            return 0.0
        seconds = JOB_SECONDS + EXECUTION_SECONDS * self.executions
        return seconds if self.limit is None else min(seconds, self.limit)


@final
class Jobs:
    """All of them. Its methods may be called from several threads.

    Args:
        folder: Of the files.
        pace: Read whenever somebody looks at a job.
    """

    def __init__(self, folder: Path, pace: Pace) -> None:
        self._folder, self._pace = folder, pace
        self._lock, self._simulating = threading.RLock(), threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        found = [Job(**read_json(each)) for each in folder.glob("*.job.json")]
        self._jobs = {each.id: each for each in sorted(found, key=lambda each: each.created)}

    def all(self) -> list[Job]:
        """Copies, in the order in which they were accepted."""
        with self._lock:
            return [self._now(each) for each in self._jobs.values()]

    def accept(self, body: bytes, ends: list[End]) -> Job:
        """A new one, which ends as the first of `ends` says; that one is then used up.

        Raises:
            ValueError: If the fake cannot run what was submitted.
        """
        given: dict[str, Any] = json.loads(body)
        found, sha256 = asked(body), hashlib.sha256(body).hexdigest()
        with self._lock:
            job = Job(
                id=self._unused(sha256),
                tags=list(given.get("tags", ())),
                computer=given["backend"],
                program=given["program_id"],
                created=time.time(),
                sha256=sha256,
                content=found.content,
                pubs=len(found.pubs),
                executions=sum(each.executions for each in found.pubs),
                end=ends.pop(0) if ends else "done",
                limit=given.get("cost"),
            )
            if job.limit is not None and JOB_SECONDS + EXECUTION_SECONDS * job.executions > job.limit:
                job.end = "max_time"
            atomic_write(self._folder / f"{job.id}.body.json", body)
            self._keep(job)
            self._jobs[job.id] = job
            return self._now(job)

    def look(self, name: str) -> Job | None:
        """A copy of one of them; None if there is none. Counts as a poll."""
        with self._lock:
            job = self._jobs.get(name)
            if job is None:
                return None
            now = self._now(job)
            job.polls += 1
            return now

    def cancel(self, name: str) -> bool:
        """Whether it could be, which one that has ended cannot."""
        with self._lock:
            job = self._jobs[name]
            if self._now(job).status in FINAL:
                return False
            job.status, job.reason, job.finished = "CANCELLED", "Cancelled by the user.", time.time()
            self._keep(job)
            return True

    def tag(self, name: str, tags: Sequence[str]) -> None:
        with self._lock:
            self._jobs[name].tags = list(tags)
            self._keep(self._jobs[name])

    def delete(self, name: str) -> None:
        with self._lock:
            del self._jobs[name]
            for each in self._folder.glob(f"{name}.*"):
                each.unlink()

    def params(self, name: str) -> Json:
        """What was submitted, as it was encoded."""
        return read_json(self._folder / f"{name}.body.json")["params"]

    def results(self, name: str) -> bytes:
        """Of a job that is done, simulated when they are first asked for."""
        with self._lock:
            job = self._jobs[name]
            job.fetched += 1
            self._keep(job)
        path = self._folder / f"{name}.results.json"
        with self._simulating:
            if not path.exists():
                found = asked((self._folder / f"{name}.body.json").read_bytes())
                atomic_write(path, _damaged(found, job.end))
        return path.read_bytes()

    def _unused(self, sha256: str) -> str:
        made = (
            hashlib.sha256(f"{number} {sha256}".encode()).hexdigest() for number in itertools.count(len(self._jobs))
        )
        return next(name for name in (f"fake{each[:16]}" for each in made) if name not in self._jobs)

    def _now(self, job: Job) -> Job:
        """Brings its status up to date."""
        before, now, pace = job.status, time.time(), self._pace
        if job.status == "QUEUED" and now - job.created >= pace.queue_seconds and job.polls >= pace.queue_polls:
            job.status, job.running = "RUNNING", now
        if job.running is not None and job.status == "RUNNING":
            polled = job.polls >= pace.queue_polls + pace.running_polls
            if polled and now - job.running >= pace.running_seconds:
                job.status, job.reason, job.reason_code = ENDED.get(job.end, ("DONE", None, None))
                job.finished = now
        if job.status != before:
            self._keep(job)
        return dataclasses.replace(job, tags=list(job.tags))

    def _keep(self, job: Job) -> None:
        atomic_write(self._folder / f"{job.id}.job.json", json.dumps(dataclasses.asdict(job)).encode())


def _damaged(job: Asked, end: End) -> bytes:
    """The results, or what is left of them."""
    if end == "fewer_shots":
        job = job._replace(pubs=[each._replace(shots=each.shots // 2) for each in job.pubs])
    found = measured(job)
    sent = encoded(found[:-1] if end == "missing_pub" else found)
    return sent[: len(sent) // 2] if end == "corrupt" else sent
