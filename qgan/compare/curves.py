"""What is drawn of scores over seeds: middles and bands. Nothing is claimed from these.

Bootstrap intervals of few seeds are too narrow (at 10 seeds those of 95 % hold the mean 90 % of the time, or less), so
that they are for figures; :mod:`qgan.compare.paired` is for claims.
"""

__all__ = ["Band", "band", "iqm", "median"]

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike

from qgan._typing import Array
from qgan.compare.verdict import RULE
from qgan.errors import DataError
from qgan.seeding import Key, stream

RESAMPLES = 4999
# Numbers in one batch of resamples.
AT_ONCE = 2_000_000

Statistic: TypeAlias = Callable[..., Array]


@final
@dataclass(frozen=True)
class Band:
    """A statistic over seeds and its pointwise bootstrap band, which holds it; one for each step, or a single one.

    Attributes:
        values: The statistic.
        low: Lower ends; None where they cannot be had.
        high: Upper ends.
        methods: ``"BCa"`` (bias-corrected and accelerated, Efron 1987); ``"percentile"`` where that is undefined or
            does not hold the statistic, as happens where nearly all seeds are the same; ``"none"`` of so few seeds
            that nothing is said of them (:data:`qgan.compare.verdict.RULE`).
        level: Nominal coverage, at each step by itself.
        n: Seeds.
    """

    values: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    methods: tuple[str, ...]
    level: float
    n: int


def median(scores: ArrayLike, axis: int = 0) -> Array:
    """Over seeds."""
    return np.asarray(np.median(np.asarray(scores), axis=axis))


def iqm(scores: ArrayLike, axis: int = 0) -> Array:
    """The interquartile mean over seeds: of what is left without the lowest and the highest quarter, rounded down.

    At 5 seeds that is one on each side, at 10 two (Agarwal et al., NeurIPS 2021, arXiv:2108.13264).
    """
    from scipy.stats import trim_mean

    return np.asarray(trim_mean(scores, 0.25, axis=axis))


def band(scores: ArrayLike, *, statistic: Statistic = median, level: float = 0.95, seed: int = 0) -> Band:
    """Bootstraps a statistic over seeds: whole curves are drawn.

    Args:
        scores: Shape (n,), or curves of shape (n, steps); finite.
        statistic: Of scores along an axis.
        level: Of the band.
        seed: Of the resamples.

    Raises:
        DataError: If there are no scores, or some are not finite.
    """
    curves = np.asarray(scores, dtype=np.float64)
    curves = curves[:, None] if curves.ndim == 1 else curves
    if not curves.size:
        raise DataError("Scores of some seeds and steps have to be there", got=f"shape {curves.shape}")
    if not np.isfinite(curves).all():
        raise DataError("Scores have to be finite", cure="Give failed and diverged runs the trivial score")
    n, steps = curves.shape
    values = np.asarray(statistic(curves, axis=0), dtype=np.float64)
    if n < RULE.say_from:
        nothing = (None,) * steps
        return Band(tuple(values.tolist()), nothing, nothing, ("none",) * steps, level, n)
    (low, high), (finer_low, finer_high) = _bootstrap(curves, statistic, level, seed)
    finer = (finer_low <= values) & (values <= finer_high)
    low, high = np.where(finer, finer_low, np.fmin(low, values)), np.where(finer, finer_high, np.fmax(high, values))
    methods = tuple("BCa" if known else "percentile" for known in finer)
    return Band(tuple(values.tolist()), tuple(low.tolist()), tuple(high.tolist()), methods, level, n)


def _bootstrap(curves: Array, statistic: Statistic, level: float, seed: int) -> list[tuple[Array, Array]]:
    """Both ends by percentiles and by BCa, from the same resamples; shape (steps,) each. BCa's may be NaN."""
    from scipy.stats import DegenerateDataWarning, bootstrap

    n, steps = curves.shape
    drawn, ends = None, []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", DegenerateDataWarning)
        for method in ("percentile", "BCa"):
            drawn = bootstrap(
                (curves,),
                statistic,
                n_resamples=0 if drawn else RESAMPLES,
                batch=max(AT_ONCE // (n * steps), 1),
                vectorized=True,
                axis=0,
                confidence_level=level,
                method=method,
                bootstrap_result=drawn,
                rng=stream(Key(seed, "bootstrap", n)),
            )
            ends.append((np.asarray(drawn.confidence_interval.low), np.asarray(drawn.confidence_interval.high)))
    return ends
