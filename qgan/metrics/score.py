"""What a metric says of samples, beside what real data and guesses score by it."""

__all__ = ["Score", "unmeasured", "yardstick"]

from dataclasses import asdict, dataclass, replace
from typing import final

import numpy as np

from qgan._typing import Direction, Json
from qgan.metrics.metric import Metric


@final
@dataclass(frozen=True)
class Score:
    """One metric's value and what to read it against.

    Attributes:
        name: The metric.
        value: Of the generated samples; None where it could not be computed.
        direction: Whether lower or higher is better.
        unit: Of the value.
        floor: What real samples score against other real ones, on average.
        floor_low: The 5th percentile of that.
        floor_high: The 95th.
        trivial: What the best of the generators that learned nothing scores.
        trivial_name: Which one: see :mod:`qgan.metrics.trivial`.
        skill: ``(trivial - value) / (trivial - floor)``: 0 is nothing learned, 1 is real.
        reason: Why the value or the skill is None.
    """

    name: str
    value: float | None
    direction: Direction
    unit: str
    floor: float | None = None
    floor_low: float | None = None
    floor_high: float | None = None
    trivial: float | None = None
    trivial_name: str | None = None
    skill: float | None = None
    reason: str | None = None

    def skill_of(self, value: float | None) -> float | None:
        """The skill of a value read against this floor and trivial value; None where these tell nothing apart."""
        if value is None or self.floor is None or self.trivial is None or self.reason:
            return None
        return (self.trivial - value) / (self.trivial - self.floor)

    def to_json(self) -> Json:
        """Plain values under the names above."""
        return asdict(self)


def unmeasured(metric: Metric, reason: str | None = None) -> Score:
    """The score of a metric of which nothing is known, and why."""
    return Score(metric.name, None, metric.direction, metric.unit, reason=reason)


def yardstick(metric: Metric, real: list[float], guesses: dict[str, float]) -> Score:
    """The score of a metric without a value: from what real samples score, and each guess on average."""
    if not np.isfinite([*real, *guesses.values()]).all():
        return unmeasured(metric, "the floor or the trivial value is not a finite number")
    best = (min if metric.direction == "lower" else max)(guesses, key=lambda name: guesses[name])
    low, high = np.percentile(real, (5, 95))
    floor, trivial = float(np.mean(real)), guesses[best]
    return replace(
        unmeasured(metric),
        floor=floor,
        floor_low=float(low),
        floor_high=float(high),
        trivial=trivial,
        trivial_name=best,
        reason=None if metric.better(floor, trivial) else f"the {best} scores no worse than real data here",
    )
