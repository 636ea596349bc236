"""Samples of a trained generator from a computer far away: handed in now, and collected when they are there."""

__all__ = [
    "Asked",
    "Brought",
    "Collected",
    "Submitted",
    "asked",
    "bring_home",
    "collect",
    "document",
    "ready",
    "submit",
]

import io
import json
from pathlib import Path
from typing import NamedTuple, final

from qgan._typing import Json
from qgan.backends import resolve
from qgan.backends.jobs.costs import Cost
from qgan.backends.jobs.journal import Entry, Journal
from qgan.errors import BudgetError, ConfigError, JobError
from qgan.evaluate import Shelf
from qgan.experiment import Experiment
from qgan.export import WRITERS
from qgan.files import atomic_write
from qgan.generators.remotes import gathered, remotes, simulated
from qgan.jobs import Services, bring, jobs_of
from qgan.pictures import samples_figure
from qgan.run import Run
from qgan.samples import Samples
from qgan.seeding import Key
from qgan.sending import Terms, desk_for, document_of

FOLDER = "sampled"


@final
class Asked(NamedTuple):
    """Samples that were asked for, as the ledger has it.

    Attributes:
        number: Among those of the run, from 1.
        backend: Where from.
        shots: For each circuit.
        n: How many samples.
        checkpoint: Of which.
        step: Where that is.
    """

    number: int
    backend: str
    shots: int
    n: int
    checkpoint: str
    step: int

    @property
    def purpose(self) -> str:
        """Of their jobs."""
        return f"sample/{self.number}"


class Collected(NamedTuple):
    """Samples that are there.

    Attributes:
        asked: What was asked for.
        folder: Where they are.
        report: Their scores on the test part, and those of simulated ones.
    """

    asked: Asked
    folder: Path
    report: Json


class Submitted(NamedTuple):
    """What was handed in.

    Attributes:
        asked: What was asked for.
        cost: An estimate.
        entries: The jobs; empty where nothing was sent.
    """

    asked: Asked
    cost: Cost
    entries: list[Entry]


def submit(
    run: Run, *, backend: str, shots: int, n: int, checkpoint: str | None, terms: Terms, dry_run: bool = False
) -> Submitted:
    """Hands in the circuits of n samples, and does not wait. What a submission that broke off left is gone on with.

    Raises:
        BudgetError: If it would cost more than may be spent; then nothing is sent.
        ConfigError: If there are no circuits to run.
    """
    which = run.directory.chosen() if checkpoint is None else checkpoint
    step = run.directory.checkpoint(which).step
    with run.directory.locked():
        journal = Journal(run.path)
        wanted = Asked(1 + len(asked(journal)), backend, shots, n, which, step)
        for before in asked(journal):
            alike = before._replace(number=wanted.number, backend=_alike(before.backend, backend))
            if alike == wanted and not _jobs(journal, before):
                wanted = before
        experiment = _experiment(run, wanted)
        cost = _cost(experiment, wanted)
        paid = resolve(backend).paid
        if paid and terms.budget is None and not dry_run:
            raise BudgetError(
                f"Sampling on {backend} costs something, and no budget was given",
                got=f"an estimate of {cost.seconds:.1f} s in {cost.jobs} job(s), by the formula",
                cure="Say how many seconds of the computer may be spent: --budget 60s. Look first with --dry-run",
            )
        if terms.budget is not None and cost.seconds > terms.budget:
            raise BudgetError(
                "The budget does not suffice for these samples",
                got=f"an estimate of {cost.seconds:.1f} s in {cost.jobs} job(s) with {cost.executions:,} executions",
                allowed=f"{terms.budget:g} s",
                cure="Nothing was sent. Ask for fewer samples (-n) or fewer --shots",
            )
        if dry_run:
            return Submitted(wanted, cost, [])
        with desk_for(experiment, journal, wanted.backend, resubmit=terms.resubmit) as desk:
            if wanted.number > len(asked(journal)):
                # By the computer's own name, whichever was the least busy.
                wanted = wanted._replace(backend=desk.service.name)
                journal.write("asked", **wanted._asdict())
            if terms.budget is not None:
                journal.write("budget", seconds=journal.spent + terms.budget)
            entries = [
                entry
                for remote, orders in gathered(experiment.generator, lambda: _sample(experiment, wanted))
                for entry in desk.send(orders, remote.shots)
            ]
            journal.write("handed in", number=wanted.number, keys=[entry.key for entry in entries])
    return Submitted(wanted, cost, entries)


def asked(journal: Journal) -> list[Asked]:
    """All samples that were asked for, in order."""
    return [
        Asked(**{name: event[name] for name in Asked._fields})
        for event in journal.ledger.events
        if event["event"] == "asked"
    ]


@final
class Brought(NamedTuple):
    """What became of a run's jobs.

    Attributes:
        states: By the jobs' names.
        samples: That were made of them.
        problems: Of jobs that failed.
    """

    states: dict[str, str]
    samples: list[Collected]
    problems: list[JobError]


def bring_home(run: Run, services: Services | None = None, *, only: str | None = None) -> Brought:
    """Fetches what is done, and makes samples of it; what still waits is left alone.

    Args:
        run: Whose jobs.
        services: Where one is logged in already.
        only: The key of a single job.
    """
    services, brought = services or Services(), Brought({}, [], [])
    with run.directory.locked():
        for job in jobs_of(run.path):
            if job.entry.pending and only in (None, job.entry.key):
                try:
                    brought.states[job.name] = bring(job, services).state
                except JobError as error:
                    brought.states[job.name] = "failed"
                    brought.problems.append(error)
        brought.samples.extend(collect(run, each) for each in ready(run.path))
    return brought


def ready(run: Path) -> list[Asked]:
    """Those all of whose jobs have been fetched, and of which no samples have been made yet."""
    journal = Journal(run)
    return [
        each
        for each in asked(journal)
        if (jobs := _jobs(journal, each))
        and all(entry.known == "fetched" for entry in jobs)
        and not (_folder(run, each) / "metrics.json").is_file()
    ]


def collect(run: Run, wanted: Asked) -> Collected:
    """Samples of jobs all of which have been fetched, into files beside their scores.

    Raises:
        JobError: If one of the jobs failed.
    """
    journal, folder = Journal(run.path), _folder(run.path, wanted)
    experiment = _experiment(run, wanted)
    with desk_for(experiment, journal, wanted.backend) as desk:
        for remote, orders in gathered(experiment.generator, lambda: _sample(experiment, wanted)):
            remote.connect(desk)
            remote.expect(orders)
        measured = _sample(experiment, wanted)
        for remote in remotes(experiment.generator):
            remote.way = "closed"
        jobs = _jobs(journal, wanted)
    with simulated(experiment.generator):
        ideal = _sample(experiment, wanted)
    references = Shelf().references(experiment.data, experiment.config, part="test", n=wanted.n)
    title = f"{wanted.backend}, {wanted.shots} shots"
    report: Json = {
        **wanted._asdict(),
        "part": "test",
        "n": references.n,
        "metrics": {score.name: score.to_json() for score in references.score(measured)},
        "simulated": {score.name: score.to_json() for score in references.score(ideal)},
        "jobs": [{"key": entry.key, "job": entry.job_id, "qpu_seconds": entry.spent} for entry in jobs],
    }
    picture = io.BytesIO()
    samples_figure(experiment.data, {title: measured, "simulated": ideal}).savefig(picture)
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / "samples.npz", WRITERS[".npz"](measured, experiment.data))
    atomic_write(folder / "samples.png", picture.getvalue())
    atomic_write(folder / "metrics.json", json.dumps(report, indent=2, allow_nan=False).encode() + b"\n")
    return Collected(wanted, folder, report)


def _alike(before: str, now: str) -> str:
    """The least busy computer is whichever it was when circuits were handed in."""
    return now if now.endswith(":least-busy") and before.startswith(now.split(":")[0]) else before


def _folder(run: Path, wanted: Asked) -> Path:
    return run / FOLDER / f"{wanted.number:03d}-{wanted.backend.replace(':', '-')}"


def _jobs(journal: Journal, wanted: Asked) -> list[Entry]:
    """All of them, once all have been handed in; none before."""
    for event in journal.ledger.events:
        if event["event"] == "handed in" and event["number"] == wanted.number:
            return [entry for key in event["keys"] if (entry := journal.entry(key)) is not None]
    return []


def _experiment(run: Run, wanted: Asked) -> Experiment:
    experiment = run.elsewhere(wanted.backend, shots=wanted.shots, checkpoint=wanted.checkpoint)
    if not remotes(experiment.generator):
        raise ConfigError(
            f"The generator of {run.path} has no circuits to run",
            got=run.config.generator.name,
            cure="Draw samples of it with qgan sample",
        )
    return experiment


def _sample(experiment: Experiment, wanted: Asked) -> Samples:
    return experiment.generator.sample(wanted.n, Key(experiment.config.seed, wanted.purpose, wanted.step))


def _cost(experiment: Experiment, wanted: Asked) -> Cost:
    whole = Cost(0, 0, wanted.shots)
    for remote, orders in gathered(experiment.generator, lambda: _sample(experiment, wanted)):
        whole = whole.and_also(remote.cost(orders))
    return whole


def document(submitted: Submitted) -> Json:
    """What was handed in, for scripts."""
    jobs = [{"key": entry.key, "job": entry.job_id} for entry in submitted.entries]
    return {**submitted.asked._asdict(), "estimate": document_of(submitted.cost), "jobs": jobs}
