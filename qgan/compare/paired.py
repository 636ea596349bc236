"""Whether two models differ, or do not differ by more than a margin, over seeds that both were trained with."""

__all__ = ["Equivalence", "Interval", "Paired", "equivalence", "paired"]

from dataclasses import dataclass
from math import fsum
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from qgan._typing import Array
from qgan.compare.flips import SignFlips
from qgan.compare.power import LARGEST_ALPHA, detectable
from qgan.errors import ConfigError, DataError


@final
@dataclass(frozen=True)
class Interval:
    """Both ends belong to it.

    Attributes:
        low: None where it has no end on that side: so few pairs can exclude nothing at that level.
        high: The same.
        level: Its nominal coverage.
    """

    low: float | None
    high: float | None
    level: float

    def holds(self, value: float) -> bool:
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


@final
@dataclass(frozen=True)
class Paired:
    """What n paired differences say of their mean.

    Attributes:
        n: Pairs.
        mean: Of the differences.
        spread: Their standard deviation, with n - 1; None for a single one.
        interval: Of the mean: all values that the two-sided test does not reject at 1 - level.
        p: Two-sided, of a mean of 0.
        p_less: One-sided: small where the mean is negative.
        p_greater: One-sided: small where it is positive.
        smallest_p: The least that p can be with n pairs. Where it is more than 1 - level, the interval is everything,
            and nothing can be told apart.
        exact: All flips of signs were counted and not a random part of them.
        detectable: The smallest mean that n pairs of this spread would have told from 0 in 80 of 100 repetitions; None
            where there is none.
    """

    n: int
    mean: float
    spread: float | None
    interval: Interval
    p: float
    p_less: float
    p_greater: float
    smallest_p: float
    exact: bool
    detectable: float | None


@final
@dataclass(frozen=True)
class Equivalence:
    """Whether a mean difference lies within a margin, by two one-sided tests (Schuirmann 1987).

    Attributes:
        margin: What counts as no difference: above -margin and below margin.
        p: The larger of both tests'; the mean lies within the margin if it is alpha or less.
        p_above: One-sided, small where the mean is greater than -margin.
        p_below: One-sided, small where it is less than margin.
        interval: Of the mean, of coverage 1 - 2 alpha: it lies within the margin just where p is alpha or less.
    """

    margin: float
    p: float
    p_above: float
    p_below: float
    interval: Interval


def paired(differences: ArrayLike, *, alpha: float = 0.05) -> Paired:
    """Tests the mean of paired differences by flips of their signs.

    The test assumes that a difference is as likely as its negative, about the mean, and nothing else of its
    distribution. Of skewed differences the interval covers the mean less often than it says: see
    ``evidence/compare/statistics.md``.

    Args:
        differences: One for each seed, shape (n,).
        alpha: The chance of telling apart what does not differ; the interval's level is 1 - alpha.

    Raises:
        ConfigError: If alpha is not between 0 and 0.2.
        DataError: If there are no differences, or some are not finite.
    """
    values = _row(differences, alpha)
    flips = SignFlips(values)
    spread = float(values.std(ddof=1)) if flips.n > 1 else None
    return Paired(
        n=flips.n,
        mean=_mean(values),
        spread=spread,
        interval=_interval(flips, values, alpha),
        p=float(flips.p_value()),
        p_less=float(flips.p_less()),
        p_greater=float(flips.p_greater()),
        smallest_p=flips.flips.smallest_p,
        exact=flips.flips.exact,
        detectable=None if spread is None else detectable(spread, flips.n, alpha),
    )


def equivalence(differences: ArrayLike, margin: float, *, alpha: float = 0.05) -> Equivalence:
    """Tests whether the mean lies within the margin: both that it is more than -margin and that it is less than margin.

    Args:
        differences: One for each seed, shape (n,).
        margin: In their units, positive.
        alpha: The chance of calling equivalent what differs by the margin or more.

    Raises:
        ConfigError: If alpha is not between 0 and 0.2, or the margin is not positive.
        DataError: If there are no differences, or some are not finite.
    """
    if not 0 < margin < np.inf:
        raise ConfigError("The margin of equivalence has to be positive", got=margin, allowed="a finite number above 0")
    values = _row(differences, alpha)
    flips = SignFlips(values)
    above, below = float(flips.p_greater(-margin)), float(flips.p_less(margin))
    return Equivalence(margin, max(above, below), above, below, _interval(flips, values, 2 * alpha))


def _row(differences: ArrayLike, alpha: float) -> Array:
    if not 0 < alpha <= LARGEST_ALPHA:
        raise ConfigError("This level cannot be used", got=f"alpha = {alpha:g}", allowed="above 0, and 0.2 or less")
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1:
        raise DataError("Give one difference for each seed", got=f"an array of {values.ndim} dimensions")
    return values


def _interval(flips: SignFlips, differences: Array, alpha: float) -> Interval:
    low, high = (float(end) for end in flips.interval(alpha))
    if not np.isfinite(low):
        return Interval(None, None, 1 - alpha)
    # It holds the mean anyway, but for the last bits where all differences are equal.
    mean = _mean(differences)
    return Interval(min(low, mean), max(high, mean), 1 - alpha)


def _mean(differences: Array) -> float:
    """The same in every order of the seeds, to the last bit."""
    return fsum(differences) / len(differences)
