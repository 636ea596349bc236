"""The sign-flip test of a mean of paired differences, and the interval that inverts it.

If neither of a pair is better, its difference d has as good a chance to be -d. So the observed mean is held against the
means under all flips of signs (Fisher, *The Design of Experiments*, 1935, section 21), and the interval holds every
theta that the test of d - theta does not reject.

Flipping the subset A of d - theta leaves a sum that is no less than the observed one just where the mean of d over A is
at most theta. So the test at *every* theta only counts means of subsets on one side of it, and the interval ends at two
of them: it is exact, and nothing is searched for (Hartigan, *J. Am. Stat. Assoc.* 64, 1303, 1969).
"""

__all__ = ["MOST_FLIPS", "Flips", "SignFlips", "flips_of"]

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from qgan._typing import AnyArray, Array
from qgan.errors import DataError
from qgan.seeding import Key, stream

MOST_FLIPS = 2**16
# Means of subsets that are equal but for the rounding of the scores are equal: relative to the largest difference.
ROUNDING = 1e-12


@final
@dataclass(frozen=True, eq=False)
class Flips:
    """The flips that differences of one number of pairs are put to.

    Attributes:
        members: Which pairs each flip changes, shape (subsets, n), 0 or 1; none of them is empty.
        count: These flips, and those that change nothing, which are as extreme as what was observed whatever it is.
        exact: They are all 2^n flips and not a random part of them.
    """

    members: Array
    count: int
    exact: bool

    @property
    def always(self) -> int:
        """The flips that change nothing: one, but for the few that may be drawn at random."""
        return self.count - len(self.members)

    @property
    def smallest_p(self) -> float:
        """Two-sided, of differences of one sign: 2 / 2^n, and 2 / 2^16 for more than 16 pairs."""
        return 2 * self.always / self.count

    def rank(self, alpha: float) -> int:
        """Which of the subsets' means, from either end, is the first not rejected; 0 or less if none can be."""
        return int(np.floor(alpha / 2 * self.count)) + 1 - self.always


@lru_cache(maxsize=8)
def flips_of(n: int) -> Flips:
    """All 2^n flips up to 16 pairs; above, 2^16: half of them random, the same every time, and the opposite of each.

    As a flip and its opposite are always both there, the interval always holds the mean.
    """
    exact = 2**n <= MOST_FLIPS
    if exact:
        members = np.arange(2**n)[:, None] >> np.arange(n) & 1
    else:
        half = stream(Key(0, "sign flips", n)).integers(0, 2, (MOST_FLIPS // 2, n))
        half[0] = 0
        members = np.concatenate([half, 1 - half])
    return Flips(members[members.any(axis=1)].astype(np.float64), count=len(members), exact=exact)


@final
class SignFlips:
    """Sign-flip tests of the mean, one for each row of differences.

    A p value is the share of flips at least as extreme as what was observed, itself included; ties count, so that it is
    never too small. It agrees with :func:`scipy.stats.permutation_test` of ``permutation_type="samples"``.

    Args:
        differences: Of pairs, shape (..., n), finite.

    Raises:
        DataError: If there are none, or some are not finite.
    """

    def __init__(self, differences: ArrayLike) -> None:
        values = np.asarray(differences, dtype=np.float64)
        if values.ndim == 0 or values.shape[-1] == 0 or not np.isfinite(values).all():
            raise DataError(
                "Paired differences have to be finite numbers",
                got=f"{np.count_nonzero(~np.isfinite(values))} of {values.size} that are not",
                cure="Give failed and diverged runs the trivial score, and leave out seeds without this metric",
            )
        self.n = values.shape[-1]
        self.flips = flips_of(self.n)
        # In an order that neither that of the seeds nor the sign has a part in, so that neither changes the last bits.
        values = np.sort(values, axis=-1)
        values = np.take_along_axis(values, np.argsort(np.abs(values), axis=-1, kind="stable"), axis=-1)
        self._largest = np.abs(values[..., -1])
        members = self.flips.members
        means = values @ members.T / members.sum(axis=1)
        means[np.abs(means) <= ROUNDING * self._largest[..., None]] = 0.0
        self._means = means

    def p_greater(self, at: float = 0.0) -> Array:
        """One-sided: small where the mean is greater than ``at``; shape (...)."""
        return self._share(self._means <= self._tied(at)[..., None])

    def p_less(self, at: float = 0.0) -> Array:
        """One-sided: small where the mean is less than ``at``; shape (...)."""
        return self._share(self._means >= -self._tied(-at)[..., None])

    def p_value(self, at: float = 0.0) -> Array:
        """Two-sided: twice the smaller of both, and at most 1; shape (...)."""
        return np.minimum(2 * np.minimum(self.p_less(at), self.p_greater(at)), 1.0)

    def interval(self, alpha: float) -> tuple[Array, Array]:
        """Every mean that the two-sided test does not reject at alpha.

        Where no data of n pairs can be rejected at that level, it is everything: from minus to plus infinity.

        Returns:
            Both ends, which belong to it; shape (...) each.
        """
        rank = self.flips.rank(alpha)
        if rank < 1:
            everything = np.full(self._means.shape[:-1], np.inf)
            return -everything, everything
        return self.sorted_means[..., rank - 1], self.sorted_means[..., -rank]

    @cached_property
    def sorted_means(self) -> Array:
        """Of the differences over each subset, in ascending order, shape (..., subsets): the ends of all intervals."""
        return np.sort(self._means, axis=-1)

    def _share(self, extreme: AnyArray) -> Array:
        return (self.flips.always + np.count_nonzero(extreme, axis=-1)) / self.flips.count

    def _tied(self, at: float) -> Array:
        """The largest mean that counts as equal to ``at``; 0 for 0, as near ones were made 0 before."""
        return at + ROUNDING * np.maximum(self._largest, abs(at)) * (at != 0)
