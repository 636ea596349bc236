"""How fast a quantum computer would have to be to take no longer than something classical."""

__all__ = ["BreakEven", "break_even"]

import math
from dataclasses import dataclass
from typing import final

from qgan.compare.hardware import CLOCK, StepCircuits


@final
@dataclass(frozen=True)
class BreakEven:
    """How fast a quantum computer would have to be to take as long as the other side.

    The other side is a classical opponent on its way to a stated skill, or a simulation of the same circuits: what is
    said of the opponent is then true of the simulation. Clock and orders of magnitude count no latency: they are the
    least that is needed.

    Attributes:
        skill: The skill.
        wires: Of the circuit.
        classical_seconds: The opponent's median time to it, None where half of its seeds never reach it; or what the
            simulation of the steps' circuits takes.
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


def break_even(
    step: StepCircuits,
    *,
    skill: float,
    wires: int,
    shots: int,
    classical_seconds: float | None,
    subject_steps: float | None,
    seconds_elsewhere: float | None,
) -> BreakEven:
    r"""The clock and the latency at which both take as long.

    .. math:: f = \frac{n E}{T - T_0}, \qquad \tau = \frac{T - T_0}{n J}

    for n steps of E executions in J jobs, the opponent's time T, and :math:`T_0`, which the discriminator and the rest
    take of the n steps whoever runs the circuits. A real quantum computer has a latency too, and so needs a faster
    clock than f.

    Args:
        step: The circuits of one step.
        skill: The one that both come to.
        wires: Of the circuit.
        shots: For each circuit.
        classical_seconds: T, or None where it is never reached.
        subject_steps: n, or None likewise.
        seconds_elsewhere: :math:`T_0`, or None where it is not known.
    """
    executions = None if subject_steps is None else subject_steps * step.all * shots
    clock = latency = orders = None
    why_not = _obstacle(classical_seconds, subject_steps, seconds_elsewhere)
    if why_not is None:
        assert classical_seconds is not None
        assert subject_steps is not None
        assert seconds_elsewhere is not None
        assert executions is not None
        left = classical_seconds - seconds_elsewhere
        clock, latency = executions / left, left / (subject_steps * step.jobs(shots))
        orders = math.log10(clock / CLOCK)
    return BreakEven(
        skill=skill,
        wires=wires,
        classical_seconds=classical_seconds,
        subject_steps=subject_steps,
        executions=executions,
        seconds_elsewhere=seconds_elsewhere,
        clock=clock,
        latency=latency,
        todays_clock=CLOCK,
        orders=orders,
        why_not=why_not,
    )


def _obstacle(classical: float | None, steps: float | None, elsewhere: float | None) -> str | None:
    if steps is None:
        return "half of the subject's seeds never reach the skill, at whatever clock its circuits run"
    if classical is None:
        return "half of the opponent's seeds never reach the skill, so that there is no time to tie with"
    if steps == 0:
        return "the subject has the skill before its first step"
    if elsewhere is None:
        return "how long the subject's steps take beside its circuits has not been measured"
    if classical <= elsewhere:
        return (
            "not reached at any clock: the opponent is there before the discriminator and the rest of the subject's "
            "steps are done, even if circuits took no time"
        )
    return None
