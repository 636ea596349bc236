"""Runs whose circuits are sent away: what that takes, whether it may be, and the connection while it is done."""

__all__ = [
    "NO_TERMS",
    "Forecast",
    "Terms",
    "connected",
    "desk_for",
    "document_of",
    "forecast",
    "require_affordable",
    "require_all_used",
]

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, final

import torch

from qgan._typing import Json
from qgan.backends import resolve
from qgan.backends.jobs.costs import FORMULA, SOURCE, Cost
from qgan.backends.jobs.desk import Desk
from qgan.backends.jobs.journal import Journal
from qgan.backends.jobs.patience import from_environment
from qgan.errors import BackendError, BudgetError, ConfigError
from qgan.experiment import Experiment, innermost
from qgan.generators.remotes import gathered, remotes
from qgan.samples import Draw
from qgan.seeding import Key
from qgan.selfcheck import require_right_gradient


@final
@dataclass(frozen=True)
class Terms:
    """On which circuits may be sent that cost something.

    Attributes:
        budget: Seconds of the computer, for all jobs of a run; None for what was said before.
        resubmit: Whether a job is sent again of which it cannot be known whether it arrived.
    """

    budget: float | None = None
    resubmit: bool = False


NO_TERMS = Terms()


class Forecast(NamedTuple):
    """What training takes, an estimate.

    Attributes:
        backend: Where.
        steps: How many.
        shown: Of each step, for the discriminator.
        differentiated: Of each step, for the generator.
    """

    backend: str
    steps: int
    shown: Cost
    differentiated: Cost

    @property
    def step(self) -> Cost:
        """Of one step."""
        return self.shown.and_also(self.differentiated)

    @property
    def all(self) -> Cost:
        """Of all steps."""
        return self.step.times(self.steps)

    def require_within(self, budget: float) -> None:
        """Refuses what would take more seconds of the computer.

        Raises:
            BudgetError: If it would, by the formula.
        """
        if self.all.seconds > budget:
            affordable = int(budget / self.step.seconds)
            raise BudgetError(
                f"The budget does not suffice for {self.steps} steps on {self.backend}",
                got=f"an estimate of {_said(self)}",
                allowed=f"{budget:g} s",
                cure=f"Nothing was sent. {affordable} step(s) would fit; `qgan plan` shows what else does",
            )

    def text(self) -> str:
        """For people."""
        each = self.step
        return (
            f"# {self.backend}: {self.steps} steps of {each.jobs} jobs, {each.circuits:,} circuits and "
            f"{each.executions:,} executions each; in all {_said(self)}\n# {FORMULA}. {SOURCE}"
        )

    def document(self) -> Json:
        """Numbers, and where they are from."""
        return {"backend": self.backend, "steps": self.steps, "step": document_of(self.step), **document_of(self.all)}


def document_of(cost: Cost) -> Json:
    """Numbers, and where they are from."""
    return {
        "jobs": cost.jobs,
        "circuits": cost.circuits,
        "shots": cost.shots,
        "executions": cost.executions,
        "qpu_seconds": cost.seconds,
        "formula": FORMULA,
        "source": SOURCE,
    }


def forecast(experiment: Experiment, *, steps: int, batch: int | None = None) -> Forecast | None:
    """Of so many steps, counted and not run; None where nothing is sent.

    Evaluations are not in it: they are simulated.

    Args:
        experiment: As it is built.
        steps: Of training.
        batch: Samples in an update; the experiment's own if None.
    """
    game, config = experiment.game, experiment.config
    size = config.train.batch_size if batch is None else batch
    if not remotes(game.generator):
        return None

    def draw(purpose: str) -> Draw:
        return game.generator.draw(size, Key(config.seed, purpose))

    def show() -> None:
        with torch.no_grad():
            for update in range(config.train.discriminator_updates):
                game.generator(draw(f"counted/{update}"))

    def differentiate() -> None:
        with torch.enable_grad():
            game.generator(draw("counted"))

    shown, differentiated = (
        _sum(remote.cost(orders) for remote, orders in gathered(game.generator, work)) for work in (show, differentiate)
    )
    return Forecast(config.backend.name, steps, shown, differentiated)


def require_affordable(experiment: Experiment, terms: Terms, *, steps: int) -> None:
    """Refuses what would cost more than may be spent, before anything is written.

    Raises:
        BudgetError: If there is no budget, or it does not suffice by the formula.
    """
    told = forecast(experiment, steps=steps)
    if told is None:
        return
    if terms.budget is None:
        raise BudgetError(
            f"Training on {told.backend} costs something, and no budget was given",
            got=f"an estimate of {_said(told)}",
            cure="Say how many seconds of the computer may be spent: --budget 60s. Look first with --dry-run",
        )
    told.require_within(terms.budget)


def require_all_used(folder: Path, *, step: int) -> None:
    """Refuses to leave a run behind in whose next step something has been paid for: a child would pay for it again.

    Raises:
        ConfigError: If there are jobs of later steps than that.
    """
    jobs = Journal(folder) if Journal.there(folder) else ()
    left = [job for job in jobs if job.place.step > step and job.place.purpose.startswith("latent/")]
    left = [job for job in left if job.known in ("intended", "submitted", "fetched")]
    if left:
        raise ConfigError(
            f"The run {folder} has jobs of step {left[0].place.step}, which is not done",
            got=", ".join(job.job_id or job.key[:16] for job in left),
            cure=f"Finish it first, with what was paid for: qgan train --resume {folder}",
        )


def _said(told: Forecast) -> str:
    whole = told.all
    return f"{whole.seconds:.1f} s in {whole.jobs} jobs with {whole.executions:,} executions, by the formula"


def _sum(costs: Iterator[Cost]) -> Cost:
    first = next(costs)
    for each in costs:
        first = first.and_also(each)
    return first


@contextmanager
def connected(
    folder: Path,
    experiment: Experiment,
    terms: Terms,
    *,
    stopped: Callable[[], None] = lambda: None,
    told: Callable[[str], None] = lambda _: None,
) -> Iterator[Desk | None]:
    """Lets an experiment's circuits be sent, by way of the journal in a run directory; None where nothing is sent.

    Raises:
        LoginError: If the service does not know who asks.
        BackendError: If the gradient that would be paid for is wrong.
    """
    senders = remotes(experiment.generator, experiment.game.generator)
    if not senders:
        yield None
        return
    journal = Journal(folder)
    if terms.budget is not None and terms.budget != journal.budget:
        journal.write("budget", seconds=terms.budget)
    # A run stays on the computer that it began on, whichever is the least busy now.
    name, qubits = journal.service or experiment.config.backend.name, innermost(experiment.generator).circuit.n_wires
    with desk_for(experiment, journal, name, resubmit=terms.resubmit, stopped=stopped, told=told) as desk:
        told(f"{desk.service.name}: trying the gradient out here")
        require_right_gradient(experiment, desk.service.rehearsal(qubits), journal)
        for sender in senders:
            sender.connect(desk)
        try:
            yield desk
        finally:
            for sender in senders:
                sender.way = "closed"


@contextmanager
def desk_for(
    experiment: Experiment,
    journal: Journal,
    name: str,
    *,
    resubmit: bool = False,
    stopped: Callable[[], None] = lambda: None,
    told: Callable[[str], None] = lambda _: None,
) -> Iterator[Desk]:
    """Where an experiment's circuits are handed in, by way of a run's journal, at the service of that name.

    Raises:
        LoginError: If the service does not know who asks.
        BackendError: If it has too few qubits.
    """
    patience, qubits = from_environment(), innermost(experiment.generator).circuit.n_wires
    told(f"{name}: logging in")
    mode = experiment.config.backend.options.get("mode") or "job"
    service = resolve(name).service(journal.folder / "jobs", qubits=qubits, mode=mode, answer=patience.answer)
    try:
        if qubits > service.max_qubits:
            raise BackendError(f"{service.name} has too few qubits", got=qubits, allowed=f"1 to {service.max_qubits}")
        yield Desk(journal, service, resubmit=resubmit, patience=patience, stopped=stopped, told=told)
    finally:
        service.close()
