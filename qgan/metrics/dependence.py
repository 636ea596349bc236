"""Whether features depend on each other as they do in real data."""

__all__ = ["DECLARED", "correlation_error", "mean_difference", "why_not"]

import numpy as np

from qgan._typing import Array
from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part


def correlation_error(reference: Reference, fake: Part) -> float:
    """:func:`mean_difference` of Pearson's correlations over all pairs of features."""
    real = reference.once("correlations", lambda: _correlations(reference.real.flat()))
    return mean_difference(real, _correlations(fake.flat()))


def mean_difference(real: Array, fake: Array) -> float:
    """Mean absolute difference of correlations, from 0 to 2; both of one shape.

    What is constant has no correlation, which is NaN here. Where only one side has none the difference counts as 1: a
    generator that repeats one value is never right by having nothing to be wrong about.
    """
    alone = np.isnan(real) != np.isnan(fake)
    return float(np.where(alone, 1.0, np.nan_to_num(np.abs(real - fake))).mean())


def _correlations(rows: Array) -> Array:
    """Of each pair of features, shape (pairs,); NaN where one of the two is constant."""
    varies = np.ptp(rows, axis=0) > 0
    centred = np.where(varies, rows - rows.mean(axis=0), np.nan)
    scaled = centred / np.linalg.norm(centred, axis=0)
    return (scaled.T @ scaled)[np.triu_indices(rows.shape[1], 1)]


def why_not(data: DataSet) -> str | None:
    """Why nothing can be correlated, or None."""
    if data.kind == "text":
        return "the numbers of characters have no correlation that means anything"
    return "the data have one feature only" if data.features < 2 else None


DECLARED = (
    Metric(
        name="correlation-error",
        function=correlation_error,
        direction="lower",
        unit="correlation",
        citation="Zhao et al., CTAB-GAN, ACML 2021, arXiv:2102.08369",
        unavailable=why_not,
        fewest=2,
        blind_to=("shift",),
    ),
)
