"""A data set from an array that the user already has."""

__all__ = ["from_array"]

from typing import Any

import numpy as np

from qgan._typing import Array
from qgan.data.parts import DEFAULT_SPLIT, Split, assemble, check_split, split_rows
from qgan.errors import DataError
from qgan.samples import DataSet, Part

FEWEST_ROWS = 10


def from_array(
    values: Any, labels: Any = None, *, seed: int, name: str = "array", split: Split = DEFAULT_SPLIT
) -> DataSet:
    """Splits an array by the seed, stratified by label where there are labels. Nothing is scaled or clipped.

    ``low`` and ``high`` are the extremes of the training part; constant data gets an interval of length 1.

    Args:
        values: Shape (n, *sample_shape) with at least 10 rows; finite real numbers.
        labels: Shape (n,), integers.
        seed: Of the split.
        name: What the data set is called in pictures and tables.
        split: Shares of train, validation and test.

    Raises:
        DataError: If the values or labels are of another kind.
        ConfigError: If the shares do not sum to 1.
    """
    rows = _checked_values(values)
    classes = None if labels is None else _checked_labels(labels, len(rows))
    everything = Part(rows, classes)
    strata = np.zeros(len(rows), dtype=np.int64) if classes is None else classes
    train, validation, test = (everything.subset(chosen) for chosen in split_rows(strata, check_split(split), seed))
    low, high = (float(train.values.min()), float(train.values.max())) if len(train) else (0.0, 1.0)
    return assemble(
        name,
        train=train,
        validation=validation,
        test=test,
        low=low,
        high=high if high > low else low + 1,
        labelled=None if classes is None else train,
        kind="image" if rows.ndim == 3 else "points",
    )


def _checked_values(values: Any) -> Array:
    expected = "finite real numbers of shape (n, *sample_shape)"
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        cure = "Bring all samples to one shape"
        raise DataError("The data is not an array", got=str(error), allowed=expected, cure=cure) from error
    if array.dtype.kind not in "biuf":
        raise DataError(
            "The data is not numeric",
            got=f"dtype {array.dtype}",
            allowed=expected,
            cure="Convert it with array.astype(float), and encode categories as numbers first",
        )
    if array.ndim < 2 or 0 in array.shape[1:]:
        raise DataError(
            "The data has no axis of features",
            got=f"shape {array.shape}",
            allowed=expected,
            cure="Reshape n plain numbers with array.reshape(-1, 1)",
        )
    if len(array) < FEWEST_ROWS:
        raise DataError(
            "There is too little data to be split",
            got=f"{len(array)} rows",
            allowed=f"at least {FEWEST_ROWS} rows, one for each sample",
            cure="Give more rows; samples lie along the first axis",
        )
    rows = np.ascontiguousarray(array, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=tuple(range(1, rows.ndim))))
    if len(bad):
        raise DataError(
            "The data has values that are not finite",
            got=f"{len(bad)} such rows, the first is row {bad[0]}",
            allowed=expected,
            cure="Drop these rows or fill them in",
        )
    return rows


def _checked_labels(labels: Any, n: int) -> np.ndarray:
    array = np.asarray(labels)
    if array.shape != (n,) or array.dtype.kind not in "biu":
        raise DataError(
            "The labels do not fit the data",
            got=f"shape {array.shape}, dtype {array.dtype}",
            allowed=f"integers of shape ({n},)",
            cure="Give one whole number for each row; numpy.unique(names, return_inverse=True)[1] numbers names",
        )
    return array.astype(np.int64)
