"""What the trainings cost here, and what the subject's would on an IBM Quantum computer."""

__all__ = ["BreakEven", "Cost", "Growth", "Hardware", "cost_of", "over_wires"]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from qgan.compare.breakeven import BreakEven, break_even
from qgan.compare.hardware import SHOTS, Hardware, RowCircuits, hardware, of_rows
from qgan.compare.simulating import Growth, circuit_of, growth_of, simulated_operations
from qgan.compare.speed import Speed
from qgan.compare.timeline import arrivals, median_steps, step_seconds
from qgan.config import RunConfig

if TYPE_CHECKING:
    from qgan.compare.comparison import Compared

# A state of 28 wires is 2 GiB in single precision.
WIRES = tuple(range(4, 29, 2))


@final
@dataclass(frozen=True)
class Cost:
    """Of one recipe's comparison.

    Attributes:
        parameters: Trained numbers, by model.
        cpu_seconds: Of the training steps of one whole run, by model: CPU-seconds of a step, as it was timed alone,
            times the median over seeds of the runs' steps.
        gpu_seconds: Likewise, by the clock, while it had the GPU; empty where none was used.
        joules: Likewise, where the machine tells; empty where it does not.
        hardware: The subject's training on a quantum computer.
        break_even: At the comparison's skill; None where the subject has no circuits.
        timed_alone: Whether its seconds are steps times those of a step timed alone, on both sides; otherwise they are
            those of runs that shared the machine.
        over_wires: The same for circuits of more wires, which are not trained; see :func:`over_wires`. Empty where the
            circuit cannot be made on other wires.
        growth: What these take of the time that simulation takes; None likewise.
    """

    parameters: Mapping[str, int]
    cpu_seconds: Mapping[str, float]
    gpu_seconds: Mapping[str, float]
    joules: Mapping[str, float]
    hardware: Hardware | None
    break_even: BreakEven | None
    over_wires: tuple[BreakEven, ...] = ()
    growth: Growth | None = None
    timed_alone: bool = False


def cost_of(compared: "Compared", *, shots: int | None = None, growth: Growth | None = None) -> Cost:
    """Of a recipe whose runs are over and whose models are timed, as far as that is so.

    Args:
        compared: The recipe.
        shots: For each circuit on hardware; those of the recipe if None, or 1024 where it has none.
        growth: Of simulations; measured here, which takes some seconds, if None.

    Raises:
        ConfigError: If there are more shots than a job may have.
        QganError: If the subject cannot be built.
    """
    entries = [entry for entry in compared.book.entries if entry.left_out is None]
    config = compared.subject.config(compared.seeds[0])
    taken: int = shots or config.backend.options.get("shots") or SHOTS
    row, on_hardware, tie = of_rows(config), None, None
    curve: tuple[BreakEven, ...] = ()
    if row is not None:
        updates, ran = config.train.discriminator_updates, median_steps(compared, "subject")
        steps = config.train.steps if ran is None else ran
        on_hardware = hardware(row.in_step(updates), steps=round(steps), shots=taken)
        tie = _tie(compared, row, shots=taken)
        growth = growth or growth_of(row.options, rows=row.rows, updates=updates, count=_threads(config))
        if growth is not None:
            steps = steps if tie.subject_steps is None else tie.subject_steps
            curve = over_wires(row, growth, updates=updates, steps=steps, shots=taken, skill=compared.claim.skill)
    return Cost(
        parameters={entry.name: entry.parameters for entry in entries if entry.parameters is not None},
        cpu_seconds=_of_whole_runs(compared, lambda speed: speed.cpu_seconds_per_step),
        gpu_seconds=_of_whole_runs(compared, lambda speed: speed.seconds_per_step if speed.gpu else None),
        joules=_of_whole_runs(compared, lambda speed: speed.joules_per_step),
        hardware=on_hardware,
        break_even=tie,
        over_wires=curve,
        growth=growth if curve else None,
        timed_alone=step_seconds(compared) is not None,
    )


def over_wires(
    row: RowCircuits,
    growth: Growth,
    *,
    updates: int,
    steps: float,
    shots: int,
    skill: float,
    wires: Sequence[int] = WIRES,
) -> tuple[BreakEven, ...]:
    """A quantum computer against a simulation of the same circuits, on more and more wires: where it might ever win.

    On one side the circuits of a training on hardware: as many batches, layers and shots as the subject's, and the
    shifted circuits that the recipe's circuit takes on so many wires. On the other side the seconds in which the same
    circuits, without shots and with adjoint gradients, would be simulated by a :class:`Growth`. Discriminator and rest
    are the same on both sides, and so on neither. Nothing is trained: that more wires take the subject's steps to its
    skill, and are of use at all, is assumed; the clock does not depend on the steps. To beat a simulation is not to
    beat a classical generator, which is what :attr:`Cost.break_even` is about.

    Args:
        row: The subject's circuits.
        growth: Of the simulation.
        updates: Of the discriminator, in a step.
        steps: The subject's to the skill; of a whole run where it never comes to it.
        shots: For each circuit.
        skill: Which.
        wires: Ascending; those on which the circuit cannot be made are left out.
    """
    found = []
    for n in wires:
        circuit = circuit_of(row.options, n)
        if circuit is not None:
            seconds = steps * growth.at(simulated_operations(circuit, rows=row.rows, updates=updates))
            found.append(
                break_even(
                    row.on(circuit).in_step(updates),
                    skill=skill,
                    wires=n,
                    shots=shots,
                    classical_seconds=seconds,
                    subject_steps=steps,
                    seconds_elsewhere=0.0,
                )
            )
    return tuple(found)


def _tie(compared: "Compared", row: RowCircuits, *, shots: int) -> BreakEven:
    """The subject's training against the opponent's, both to the claim's skill.

    Both times are of one clock; see :func:`qgan.compare.timeline.step_seconds`. What the discriminator and the rest
    take is their share of a step, as the subject was timed, of its seconds to the skill.
    """
    claim, opponent, speed = compared.claim, compared.opponent, compared.speed.get("subject")
    subject = arrivals(compared, "subject", metric=claim.metric, skill=claim.skill)
    other = None if opponent is None else arrivals(compared, opponent, metric=claim.metric, skill=claim.skill)
    seconds = None if subject is None else subject.seconds.median
    elsewhere = None
    if speed is not None and speed.seconds_per_step and seconds is not None:
        elsewhere = seconds * (speed.split["discriminator"] + speed.split["rest"]) / speed.seconds_per_step
    updates = compared.subject.config(0).train.discriminator_updates
    return break_even(
        row.in_step(updates),
        skill=claim.skill,
        wires=row.wires,
        shots=shots,
        classical_seconds=None if other is None else other.seconds.median,
        subject_steps=None if subject is None else subject.steps.median,
        seconds_elsewhere=elsewhere,
    )


def _of_whole_runs(compared: "Compared", of_step: Callable[[Speed], float | None]) -> dict[str, float]:
    found = {}
    for model, speed in compared.speed.items():
        each, steps = of_step(speed), median_steps(compared, model)
        if each is not None and steps is not None:
            found[model] = each * steps
    return found


def _threads(config: RunConfig) -> int:
    return config.run.threads if isinstance(config.run.threads, int) else 1
