"""Distances between two distributions over the cells of a grid, from counts of samples.

A value that lies between two levels counts as the nearer one. Cells that neither side visits are not listed: they are
only counted where a formula needs them, so that a grid may be much larger than the samples.
"""

__all__ = [
    "DECLARED",
    "cells",
    "half_count_divergence",
    "hellinger",
    "jensen_shannon",
    "kl",
    "on_levels",
    "reverse_kl",
    "rows_as_items",
    "share_known",
    "total_variation",
    "why_not",
    "why_not_entropy",
]

import math

import numpy as np

from qgan._typing import Array
from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part

MOST_CELLS = 2**20
FEWEST_KNOWN = 0.5


def kl(reference: Reference, fake: Part) -> float:
    """``Σ p ln(p / q)`` with p real and q generated; nats. It punishes cells that the generator leaves out."""
    real, made = cells(reference, fake)
    return half_count_divergence(real, made, size=_size(reference.data))


def reverse_kl(reference: Reference, fake: Part) -> float:
    """``Σ q ln(q / p)`` with p real and q generated; nats. It punishes samples where real data has none."""
    real, made = cells(reference, fake)
    return half_count_divergence(made, real, size=_size(reference.data))


def half_count_divergence(first: Array, second: Array, *, size: int) -> float:
    """Relative entropy of two distributions with probabilities ``(count + 1/2) / (all + size / 2)``; nats.

    Args:
        first: Counts in each visited cell, shape (visited,).
        second: Likewise, in the same order.
        size: How many cells there are; those beyond the visited ones are empty on both sides.
    """
    empty = size - len(first)
    p, q = ((counts + 0.5) / (counts.sum() + size / 2) for counts in (first, second))
    rest_p, rest_q = (0.5 / (counts.sum() + size / 2) for counts in (first, second))
    return float((p * np.log(p / q)).sum() + empty * rest_p * np.log(rest_p / rest_q))


def jensen_shannon(reference: Reference, fake: Part) -> float:
    """``½ Σ p ln(p / m) + ½ Σ q ln(q / m)`` with ``m = (p + q) / 2``; nats, from 0 to ln 2."""
    p, q = _shares(reference, fake)
    m = (p + q) / 2
    return float(sum((side * np.log(np.where(side > 0, side / m, 1.0))).sum() for side in (p, q)) / 2)


def total_variation(reference: Reference, fake: Part) -> float:
    """``½ Σ |p - q|``, from 0 to 1."""
    p, q = _shares(reference, fake)
    return float(np.abs(p - q).sum() / 2)


def hellinger(reference: Reference, fake: Part) -> float:
    """``√(½ Σ (√p - √q)²)``, from 0 to 1."""
    p, q = _shares(reference, fake)
    return float(np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum() / 2))


def cells(reference: Reference, fake: Part) -> tuple[Array, Array]:
    """How many real and how many generated samples lie in each cell that either visits; each of shape (visited,)."""
    return reference.once_for(fake, "cells", lambda: _counts(reference, fake))


def _counts(reference: Reference, fake: Part) -> tuple[Array, Array]:
    real = reference.once("levels", lambda: on_levels(reference.data, reference.real))
    both = np.concatenate([real, on_levels(reference.data, fake)])
    which = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
    visited = which.max() + 1
    first, second = (np.bincount(side, minlength=visited) for side in np.split(which, [len(real)]))
    return first.astype(np.float64), second.astype(np.float64)


def on_levels(data: DataSet, part: Part) -> np.ndarray:
    """The number of the nearest level, shape (n, features), 0 for the lowest."""
    assert data.levels is not None
    columns = zip(data.levels, part.flat().T, strict=True)
    return np.stack([np.searchsorted((levels[1:] + levels[:-1]) / 2, values) for levels, values in columns], axis=1)


def rows_as_items(levels: np.ndarray) -> np.ndarray:
    """Rows of numbers of levels, shape (n, features), as n items that compare as wholes; all rows have one length."""
    rows = np.ascontiguousarray(levels, dtype=np.int32)
    return rows.view(f"S{4 * rows.shape[1]}").ravel()


def _shares(reference: Reference, fake: Part) -> tuple[Array, Array]:
    real, made = cells(reference, fake)
    return real / real.sum(), made / made.sum()


def _size(data: DataSet) -> int:
    assert data.levels is not None
    return math.prod(len(levels) for levels in data.levels)


def share_known(data: DataSet) -> float:
    """Share of the validation part that lies in cells which the training part visits."""
    known, held_out = (rows_as_items(on_levels(data, part)) for part in (data.train, data.validation))
    return float(np.isin(held_out, known).mean())


def why_not(data: DataSet) -> str | None:
    """Why cells cannot be compared, or None."""
    if data.levels is None:
        return "the data are not on a grid"
    share = share_known(data)
    if share < FEWEST_KNOWN:
        return f"the grid is too large: of the real samples held back {share:.0%} lie where training samples do"
    return None


def why_not_entropy(data: DataSet) -> str | None:
    """Why half a count in each cell is too much, or why cells cannot be compared, or None."""
    if data.levels is not None and _size(data) > MOST_CELLS:
        return f"half a count in each of {_size(data)} cells would drown the samples; {MOST_CELLS} cells are the most"
    return why_not(data)


_GIBBS = "Gibbs and Su, Int. Stat. Rev. 70, 419 (2002), arXiv:math/0209021"
_KULLBACK = "Kullback and Leibler, Ann. Math. Stat. 22, 79 (1951)"

DECLARED = (
    Metric(name="kl", function=kl, direction="lower", unit="nats", citation=_KULLBACK, unavailable=why_not_entropy),
    Metric(
        name="reverse-kl",
        function=reverse_kl,
        direction="lower",
        unit="nats",
        citation=_KULLBACK,
        unavailable=why_not_entropy,
    ),
    Metric(
        name="jensen-shannon",
        function=jensen_shannon,
        direction="lower",
        unit="nats",
        citation="Lin, IEEE Trans. Inf. Theory 37, 145 (1991)",
        unavailable=why_not,
    ),
    Metric(
        name="total-variation",
        function=total_variation,
        direction="lower",
        unit="share",
        citation=_GIBBS,
        unavailable=why_not,
    ),
    Metric(
        name="hellinger",
        function=hellinger,
        direction="lower",
        unit="root of a share",
        citation=_GIBBS,
        unavailable=why_not,
    ),
)
