"""What a metric is, and the real side it holds generated samples against."""

__all__ = ["Distances", "Fault", "Metric", "Reference"]

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, final

import numpy as np

from qgan._typing import Array, Direction

if TYPE_CHECKING:
    from qgan.samples import DataSet, Part

T = TypeVar("T")

# What a generator can do wrong: repeat one real sample; put its samples where there are no real ones.
Fault: TypeAlias = Literal["collapse", "shift"]


@final
class Distances:
    """Euclidean distances between rows, each matrix computed when first asked for.

    Args:
        real: Shape (n, features).
        fake: Shape (m, features).
        real_real: Shape (n, n).
    """

    def __init__(self, *, real: Array, fake: Array, real_real: Array) -> None:
        self._real, self._fake, self.real_real = real, fake, real_real

    @cached_property
    def real_fake(self) -> Array:
        """Shape (n, m)."""
        return _between(self._real, self._fake)

    @cached_property
    def fake_fake(self) -> Array:
        """Shape (m, m)."""
        return _between(self._fake, self._fake)


def _between(rows: Array, columns: Array) -> Array:
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(rows, columns), dtype=np.float64)


@final
class Reference:
    """Real samples, with everything that depends on them alone worked out once.

    Args:
        data: Where they come from: its training part and labelled rows may fit a metric.
        real: The samples to hold against.
    """

    def __init__(self, data: "DataSet", real: "Part") -> None:
        self.data, self.real = data, real
        self._worked_out: dict[str, Any] = {}
        self._latest: Part | None = None
        self._of_latest: dict[str, Any] = {}

    def once(self, name: str, work_out: Callable[[], T]) -> T:
        """The value of that name, worked out when first asked for."""
        if name not in self._worked_out:
            self._worked_out[name] = work_out()
        return self._worked_out[name]

    def once_for(self, fake: "Part", name: str, work_out: Callable[[], T]) -> T:
        """The value of that name for the generated samples; kept, for the next metric, until others are asked about."""
        if self._latest is not fake:
            self._latest, self._of_latest = fake, {}
        if name not in self._of_latest:
            self._of_latest[name] = work_out()
        return self._of_latest[name]

    def distances(self, fake: "Part") -> Distances:
        """All distances among the real rows and those of ``fake``."""
        real = self.once("flat", self.real.flat)
        real_real = self.once("real_real", lambda: _between(real, real))
        return self.once_for(fake, "distances", lambda: Distances(real=real, fake=fake.flat(), real_real=real_real))


def _always(_data: "DataSet") -> None:
    return None


@final
@dataclass(frozen=True)
class Metric:
    """A figure that compares generated samples with real ones.

    Attributes:
        name: As in the table of metrics.
        function: Of the real side and the generated samples.
        direction: Whether lower or higher is better.
        unit: Of the value.
        citation: Where it is defined.
        unavailable: Why it cannot be computed on that data, or None.
        fewest: How many samples each side must have.
        perfect: What samples equal to the real ones score at least; None where that depends on the data.
        blind_to: Faults of a generator that it does not hold against it, so that it must not stand alone.
        copies: Whether it asks how far samples are copies of the training part. Its floor cannot be drawn from there,
            and what has learned nothing is who repeats the training part.
    """

    name: str
    function: "Callable[[Reference, Part], float]"
    direction: Direction
    unit: str
    citation: str
    unavailable: "Callable[[DataSet], str | None]" = _always
    fewest: int = 1
    perfect: float | None = 0.0
    blind_to: tuple[Fault, ...] = ()
    copies: bool = False

    def obstacle(self, data: "DataSet", n: int) -> str | None:
        """Why n samples cannot be held against this data, or None."""
        if n < self.fewest:
            return f"{self.name} needs at least {self.fewest} samples, got {n}"
        return self.unavailable(data)

    def better(self, one: float, other: float) -> bool:
        """Whether one value is strictly better than the other."""
        return one < other if self.direction == "lower" else one > other
