"""What a number of seeds could have told apart."""

__all__ = ["LARGEST_ALPHA", "detectable", "detectable_spreads", "fewest_seeds"]

from functools import lru_cache
from math import ceil, log2

import numpy as np

from qgan._typing import Array
from qgan.compare.flips import MOST_FLIPS, SignFlips, flips_of
from qgan.errors import ConfigError
from qgan.seeding import Key, stream

POWER = 0.8
# As many simulations as make 2^24 means in all, between these bounds; and so many means at once.
FEWEST, MOST, MEANS, AT_ONCE = 1000, 20_000, 2**24, 2**21
LARGEST_ALPHA = 0.2


def detectable(spread: float, n: int, alpha: float) -> float | None:
    """The smallest mean difference that n pairs would have told from 0 in 80 of 100 repetitions.

    It takes the spread that was observed for the true one, which n pairs know to a factor of about 1 ± 1 / sqrt(2 n)
    themselves, and the differences for normal.

    Args:
        spread: Standard deviation of the paired differences.
        n: How many there are.
        alpha: Level of the two-sided sign-flip test.

    Returns:
        In the units of the spread; None where the test cannot reach alpha with n pairs, whatever they are.

    Raises:
        ConfigError: If alpha is more than 0.2.
    """
    spreads = detectable_spreads(n, alpha)
    return None if spreads is None else spread * spreads


def detectable_spreads(n: int, alpha: float) -> float | None:
    """The same for a standard deviation of 1.

    A shift of all differences shifts the interval of the test by as much. So a shift is found where it is more than the
    way from the true mean to the interval's end, and the 80 % quantile of that way, over simulated normal differences,
    is what is found in 80 of 100. (A t test's power from the non-central t distribution is too good for few pairs: at
    6 the sign-flip test needs 1.79 standard deviations, and the formula says 1.44.)
    """
    if alpha > LARGEST_ALPHA:
        raise ConfigError("That level is too low", got=f"alpha = {alpha:g}", allowed=f"{LARGEST_ALPHA:g} or less")
    rank = flips_of(n).rank(alpha)
    return None if rank < 1 else float(_spreads(n)[rank - 1])


def fewest_seeds(tests: int, alpha: float) -> int | None:
    """With fewer, none of so many tests can be rejected after Holm's correction, whatever the data.

    The smallest p of n pairs is 2 / 2^n, and the smallest of m tests has to be alpha / m or less: at 5 % a single test
    takes 6 seeds, 25 take 10 and 26 take 11.

    Returns:
        None for more tests than any number of seeds can bear, as no more than 2^16 flips are counted.
    """
    n = ceil(log2(2 * tests / alpha))
    return n if 2**n <= MOST_FLIPS else None


@lru_cache(maxsize=32)
def _spreads(n: int) -> Array:
    """By the rank of the interval's end; shape (ranks,)."""
    flips = flips_of(n)
    ranks = max(flips.rank(LARGEST_ALPHA), 1)
    simulations = min(max(MEANS // flips.count, FEWEST), MOST)
    normal = stream(Key(0, "power", n)).standard_normal((simulations, n))
    ways = []
    for part in np.array_split(normal, -(-simulations * flips.count // AT_ONCE)):
        means = SignFlips(part).sorted_means
        ways += [-means[:, :ranks], means[:, : -ranks - 1 : -1]]
    return np.quantile(np.concatenate(ways), POWER, axis=0)
