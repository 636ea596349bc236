"""What a metric is, and the real side it holds generated samples against."""

__all__ = ["Distances", "Metric", "Reference"]

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, final

import numpy as np

from qgan._typing import Array, Direction

if TYPE_CHECKING:
    from qgan.samples import DataSet, Part

T = TypeVar("T")


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
        self._latest: tuple[Part, Distances] | None = None

    def once(self, name: str, work_out: Callable[[], T]) -> T:
        """The value of that name, worked out when first asked for."""
        if name not in self._worked_out:
            self._worked_out[name] = work_out()
        return self._worked_out[name]

    def distances(self, fake: "Part") -> Distances:
        """All distances among the real rows and those of ``fake``; the latest are kept, for the next metric."""
        if self._latest is None or self._latest[0] is not fake:
            real = self.once("flat", self.real.flat)
            real_real = self.once("real_real", lambda: _between(real, real))
            self._latest = fake, Distances(real=real, fake=fake.flat(), real_real=real_real)
        return self._latest[1]


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
    """

    name: str
    function: "Callable[[Reference, Part], float]"
    direction: Direction
    unit: str
    citation: str
    unavailable: "Callable[[DataSet], str | None]" = _always
    fewest: int = 1

    def obstacle(self, data: "DataSet", n: int) -> str | None:
        """Why n samples cannot be held against this data, or None."""
        if n < self.fewest:
            return f"{self.name} needs at least {self.fewest} samples, got {n}"
        return self.unavailable(data)

    def better(self, one: float, other: float) -> bool:
        """Whether one value is strictly better than the other."""
        return one < other if self.direction == "lower" else one > other
