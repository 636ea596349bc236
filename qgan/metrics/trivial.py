"""What generators that learned nothing of how a sample hangs together would make of the training part."""

__all__ = ["DRAWS", "copies", "naive_guesses"]

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from qgan._typing import Array
from qgan.samples import DataSet, Part
from qgan.seeding import Key, stream

Draw: TypeAlias = Callable[[np.random.Generator], Array]

DRAWS = 20


def naive_guesses(data: DataSet, n: int, *, seed: int, labels: np.ndarray | None = None) -> dict[str, list[Part]]:
    """Samples of each guess that suits the kind of data; several draws of those that are random.

    Images are guessed by their mean and by a Gaussian for each pixel. Other data are guessed by the product of their
    marginals, or uniformly where there is one feature only, and by a Gaussian of the same means and covariances. On a
    grid the Gaussian goes to the nearest levels; text, whose levels have no distances, is not guessed by it.

    Args:
        data: Its training part is all that a guess knows.
        n: Samples of each draw.
        seed: Of the draws.
        labels: What the samples shall be labelled with, shape (n,).
    """
    draws = _draws(data, n)
    guesses = {name: [Part(values, labels) for values in _drawn(name, draw, seed)] for name, draw in draws.items()}
    if data.kind == "image" and data.levels is None:
        mean = np.broadcast_to(data.train.moments()[0], (n, *data.sample_shape))
        return {"mean image": [Part(mean.copy(), labels)], **guesses}
    return guesses


def copies(data: DataSet, n: int, *, seed: int) -> dict[str, list[Part]]:
    """Samples of the training part, drawn with replacement: what a generator that only remembers would make."""
    train = data.train
    draws = (stream(Key(seed, "copies", step)).integers(len(train), size=n) for step in range(DRAWS))
    return {"copies of training samples": [Part(train.subset(rows).values) for rows in draws]}


def _draws(data: DataSet, n: int) -> dict[str, Draw]:
    if data.kind == "image" and data.levels is None:
        return {"pixel-wise Gaussian": _pixelwise(data, n)}
    one_by_one = {"product of marginals": _product(data, n)} if data.features > 1 else {"uniform": _uniform(data, n)}
    if data.kind == "text":
        return one_by_one
    return {**one_by_one, "moment-matched Gaussian": _gaussian(data, n)}


def _drawn(name: str, draw: Draw, seed: int) -> Iterator[Array]:
    return (draw(stream(Key(seed, name, step))) for step in range(DRAWS))


def _pixelwise(data: DataSet, n: int) -> Draw:
    mean, spread = data.train.moments()
    return lambda random: np.clip(random.normal(mean, spread, (n, *mean.shape)), data.low, data.high)


def _product(data: DataSet, n: int) -> Draw:
    rows = data.train.flat()

    def draw(random: np.random.Generator) -> Array:
        chosen = random.integers(len(rows), size=(n, data.features))
        return np.take_along_axis(rows, chosen, axis=0).reshape(n, *data.sample_shape)

    return draw


def _uniform(data: DataSet, n: int) -> Draw:
    """Over the one feature's levels, or over its range."""
    shape = (n, *data.sample_shape)
    if data.levels is not None:
        (levels,) = data.levels
        return lambda random: random.choice(levels, size=shape)
    return lambda random: random.uniform(data.low, data.high, shape)


def _gaussian(data: DataSet, n: int) -> Draw:
    rows = data.train.flat()
    mean = rows.mean(axis=0)
    # Its root is not needed: a mixture of the rows' deviations with normal weights has their covariance.
    deviations = (rows - mean) / np.sqrt(max(len(rows) - 1, 1))
    factor = np.linalg.qr(deviations, mode="r") if len(rows) > len(mean) else deviations

    def draw(random: np.random.Generator) -> Array:
        values = mean + random.standard_normal((n, len(factor))) @ factor
        return _within(data, values).reshape(n, *data.sample_shape)

    return draw


def _within(data: DataSet, rows: Array) -> Array:
    if data.levels is None:
        return np.clip(rows, data.low, data.high)
    columns = zip(data.levels, rows.T, strict=True)
    nearest = [levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, values)] for levels, values in columns]
    return np.stack(nearest, axis=1)
