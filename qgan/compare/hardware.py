"""What a training takes on an IBM Quantum computer: circuits counted, and time by a published formula, an estimate."""

__all__ = [
    "CLOCK",
    "EXECUTIONS_IN_A_JOB",
    "FORMULA",
    "SECONDS_OF_A_JOB",
    "SHOTS",
    "SOURCE",
    "Hardware",
    "RowCircuits",
    "StepCircuits",
    "hardware",
    "jobs_for",
    "of_rows",
    "qpu_seconds",
    "shifted",
]

from dataclasses import dataclass, replace
from typing import Any, final

import torch

from qgan.backends.jobs.costs import (
    CLOCK,
    EXECUTIONS_IN_A_JOB,
    FORMULA,
    SECONDS_OF_A_JOB,
    SOURCE,
    jobs_for,
    qpu_seconds,
)
from qgan.backends.program import trace
from qgan.build import build
from qgan.config import Component, RunConfig
from qgan.experiment import innermost
from qgan.generators import ConditionalGenerator, ImplicitGenerator
from qgan.generators.base import CircuitGenerator, CircuitOptions
from qgan.seeding import Key, stream

SHOTS = 1024


@final
@dataclass(frozen=True)
class Hardware:
    """The subject's training on a quantum computer, estimated.

    Attributes:
        shots: For each circuit.
        executions: Circuits times shots, of the whole training.
        jobs: As few as carry them.
        qpu_seconds: By the formula.
        formula: As text.
        source: Where the formula is from, and how sure it is.
    """

    shots: int
    executions: int
    jobs: int
    qpu_seconds: float
    formula: str
    source: str


@final
@dataclass(frozen=True)
class StepCircuits:
    """Circuits of one training step, with gradients by parameter-shift.

    A step has two jobs: first the fakes of all discriminator updates, without gradients; then, as the discriminator
    has changed, those of the generator's update together with all shifted ones. Either is split where it has more
    executions than a job may have.

    Attributes:
        shown: For the discriminator.
        differentiated: For the generator, (1 + shifts) for each row.
    """

    shown: int
    differentiated: int

    @property
    def all(self) -> int:
        """Of both jobs."""
        return self.shown + self.differentiated

    def jobs(self, shots: int) -> int:
        """As few as carry them."""
        return jobs_for(self.shown, shots) + jobs_for(self.differentiated, shots)


@final
@dataclass(frozen=True)
class RowCircuits:
    """The circuits that a generator runs for one batch.

    Attributes:
        rows: How many.
        wires: Of each.
        shifts: Shifted circuits that the gradient of each takes.
        latents_trained: Whether what is trained enters by the latents too.
        options: Of the circuit.
    """

    rows: int
    wires: int
    shifts: int
    latents_trained: bool
    options: CircuitOptions

    def in_step(self, updates: int) -> StepCircuits:
        """Of a training step with so many discriminator updates."""
        return StepCircuits(updates * self.rows, self.rows * (1 + self.shifts))

    def on(self, circuit: Any) -> "RowCircuits":
        """As many rows of another circuit."""
        return replace(self, wires=circuit.n_wires, shifts=shifted(circuit, latents=self.latents_trained))


def hardware(step: StepCircuits, *, steps: int, shots: int = SHOTS) -> Hardware:
    """Of so many steps; evaluations and samples afterwards are not in it.

    Raises:
        ConfigError: If there are more shots than a job may have.
    """
    executions, jobs = steps * step.all * shots, steps * step.jobs(shots)
    seconds = qpu_seconds(jobs=jobs, executions=executions)
    return Hardware(shots, executions, jobs, seconds, FORMULA, SOURCE)


def of_rows(config: RunConfig) -> RowCircuits | None:
    """What a generator runs for a batch; None where it has no circuits.

    Patches, and the bases in which a read-out is measured, are circuits of their own. Where post-selection fails,
    nothing is tried again. One batch is made, with a single shot; circuits are otherwise counted and not run.

    Raises:
        QganError: If it cannot be built.
    """
    drawn = {
        "backend": Component.model_validate({"name": "batched.qubit", "shots": 1}),
        "run": config.run.model_copy(update={"device": "cpu"}),
    }
    generator = build(config.model_copy(update=drawn)).generator
    within = innermost(generator)
    if not isinstance(within, CircuitGenerator):
        return None
    before = generator.counts.executions
    with torch.no_grad():
        generator(generator.draw(config.train.batch_size, Key(config.seed, "counted latent")))
    moved = any(isinstance(each, (ConditionalGenerator, ImplicitGenerator)) for each in generator.modules())
    rows = generator.counts.executions - before
    return RowCircuits(rows, within.circuit.n_wires, shifted(within.circuit, latents=moved), moved, within.options)


def shifted(circuit: Any, *, latents: bool = False) -> int:
    """Shifted circuits that the gradient of one circuit takes: two for each rotation by a trained angle.

    They are 2P where each of P weights turns one gate. Weights that are added up to one angle share its two circuits; a
    weight that turns several gates takes two for each, and a controlled rotation takes four (Wierichs et al.,
    arXiv:2107.12390).

    Args:
        circuit: A :class:`circuits.Circuit`.
        latents: Whether what is trained enters by the latents too.
    """
    rng = stream(Key(0, "shifted circuits"))
    latent = torch.from_numpy(rng.uniform(0.5, 1.5, (1, circuit.latent_dim))).requires_grad_(latents)
    weights = {
        name: torch.from_numpy(rng.uniform(0.5, 1.5, shape)).requires_grad_()
        for name, shape in circuit.weight_shapes.items()
    }
    with torch.enable_grad():
        program = trace(circuit, latent, weights)
    turned: list[Any] = [operator for operator in program.operators if operator.num_params]
    return sum(2 * len(turned[column].parameter_frequencies[0]) for column in program.varied)
