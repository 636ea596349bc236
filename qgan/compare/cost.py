"""What the trainings cost here, and what the subject's would on an IBM Quantum computer."""

__all__ = ["BreakEven", "Cost", "Hardware"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final


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
class BreakEven:
    """How fast a quantum computer would have to be to take as long as the classical opponent to a stated skill.

    Attributes:
        skill: The skill.
        wires: Of the circuit.
        classical_seconds: The opponent's median time to it; None where half of its seeds never reach it.
        subject_steps: The subject's median steps to it; None likewise.
        executions: Circuits times shots of so many steps; None likewise.
        seconds_elsewhere: What the discriminator and the rest take of these steps.
        clock: Executions in a second at which both tie, without any latency; None if at no clock.
        latency: Seconds for each job at which both tie, at an unlimited clock; None if at none.
        todays_clock: What the formula of :class:`Hardware` says.
        orders: Of magnitude from today's clock to that; None if at no clock.
        why_not: Where it is at no clock, why.
    """

    skill: float
    wires: int
    classical_seconds: float | None
    subject_steps: float | None
    executions: float | None
    seconds_elsewhere: float | None
    clock: float | None
    latency: float | None
    todays_clock: float
    orders: float | None
    why_not: str | None = None


@final
@dataclass(frozen=True)
class Cost:
    """Of one recipe's comparison.

    Attributes:
        parameters: Trained numbers, by model.
        cpu_seconds: Of one whole run, the median over seeds, by model.
        gpu_seconds: Likewise; empty where none was used.
        joules: Likewise, where the machine tells; empty where it does not.
        hardware: The subject's training on a quantum computer.
        break_even: At the comparison's skill; None where the subject has no circuits.
        over_wires: The same for circuits of more wires, which are not trained: at the subject's steps, and at the time
            that simulating the circuit takes there.
    """

    parameters: Mapping[str, int]
    cpu_seconds: Mapping[str, float]
    gpu_seconds: Mapping[str, float]
    joules: Mapping[str, float]
    hardware: Hardware | None
    break_even: BreakEven | None
    over_wires: tuple[BreakEven, ...] = ()
