"""Schedules of learning rates: the share of the optimiser's own rate that a step takes.

Each is a pure function of the step and of all steps, so that a run that goes on needs nothing but the step's number.
"""

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Exponential",
    "ExponentialOptions",
    "Falling",
    "Linear",
    "Schedule",
    "StepWise",
    "StepWiseOptions",
    "WarmUp",
]

import math
from typing import Protocol, final

from pydantic import Field

from qgan._registry import Entry, Options, Table


class Schedule(Protocol):
    """A share of the optimiser's rate."""

    def __call__(self, step: int, steps: int) -> float:
        """The share that one step takes.

        Args:
            step: Its number, from 1.
            steps: All steps of the run.
        """
        ...


class WarmUp(Options):
    """What every schedule can be told.

    Attributes:
        warmup: Steps in which the share rises in equal parts to 1, before the schedule itself begins; Goyal et al.
            2017, arXiv:1706.02677.
    """

    warmup: int = Field(default=0, ge=0)

    def rising(self, step: int) -> float:
        """The share while warming up; 1 after that."""
        return min(1.0, step / self.warmup) if self.warmup else 1.0

    def progress(self, step: int, steps: int) -> float:
        """How much of the schedule lies behind that step: 0 before it begins, below 1 at the last step."""
        done, whole = step - 1 - self.warmup, steps - self.warmup
        return min(1.0, max(0, done) / whole) if whole > 0 else 0.0


class Falling(WarmUp):
    """Options of the schedules that fall to an end.

    Attributes:
        end: The share that is reached when all steps are done.
    """

    end: float = Field(default=0.0, ge=0, le=1)


class ExponentialOptions(WarmUp):
    """Options of the exponential schedule.

    Attributes:
        end: The share that is reached when all steps are done.
    """

    end: float = Field(default=0.01, gt=0, le=1)


class StepWiseOptions(WarmUp):
    """Options of the schedule that falls in steps.

    Attributes:
        every: Training steps from one fall to the next.
        factor: What the share is multiplied by at each.
    """

    every: int = Field(default=100, ge=1)
    factor: float = Field(default=0.5, gt=0, le=1)


@final
class Constant:
    """The optimiser's own rate, once it is warm."""

    def __init__(self, options: WarmUp) -> None:
        self.options = options

    def __call__(self, step: int, steps: int) -> float:  # noqa: ARG002
        """The share that a step takes."""
        return self.options.rising(step)


@final
class Linear:
    """Falls along a line from 1 to ``end``."""

    def __init__(self, options: Falling) -> None:
        self.options = options

    def __call__(self, step: int, steps: int) -> float:
        """The share that a step takes."""
        end, progress = self.options.end, self.options.progress(step, steps)
        return self.options.rising(step) * (1 + (end - 1) * progress)


@final
class Cosine:
    r"""Falls along half a wave from 1 to ``end``: :math:`e + (1 - e) (1 + \cos \pi p) / 2` at progress :math:`p`.

    References:
        Loshchilov I. and Hutter F., SGDR: Stochastic Gradient Descent with Warm Restarts (2017), arXiv:1608.03983;
        here without restarts.
    """

    def __init__(self, options: Falling) -> None:
        self.options = options

    def __call__(self, step: int, steps: int) -> float:
        """The share that a step takes."""
        end, progress = self.options.end, self.options.progress(step, steps)
        return self.options.rising(step) * (end + (1 - end) * (1 + math.cos(math.pi * progress)) / 2)


@final
class Exponential:
    """Falls by the same factor at every step, from 1 to ``end``."""

    def __init__(self, options: ExponentialOptions) -> None:
        self.options = options

    def __call__(self, step: int, steps: int) -> float:
        """The share that a step takes."""
        return self.options.rising(step) * self.options.end ** self.options.progress(step, steps)


@final
class StepWise:
    """Falls by ``factor`` every so many steps."""

    def __init__(self, options: StepWiseOptions) -> None:
        self.options = options

    def __call__(self, step: int, steps: int) -> float:  # noqa: ARG002
        """The share that a step takes."""
        falls = max(0, step - 1 - self.options.warmup) // self.options.every
        return self.options.rising(step) * self.options.factor**falls


SCHEDULES = Table(
    "schedule",
    "qgan.schedules",
    {
        "constant": Entry(Constant, WarmUp, "the optimiser's own rate"),
        "linear": Entry(Linear, Falling, "a straight fall over all steps"),
        "cosine": Entry(Cosine, Falling, "half a wave over all steps, Loshchilov and Hutter 2017"),
        "exponential": Entry(Exponential, ExponentialOptions, "the same factor at every step"),
        "step": Entry(StepWise, StepWiseOptions, "a factor every so many steps"),
    },
)
