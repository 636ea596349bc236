"""How long models take to a stated skill, where some never get there: these are censored at the end of their runs."""

__all__ = ["Reached", "faster", "reached"]

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import ArrayLike

from qgan.errors import DataError

if TYPE_CHECKING:
    from scipy.stats import CensoredData


@final
@dataclass(frozen=True)
class Reached:
    """The share of seeds that had got there by each time, by Kaplan and Meier's estimate (1958).

    Attributes:
        times: At which the share grows, or would have had a censored seed got there; ascending.
        shares: From each of these times on, before the next; 0 before the first.
        n: Seeds.
        count: Those that got there.
        median: When half had, or None where fewer ever had.
    """

    times: tuple[float, ...]
    shares: tuple[float, ...]
    n: int
    count: int
    median: float | None


def reached(times: ArrayLike, ends: ArrayLike) -> Reached:
    """Of one model's seeds.

    Args:
        times: In steps or seconds, shape (n,); NaN where the skill was never reached.
        ends: When each run ended, shape (n,).

    Raises:
        DataError: If there are no seeds, an end is not known, or comes before the time.
    """
    from scipy.stats import ecdf

    censored = _censored(times, ends)
    cdf = ecdf(censored).cdf
    # SciPy's products of shares may be a half but for the last bits.
    shares = np.clip(np.round(cdf.probabilities, 12), 0.0, 1.0)
    half = np.flatnonzero(shares >= 0.5)
    return Reached(
        times=tuple(map(float, cdf.quantiles)),
        shares=tuple(map(float, shares)),
        n=len(np.asarray(times)),
        count=int(np.count_nonzero(~np.isnan(times))),
        median=float(cdf.quantiles[half[0]]) if len(half) else None,
    )


def faster(times: ArrayLike, ends: ArrayLike, other_times: ArrayLike, other_ends: ArrayLike) -> float | None:
    """Two-sided p of the log-rank test that both models take as long (Mantel 1966).

    It does not know of pairs, and is asymptotic: for figures and secondary tables.

    Returns:
        None where nobody ever got there, or nothing can differ.

    Raises:
        DataError: As :func:`reached`.
    """
    from scipy.stats import logrank

    one, other = _censored(times, ends), _censored(other_times, other_ends)
    with np.errstate(all="ignore"):
        p = float(logrank(one, other).pvalue)
    return p if np.isfinite(p) else None


def _censored(times: ArrayLike, ends: ArrayLike) -> "CensoredData":
    from scipy.stats import CensoredData

    when, end = np.asarray(times, dtype=np.float64), np.asarray(ends, dtype=np.float64)
    there = ~np.isnan(when)
    if when.shape != end.shape or when.ndim != 1 or not len(when):
        raise DataError("Give one time and one end for each seed", got=f"shapes {when.shape} and {end.shape}")
    if not np.isfinite(end).all() or (when[there] > end[there]).any():
        raise DataError("Every run has to end, and not before it got there", got=f"times {when}, ends {end}")
    return CensoredData(uncensored=when[there], right=end[~there])
