"""Cuts rows into train, validation and test, and puts the parts together as a data set."""

__all__ = ["DEFAULT_SPLIT", "Split", "assemble", "check_split", "checked", "split_rows"]

import hashlib
import math
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from qgan.errors import ConfigError, DataError
from qgan.samples import DataSet, Part
from qgan.seeding import Key, stream

Split: TypeAlias = tuple[float, float, float]

DEFAULT_SPLIT: Split = (0.5, 0.2, 0.3)


def check_split(split: Split) -> Split:
    """The split itself.

    Raises:
        ConfigError: If a share is not positive, or they do not sum to 1 within 1e-9.
    """
    if len(split) != 3 or not min(split) > 0 or not math.isclose(sum(split), 1, abs_tol=1e-9):
        raise ConfigError(
            "The split into train, validation and test does not work",
            got=tuple(split),
            allowed="three shares above 0 that sum to 1",
            cure=f"Leave it out for {DEFAULT_SPLIT}",
        )
    return split


def split_rows(labels: np.ndarray, split: Split, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers of the three parts, stratified by label.

    Each label's rows, shuffled, are spread evenly over (0, 1); the cuts then fall at the shares of the split, so that
    every label is divided in these shares to within one row or so, and the parts as a whole to within rounding.

    Args:
        labels: Shape (n,), integers.
        split: Shares of train, validation and test.
        seed: Of the run.
    """
    random = stream(Key(seed, "split"))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + random.random(len(rows))) / len(rows)
    cuts = np.rint(np.cumsum(split)[:2] * len(labels)).astype(int)
    train, validation, test = np.split(np.argsort(place, kind="stable"), cuts)
    return train, validation, test


def assemble(
    name: str,
    *,
    train: Part,
    validation: Part,
    test: Part,
    low: float,
    high: float,
    labelled: Part | None = None,
    **more: Any,
) -> DataSet:
    """A data set with its hash; ``more`` is what else a :class:`DataSet` holds.

    Raises:
        DataError: If it cannot be trained on; see :func:`checked`.
    """
    return checked(DataSet(name, train, validation, test, float(low), float(high), labelled, **more))


def checked(data: DataSet) -> DataSet:
    """The data set, with its hash where it has none.

    Raises:
        DataError: If a part is empty, shapes differ, something is not finite, or ``low`` is not below ``high``.
    """
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    if not all(len(part) for part in parts.values()):
        raise DataError(
            f"A part of the data set '{data.name}' is empty",
            got=", ".join(f"{name}: {len(part)}" for name, part in parts.items()),
            allowed="at least one row in each part",
            cure="Give more rows or a more even split",
        )
    if data.labelled is not None:
        parts["labelled"] = data.labelled
    for name, part in parts.items():
        _require_usable(part, f"The part '{name}' of the data set '{data.name}'", data.sample_shape)
    if not data.low < data.high:
        raise DataError(
            f"The range of the data set '{data.name}' is empty",
            got=f"low = {data.low}, high = {data.high}",
            allowed="low below high",
            cure="Give the smallest and the largest value that a sample can have",
        )
    return data if data.sha256 else replace(data, sha256=_sha256(data))


def _require_usable(part: Part, what: str, shape: tuple[int, ...]) -> None:
    values, labels = part.values, part.labels
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf" or values.shape[1:] != shape or not shape:
        raise DataError(
            f"{what} does not fit",
            got=f"{type(values).__name__} of shape {np.shape(values)}",
            allowed=f"real numbers of shape (n, {', '.join(map(str, shape)) or 'features'})",
            cure="Bring all parts to one sample shape",
        )
    if not np.isfinite(values).all():
        raise DataError(f"{what} has values that are not finite", cure="Drop these rows or fill them in")
    if labels is not None and labels.shape != (len(part),):
        raise DataError(
            f"{what} has labels that do not fit", got=f"shape {labels.shape}", allowed=f"shape ({len(part)},)"
        )


def _sha256(data: DataSet) -> str:
    digest = hashlib.sha256(repr((data.name, data.low, data.high)).encode())
    for part in (data.train, data.validation, data.test, data.labelled):
        for array in (None, None) if part is None else (part.values, part.labels):
            digest.update(b"none" if array is None else repr((array.shape, array.dtype.str)).encode() + array.tobytes())
    return digest.hexdigest()
