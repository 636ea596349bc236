"""The statistics of a comparison, by the plainest means there are."""

import hashlib
import warnings
from collections.abc import Hashable, Mapping
from functools import cache
from itertools import combinations
from math import floor, isfinite
from statistics import fmean, median, stdev
from typing import TypeVar

import numpy as np
from scipy import stats

ALPHA = 0.05
# With fewer seeds there are dots: no band, no p, no claim.
SAY_FROM = 5
# Of 100 repetitions, and how many there are: as many as make 2^24 means of subsets, between these bounds.
FOUND, MEANS, FEWEST, MOST, PART = 0.8, 2**24, 1000, 20_000, 1000

K = TypeVar("K", bound=Hashable)


def sign_flips(differences: list[float]) -> float:
    """Two-sided p by all flips of signs."""
    return min(2 * min(tails(differences)), 1.0)


def tails(differences: list[float]) -> tuple[float, float]:
    """One-sided p of a mean below 0, and of one above."""
    rows = np.array(list(np.ndindex(*(2,) * len(differences)))) * 2 - 1
    means, own, size = rows @ np.array(differences), sum(differences), max(map(abs, differences)) * 1e-11
    return float(np.mean(means <= own + size)), float(np.mean(means >= own - size))


def equivalence(differences: list[float], margin: float) -> float:
    """The larger p of two one-sided tests."""
    above = tails([each + margin for each in differences])[1]
    return max(above, tails([each - margin for each in differences])[0])


def holm(plain: Mapping[K, float]) -> tuple[dict[K, float], dict[K, float]]:
    """Corrected p, and the level that each test was held to."""
    order = sorted(plain, key=lambda each: plain[each])
    corrected, least = {}, 0.0
    for place, key in enumerate(order):
        least = max(least, min((len(order) - place) * plain[key], 1.0))
        corrected[key] = least
    rejected = sum(p <= ALPHA for p in corrected.values())
    return corrected, {key: ALPHA / (len(order) - min(place, rejected)) for place, key in enumerate(order)}


def detectable(differences: list[float], level: float) -> float | None:
    """The mean that as many differences of this spread tell from 0 in 80 of 100 repetitions."""
    n = len(differences)
    rank = floor(level / 2 * 2**n)
    return None if n < 2 or rank < 1 else float(shifts(n)[rank - 1]) * stdev(differences)


@cache
def shifts(n: int) -> np.ndarray:
    """The same of normal differences of spread 1, by the rank of the interval's end."""
    members = np.array(list(np.ndindex(*(2,) * n)), dtype=float)[1:]
    normal = generator("power", n).standard_normal((min(max(MEANS // 2**n, FEWEST), MOST), n))
    ways, ranks = [], max(floor(0.1 * 2**n), 1)
    for start in range(0, len(normal), PART):
        means = np.sort(normal[start : start + PART] @ members.T / members.sum(axis=1))
        ways += [-means[:, :ranks], means[:, ::-1][:, :ranks]]
    return np.quantile(np.concatenate(ways), FOUND, axis=0)


def generator(purpose: str, step: int) -> np.random.Generator:
    """The random numbers of that name, of seed 0."""
    whole = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8])
    words = [0, whole % 2**32, whole // 2**32, step]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))


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
    if len(values) < SAY_FROM:
        return None, None
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
                rng=generator("bootstrap", len(values)),
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
