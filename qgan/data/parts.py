"""Cuts rows into train, validation and test, and puts the parts together as a data set."""

__all__ = ["DEFAULT_SPLIT", "Split", "assemble", "check_split", "checked", "divide", "drawn", "split_rows"]

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from qgan._typing import Array
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


def divide(name: str, everything: Part, *, split: Split, seed: int) -> tuple[Part, Part, Part]:
    """Train, validation and test, stratified by label where there are labels; large parts share their rows.

    Raises:
        DataError: If one of them is empty.
    """
    strata = np.zeros(len(everything), dtype=np.int64) if everything.labels is None else everything.labels
    cuts = split_rows(strata, split, seed)
    if everything.large and everything.chosen is None:
        labels = [None if everything.labels is None else strata[cut] for cut in cuts]
        parts = [Part(everything.rows, label, everything.scaling, cut) for label, cut in zip(labels, cuts, strict=True)]
    else:
        parts = [everything.subset(cut) for cut in cuts]
    train, validation, test = parts
    _require_filled(name, {"train": train, "validation": validation, "test": test})
    return train, validation, test


def drawn(
    name: str, values: Array, *, split: Split, seed: int, low: float, high: float, labels: Any = None, **more: Any
) -> DataSet:
    """The data set of values drawn from a known distribution, whose range is known beforehand."""
    train, validation, test = divide(name, Part(values, labels), split=split, seed=seed)
    labelled = None if labels is None else train
    return assemble(name, train=train, validation=validation, test=test, low=low, high=high, labelled=labelled, **more)


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
        DataError: If a part is empty, shapes differ, something is not finite, ``low`` is not below ``high``, or names,
            levels, alphabet or modes do not fit the samples.
    """
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    _require_filled(data.name, parts)
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
    _require_consistent(data)
    return data if data.sha256 else replace(data, sha256=_sha256(data))


def _require_filled(name: str, parts: Mapping[str, Part]) -> None:
    if not all(len(part) for part in parts.values()):
        raise DataError(
            f"A part of the data set '{name}' is empty",
            got=", ".join(f"{name}: {len(part)}" for name, part in parts.items()),
            allowed="at least one row in each part",
            cure="Give more rows or a more even split",
        )


def _require_usable(part: Part, what: str, shape: tuple[int, ...]) -> None:
    rows, labels = part.rows, part.labels
    if not isinstance(rows, np.ndarray) or rows.dtype.kind not in "biuf" or rows.shape[1:] != shape or not shape:
        raise DataError(
            f"{what} does not fit",
            got=f"{type(rows).__name__} of shape {np.shape(rows)}",
            allowed=f"real numbers of shape (n, {', '.join(map(str, shape)) or 'features'})",
            cure="Bring all parts to one sample shape",
        )
    if not all(np.isfinite(piece).all() for piece in part.pieces()):
        raise DataError(f"{what} has values that are not finite", cure="Drop these rows or fill them in")
    if labels is not None and labels.shape != (len(part),):
        raise DataError(
            f"{what} has labels that do not fit", got=f"shape {labels.shape}", allowed=f"shape ({len(part)},)"
        )


def _require_consistent(data: DataSet) -> None:
    """That what the data set says of its samples is so."""
    what = f"The data set '{data.name}'"
    if data.names and len(data.names) != data.features:
        got = f"{len(data.names)} names"
        raise DataError(f"{what} does not name its features", got=got, allowed=f"{data.features}, or none")
    if data.alphabet and any(len(levels) != len(data.alphabet) for levels in data.levels or ((),)):
        raise DataError(f"{what} has an alphabet of another length than its levels", got=f"'{data.alphabet}'")
    if data.modes is not None and (data.modes.shape[1:] != data.sample_shape or not data.mode_radius > 0):
        got = f"shape {data.modes.shape} and radius {data.mode_radius}"
        raise DataError(f"{what} has modes that do not fit", got=got, allowed=f"shape (k, *{data.sample_shape})")
    if data.levels is None:
        return
    if len(data.levels) != data.features or not all(np.all(np.diff(levels) > 0) for levels in data.levels):
        raise DataError(f"{what} has levels that do not fit", allowed="one increasing array for each feature")
    for part in (data.train, data.validation, data.test):
        columns = zip(data.levels, part.flat().T, strict=True)
        if not all(np.isin(column, levels).all() for levels, column in columns):
            raise DataError(f"{what} has values that are none of its levels", cure="Round them to the nearest level")


def _sha256(data: DataSet) -> str:
    digest = hashlib.sha256(repr((data.name, data.low, data.high)).encode())
    for part in (data.train, data.validation, data.test, data.labelled):
        if part is None:
            digest.update(b"nonenone")
            continue
        digest.update(repr(((len(part), *data.sample_shape), part.rows.dtype.str)).encode())
        for piece in part.pieces():
            digest.update(piece.tobytes())
        labels = part.labels
        digest.update(b"none" if labels is None else repr((labels.shape, labels.dtype.str)).encode() + labels.tobytes())
    return digest.hexdigest()
