"""Data whose range is not known beforehand: split, then scaled by what the training part says; undone in samples."""

__all__ = ["Scales", "Source", "fitted", "scaled"]

import hashlib
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from qgan._typing import Array
from qgan.data.parts import Split, assemble, divide
from qgan.errors import DataError, did_you_mean
from qgan.samples import DataSet, Kind, Part, Scaling

Scales: TypeAlias = Literal["none", "unit", "symmetric", "standard"]


@dataclass(frozen=True)
class Source:
    """What was read.

    Attributes:
        rows: Shape (n, *sample_shape), real numbers of any type.
        labels: Shape (n,), integers, or None.
        kind: What a sample is.
        names: Of the features, or none.
        classes: Names of the labels 0, 1, ...; none where labels are numbers that mean themselves.
    """

    rows: np.ndarray
    labels: np.ndarray | None = None
    kind: Kind = "points"
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def fitted(train: Part, how: Scales, *, each: bool) -> Scaling:
    """The scaling that brings the training part where ``how`` says; what is constant there keeps its unit.

    Args:
        train: Nothing else is looked at.
        how: See :class:`qgan.data.options.OwnOptions`.
        each: Whether every place of a sample has a scaling of its own; else all share one.
    """
    if how == "none":
        return Scaling()
    if how == "standard":
        mean, spread = train.moments()
        if not each:
            mean, spread = mean.mean(), np.sqrt(np.square(spread).mean() + mean.var())
        return Scaling(mean, _one_for_zero(spread))
    low, high = _extremes(train)
    if not each:
        low, high = low.min(), high.max()
    span = _one_for_zero(high - low)
    return Scaling(low, span) if how == "unit" else Scaling(low + span / 2, span / 2)


def _one_for_zero(spread: Array) -> Array:
    return np.where(spread > 0, spread, 1.0)


def _extremes(part: Part) -> tuple[Array, Array]:
    """Smallest and largest of each place of a sample, shape (*sample_shape)."""
    ends = [(piece.min(axis=0), piece.max(axis=0)) for piece in part.pieces()]
    low, high = np.min([end[0] for end in ends], axis=0), np.max([end[1] for end in ends], axis=0)
    return part.scaling.applied(low), part.scaling.applied(high)


def scaled(
    name: str,
    source: Source,
    *,
    split: Split,
    scaling: Scales,
    classes: tuple[int | str, ...] | None,
    seed: int,
) -> DataSet:
    """The data set of a source; its hash covers the scaling, so that other units are other data.

    All classes are split before the wanted ones are picked, so that a row is in the same part whichever are wanted.

    Raises:
        DataError: If a class is unknown, or a part is empty.
    """
    wanted = _wanted(name, source, classes)
    parts = divide(name, Part(source.rows, source.labels), split=split, seed=seed)
    picked = parts
    if wanted is not None:
        picked = tuple(part.subset(np.isin(part.labels, wanted)) for part in parts)  # pyright: ignore[reportArgumentType]
    if not len(picked[0]):
        raise DataError(f"The training part of '{name}' holds nothing of these classes", got=classes)
    fit = fitted(picked[0], scaling, each=source.kind == "points")
    train, validation, test = (_scaled(part, fit) for part in picked)
    low, high = {"unit": (0.0, 1.0), "symmetric": (-1.0, 1.0)}.get(scaling) or (
        float(end) for end in (_extremes(train)[0].min(), _extremes(train)[1].max())
    )
    data = assemble(
        name,
        train=train,
        validation=validation,
        test=test,
        low=low,
        high=high if high > low else low + 1,
        labelled=None if source.labels is None else train if wanted is None else _scaled(parts[0], fit),
        kind=source.kind,
        names=source.names,
        scaling=fit,
    )
    if fit.none:
        return data
    ends = np.asarray(fit.offset).tobytes() + np.asarray(fit.factor).tobytes()
    return replace(data, sha256=hashlib.sha256(data.sha256.encode() + ends).hexdigest())


def _scaled(part: Part, scaling: Scaling) -> Part:
    part = replace(part, scaling=scaling)
    return part if part.chosen is not None else Part(part.values, part.labels)


def _wanted(name: str, source: Source, classes: tuple[int | str, ...] | None) -> np.ndarray | None:
    if classes is None:
        return None
    if source.labels is None:
        raise DataError(f"'{name}' has no labels", got=f"data.classes = {list(classes)}", cure="Leave data.classes out")
    names = dict(zip(source.classes, range(len(source.classes)), strict=True))
    known: dict[int | str, int] = {**names, **{int(number): int(number) for number in np.unique(source.labels)}}
    for each in classes:
        if each not in known:
            raise DataError(
                f"'{name}' has no such class",
                got=repr(each),
                allowed=", ".join(map(str, list(names or known)[:50])),
                cure=f"{did_you_mean(str(each), map(str, known))}Correct data.classes",
            )
    return np.array([known[each] for each in classes])
