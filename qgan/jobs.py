"""All jobs of all runs: how they are, bringing home what is there, and stopping one."""

__all__ = ["Known", "Services", "bring", "cancel", "find", "jobs_of", "known_jobs", "told"]

from pathlib import Path
from typing import NamedTuple, final

from qgan._typing import Json
from qgan.backends import resolve
from qgan.backends.jobs.journal import Entry, Journal
from qgan.backends.jobs.patience import from_environment
from qgan.backends.jobs.service import ENDED, Service, Unsure, View
from qgan.backends.jobs.waiting import Waiting
from qgan.errors import ConfigError, JobError, QganError
from qgan.runlist import list_runs


@final
class Known(NamedTuple):
    """A job, and where it is written down.

    Attributes:
        run: Whose it is.
        journal: Of that run.
        entry: Of that job.
    """

    run: Path
    journal: Journal
    entry: Entry

    @property
    def name(self) -> str:
        """The service's id, or the beginning of its key while there is none."""
        return self.entry.job_id or self.entry.key[:16]


@final
class Services:
    """Logs in to each service once.

    Attributes:
        problem: Why one could not be asked; None where all could.
    """

    def __init__(self) -> None:
        self.problem: QganError | None = None
        self._known: dict[tuple[str, Path | None], Service] = {}

    def of(self, job: Known) -> Service:
        """Where it was sent.

        Raises:
            QganError: If it cannot be reached.
        """
        name = job.entry.intent["service"]
        backend, folder = resolve(name), job.run / "jobs"
        # A simulator here has its results beside the run.
        key = (name, None if backend.paid else folder)
        if key not in self._known:
            self._known[key] = backend.service(folder, qubits=1, answer=from_environment().answer)
        return self._known[key]

    def view(self, job: Known) -> View | None:
        """What is said of it now; None where nobody can be asked. Nothing is written down."""
        if not job.entry.pending or job.entry.job_id is None or self.problem is not None:
            return None
        try:
            return self.of(job).look(job.entry.job_id)
        except JobError as error:
            return View("failed", str(error))
        except (QganError, Unsure) as error:
            self.problem = error if isinstance(error, QganError) else JobError(str(error))
            return None


def jobs_of(run: Path) -> list[Known]:
    """Of one run.

    Raises:
        CheckpointError: If its ledger is damaged.
    """
    if not Journal.there(run):
        return []
    journal = Journal(run)
    return [Known(run, journal, entry) for entry in journal]


def known_jobs(directory: Path) -> list[Known]:
    """Of all runs in a directory, the oldest first.

    Raises:
        CheckpointError: If a ledger is damaged.
    """
    return [job for run in list_runs(directory) for job in jobs_of(run)]


def told(job: Known, services: Services) -> Json:
    """How a job is now, in plain values: what for, where, its state, and what it took or will take."""
    entry, view = job.entry, services.view(job)
    return {
        "job": job.name,
        "run": job.run.name,
        "for": f"{entry.place.purpose} of step {entry.place.step}",
        "on": entry.intent["service"],
        "state": entry.known if view is None else view.state,
        "circuits": entry.intent["circuits"],
        "shots": entry.intent["shots"],
        "qpu_seconds": entry.usage if view is None or view.usage is None else view.usage,
        "estimate": entry.intent["estimate"],
        "sent": entry.intent["time"],
        "reason": entry.reason if view is None else view.reason,
    }


def find(directory: Path, name: str) -> Known:
    """A job by its id, or by the beginning of its key.

    Raises:
        ConfigError: If there is none, or more than one.
    """
    jobs = known_jobs(directory)
    found = [job for job in jobs if job.entry.job_id == name or (len(name) >= 4 and job.entry.key.startswith(name))]
    if len(found) != 1:
        raise ConfigError(
            f"There is no job '{name}' in {directory}" if not found else f"There are {len(found)} jobs '{name}'",
            allowed=", ".join(job.name for job in jobs) or None,
            cure="`qgan jobs` lists them; where runs are elsewhere, say so with --out",
        )
    return found[0]


def bring(job: Known, services: Services) -> View:
    """How a job is, and if it is done what came of it, onto the disk.

    Raises:
        JobError: If it failed, or its result cannot be used.
    """
    entry = job.entry
    if entry.known == "fetched" and job.journal.result(entry) is not None:
        return View("done", usage=entry.usage)
    waiting = Waiting(services.of(job), job.journal, from_environment(), stopped=lambda: None, told=lambda _: None)
    if entry.known == "intended" and not waiting.adopt(entry, since=entry.since, seconds=0):
        raise JobError(
            f"It is not known whether the job {job.name} arrived",
            got=f"nothing with the tag {entry.intent['tags'][-1]}",
            cure="Look at the service yourself, or give the command again that sent it",
        )
    view = waiting.look(entry)
    if view.state in ENDED:
        waiting.fetch(entry, view)
    return view


def cancel(job: Known, services: Services) -> View:
    """Stops a job, and says how it ended.

    Raises:
        ConfigError: If it has ended.
    """
    entry = job.entry
    if not entry.pending or entry.job_id is None:
        raise ConfigError(
            f"The job {job.name} cannot be cancelled", got=entry.known, allowed="a job that waits or runs"
        )
    service = services.of(job)
    service.cancel(entry.job_id)
    view = service.look(entry.job_id)
    if view.state in ("failed", "cancelled"):
        job.journal.write(view.state, key=entry.key, job=entry.job_id, reason=view.reason, usage=view.usage)
    return view
