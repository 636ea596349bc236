"""Cuts rows into train, validation and test, and puts the parts together as a data set."""

__all__ = ["DEFAULT_SPLIT", "Split", "assemble", "check_split", "split_rows"]

import hashlib
import math
from typing import TypeAlias

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
    name: str, *, train: Part, validation: Part, test: Part, low: float, high: float, labelled: Part | None
) -> DataSet:
    """A data set with its hash.

    Raises:
        DataError: If a part is empty.
    """
    sizes = {"train": len(train), "validation": len(validation), "test": len(test)}
    if not all(sizes.values()):
        raise DataError(
            f"A part of the data set '{name}' is empty",
            got=", ".join(f"{part}: {size}" for part, size in sizes.items()),
            allowed="at least one row in each part",
            cure="Give more rows or a more even split",
        )
    digest = hashlib.sha256(repr((name, float(low), float(high))).encode())
    for part in (train, validation, test, labelled):
        for array in (None, None) if part is None else (part.values, part.labels):
            digest.update(b"none" if array is None else repr((array.shape, array.dtype.str)).encode() + array.tobytes())
    return DataSet(name, train, validation, test, low, high, labelled, digest.hexdigest())
