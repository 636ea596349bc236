"""The statistics of a comparison, by the plainest means there are."""

import hashlib
import warnings
from itertools import combinations
from math import floor, isfinite
from statistics import fmean, median

import numpy as np
from scipy import stats

ALPHA = 0.05


def sign_flips(differences: list[float]) -> float:
    """Two-sided p by all flips of signs."""
    return min(2 * min(tails(differences)), 1.0)


def tails(differences: list[float]) -> tuple[float, float]:
    """One-sided p of a mean below 0, and of one above."""
    rows = np.array(list(np.ndindex(*(2,) * len(differences)))) * 2 - 1
    means, own, size = rows @ np.array(differences), sum(differences), max(map(abs, differences)) * 1e-11
    return float(np.mean(means <= own + size)), float(np.mean(means >= own - size))


def equivalent(differences: list[float], margin: float) -> bool:
    """Two one-sided tests."""
    return (
        tails([each + margin for each in differences])[1] <= ALPHA
        and tails([each - margin for each in differences])[0] <= ALPHA
    )


def inverted(differences: list[float]) -> tuple[float | None, float | None]:
    """The interval of that test: between means of subsets."""
    n = len(differences)
    means = sorted(fmean(each) for size in range(1, n + 1) for each in combinations(differences, size))
    rank = floor(ALPHA / 2 * 2**n)
    return (None, None) if rank < 1 else (means[rank - 1], means[-rank])


def interval(differences: list[float]) -> dict[str, float | None]:
    low, high = inverted(differences)
    return {"difference": fmean(differences), "difference-low": low, "difference-high": high}


def band(values: list[float]) -> tuple[float | None, float | None]:
    """Bootstrap of the median: bias-corrected where that can be had."""
    if len(values) < 2:
        return None, None
    whole = int.from_bytes(hashlib.sha256(b"bootstrap").digest()[:8])
    words = [0, whole % 2**32, whole // 2**32, len(values)]
    drawn, ends = None, {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for method in ("percentile", "BCa"):
            drawn = stats.bootstrap(
                (np.array(values),),
                np.median,
                n_resamples=0 if drawn else 4999,
                vectorized=True,
                method=method,
                bootstrap_result=drawn,
                rng=np.random.Generator(np.random.Philox(np.random.SeedSequence(words))),
            )
            ends[method] = (float(drawn.confidence_interval.low), float(drawn.confidence_interval.high))
    middle, (low, high) = median(values), ends["BCa"]
    if low <= middle <= high:
        return low, high
    return min(ends["percentile"][0], middle), max(ends["percentile"][1], middle)


def censored(times: list[tuple[float, float]]) -> stats.CensoredData:
    reached = [when for when, _ in times if isfinite(when)]
    return stats.CensoredData(uncensored=reached, right=[end for when, end in times if not isfinite(when)])


def half(times: stats.CensoredData) -> float | None:
    """When half had got there."""
    cdf = stats.ecdf(times).cdf
    there = [float(t) for t, share in zip(cdf.quantiles, cdf.probabilities, strict=True) if share >= 0.5 - 1e-12]
    return there[0] if there else None


def trimmed(values: list[float]) -> float:
    cut = len(values) // 4
    return fmean(sorted(values)[cut : len(values) - cut])


def mean(values: list[float | None]) -> float | None:
    there = [each for each in values if each is not None]
    return fmean(there) if there and len(there) == len(values) else None
