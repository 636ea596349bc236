"""Whether series move in time as real ones do: correlations with their own past, of values, of sizes, of squares.

All are taken over every series and every moment together, about the mean of all values. Of series with several
channels each is compared with itself.
"""

__all__ = ["DECLARED", "MOST_LAGS", "autocorrelation_error", "leverage_error", "why_not"]

import numpy as np

from qgan._typing import Array
from qgan.metrics.dependence import mean_difference
from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part

MOST_LAGS = 20


def autocorrelation_error(reference: Reference, fake: Part) -> float:
    """:func:`~qgan.metrics.dependence.mean_difference` of the autocorrelations of values, and of their absolute values.

    Lags go from 1 to half the length of a series, and to 20 at most. Absolute values are those of deviations from the
    mean: how they hang together shows whether times of large and of small moves come in clusters.
    """
    real = reference.once("autocorrelations", lambda: _autocorrelations(reference.real))
    return mean_difference(real, _autocorrelations(fake))


def leverage_error(reference: Reference, fake: Part) -> float:
    """Mean difference of the correlations of a deviation from the mean with the squares of later ones.

    Bouchaud et al. scale by the squared variance, here it is Pearson's correlation, from -1 to 1 and without a unit.
    In markets it is negative: losses make the moves that follow larger. Lags as for the autocorrelations.
    """
    real = reference.once("leverage", lambda: _leverage(reference.real))
    return mean_difference(real, _leverage(fake))


def _autocorrelations(part: Part) -> Array:
    values = _deviations(part)
    return np.stack([_lagged(values, values), _lagged(np.abs(values), np.abs(values))])


def _leverage(part: Part) -> Array:
    values = _deviations(part)
    return _lagged(values, values**2)


def _deviations(part: Part) -> Array:
    """From the mean of each channel, shape (n, length, channels); exactly 0 where all values are the same."""
    values = part.values.reshape(len(part), part.values.shape[1], -1)
    varies = np.ptp(values, axis=(0, 1)) > 0
    return np.where(varies, values - values.mean(axis=(0, 1)), 0.0)


def _lagged(earlier: Array, later: Array) -> Array:
    """Correlation of one quantity with another some steps later, shape (lags, channels)."""
    lags = _lags(earlier.shape[1])
    return np.stack([_correlation(earlier[:, :-lag], later[:, lag:]) for lag in range(1, lags + 1)])


def _lags(length: int) -> int:
    return min(max(length // 2, 1), MOST_LAGS)


def _correlation(one: Array, other: Array) -> Array:
    """Pearson's over series and moments, shape (channels,); NaN where a side is constant."""
    varies = (np.ptp(one, axis=(0, 1)) > 0) & (np.ptp(other, axis=(0, 1)) > 0)
    one, other = (side - side.mean(axis=(0, 1)) for side in (one, other))
    norms = np.sqrt((one**2).sum(axis=(0, 1)) * (other**2).sum(axis=(0, 1)))
    return np.where(varies, (one * other).sum(axis=(0, 1)), np.nan) / np.where(varies, norms, 1.0)


def why_not(data: DataSet) -> str | None:
    """Why there is no time to look at, or None."""
    if data.kind != "series":
        return f"the data are not series, but {data.kind}"
    return "the series have fewer than three moments" if data.sample_shape[0] < 3 else None


_WIESE = "Wiese et al., Quant. Finance 20, 1419 (2020), arXiv:1907.06673"

DECLARED = (
    Metric(
        name="autocorrelation-error",
        function=autocorrelation_error,
        direction="lower",
        unit="correlation",
        citation=_WIESE,
        unavailable=why_not,
        blind_to=("shift",),
    ),
    Metric(
        name="leverage-error",
        function=leverage_error,
        direction="lower",
        unit="correlation",
        citation="Bouchaud, Matacz and Potters, Phys. Rev. Lett. 87, 228701 (2001), arXiv:cond-mat/0101120",
        unavailable=why_not,
        blind_to=("shift",),
    ),
)
