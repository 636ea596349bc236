"""How fast each model trains and samples, timed alone on the machine."""

__all__ = ["Speed"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Speed:
    """One model on one machine, as its runs train it.

    Attributes:
        model: Its name.
        contended: Why the times may be of a busy machine, or None where it was alone.
        load: Of the machine before, over one minute.
        threads: Torch's, and the circuits'.
        compiled: Whether the circuits run as compiled kernels; None where there are none.
        seconds_per_step: Median over timed steps; evaluations and checkpoints are not in it.
        split: The shares of a step, in seconds: ``"generator forward"``, ``"generator backward"``,
            ``"discriminator"`` and ``"rest"``; they add up to ``seconds_per_step``.
        samples_per_second: Drawn from the generator, without gradients.
        steps: How many steps were timed.
        executions: Circuits run in one step.
        shots: Shots taken in one step.
        operations: Floating-point operations in one step, counted, by part as in ``split`` where known.
        peak_bytes: Resident memory of the process at its peak.
        cpu_seconds_per_step: Of all threads together.
        gpu: The name of the GPU that was used, or None.
    """

    model: str
    contended: str | None
    load: float
    threads: int
    compiled: bool | None
    seconds_per_step: float
    split: Mapping[str, float]
    samples_per_second: float
    steps: int
    executions: int
    shots: int
    operations: Mapping[str, float]
    peak_bytes: int
    cpu_seconds_per_step: float
    gpu: str | None = None
