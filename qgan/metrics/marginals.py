"""Distances between the two sides feature by feature: blind to how features depend on each other."""

__all__ = ["DECLARED", "comparable", "ks", "wasserstein_1"]

import numpy as np

from qgan._typing import Array
from qgan.errors import DataError
from qgan.metrics.grid import on_levels
from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part


def wasserstein_1(reference: Reference, fake: Part) -> float:
    """Mean over the features of their 1-Wasserstein distance in units of the real standard deviation.

    A feature that is constant in the real samples has none: it is measured in the root mean square of the others', and
    in units of the data where all are constant.

    Raises:
        DataError: If the two sides differ in size.
    """
    if len(fake) != len(reference.real):
        raise DataError(
            "The Wasserstein distance compares equally many samples",
            got=f"{len(reference.real)} real and {len(fake)} generated",
            allowed="the same number",
            cure="Draw as many samples as the reference holds",
        )
    real, unit = reference.once("sorted columns", lambda: _sorted_and_unit(reference.real.flat()))
    return float((np.abs(real - np.sort(fake.flat(), axis=0)).mean(axis=0) / unit).mean())


def _sorted_and_unit(rows: Array) -> tuple[Array, Array]:
    spread = rows.std(axis=0)
    varies = np.ptp(rows, axis=0) > 0  # a constant's own deviation is 0 up to rounding only
    usual = np.sqrt((spread[varies] ** 2).mean()) if varies.any() else 1.0
    return np.sort(rows, axis=0), np.where(varies, spread, usual)


def ks(reference: Reference, fake: Part) -> float:
    """``max |F_real - F_generated|`` of the empirical distribution functions of the feature where it is largest."""
    real = reference.once("comparable", lambda: comparable(reference.data, reference.real))
    return _largest_gap(real, comparable(reference.data, fake))


def comparable(data: DataSet, part: Part) -> Array:
    """Values that are equal on both sides where they mean the same, shape (n, features).

    Generators compute in single precision: values are rounded to it, and on a grid to the number of their level.
    """
    if data.levels is not None:
        return on_levels(data, part).astype(np.float64)
    with np.errstate(over="ignore"):
        return part.flat().astype(np.float32).astype(np.float64)


def _largest_gap(real: Array, fake: Array) -> float:
    """Steps of both distribution functions, in order of the values; counted where a value ends and another begins."""
    both = np.concatenate([real, fake])
    step = np.repeat([len(fake), -len(real)], [len(real), len(fake)])  # whole numbers, so that what cancels is 0
    order = np.argsort(both, axis=0, kind="stable")
    ordered = np.take_along_axis(both, order, axis=0)
    gap = np.abs(np.cumsum(step[order], axis=0))[:-1]
    return float(np.max(gap, initial=0, where=ordered[1:] > ordered[:-1]) / (len(real) * len(fake)))


DECLARED = (
    Metric(
        name="wasserstein-1",
        function=wasserstein_1,
        direction="lower",
        unit="standard deviations",
        citation="Vallender, Theory Probab. Appl. 18, 784 (1974)",
    ),
    Metric(
        name="ks",
        function=ks,
        direction="lower",
        unit="share",
        citation="Smirnov, Ann. Math. Stat. 19, 279 (1948)",
    ),
)
