"""What generators that learned nothing of how a sample hangs together would make of the training part."""

__all__ = [
    "COPIES",
    "DRAWS",
    "GAUSSIAN",
    "MEAN_IMAGE",
    "PIXELWISE",
    "PRODUCT",
    "UNIFORM",
    "copies",
    "drawn",
    "guesses_of",
    "naive_guesses",
]

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import numpy as np

from qgan._typing import Array
from qgan.samples import DataSet, Part
from qgan.seeding import Key, stream

Draw: TypeAlias = Callable[[np.random.Generator], Array]

DRAWS = 20

MEAN_IMAGE, PIXELWISE = "mean image", "pixel-wise Gaussian"
PRODUCT, UNIFORM, GAUSSIAN = "product of marginals", "uniform", "moment-matched Gaussian"
COPIES = "copies of training samples"


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
    return {name: list(drawn(name, data, n, seed=seed, labels=labels)) for name in guesses_of(data)}


def guesses_of(data: DataSet) -> tuple[str, ...]:
    """The names of the guesses that suit the kind of data."""
    if data.kind == "image" and data.levels is None:
        return (MEAN_IMAGE, PIXELWISE)
    one_by_one = PRODUCT if data.features > 1 else UNIFORM
    return (one_by_one,) if data.kind == "text" else (one_by_one, GAUSSIAN)


def drawn(name: str, data: DataSet, n: int, *, seed: int, labels: np.ndarray | None = None) -> Iterator[Part]:
    """Draws of a guess, whether it is among those of the kind of data or not; one of what is not random."""
    draw, draws = _GUESSES[name](data, n), 1 if name == MEAN_IMAGE else DRAWS
    return (Part(draw(stream(Key(seed, name, step))), labels) for step in range(draws))


def copies(data: DataSet, n: int, *, seed: int) -> dict[str, list[Part]]:
    """Samples of the training part and their labels, drawn with replacement: what only remembering would make."""
    train = data.train
    draws = (stream(Key(seed, "copies", step)).integers(len(train), size=n) for step in range(DRAWS))
    chosen = (train.subset(rows) for rows in draws)
    return {COPIES: [Part(part.values, part.labels) for part in chosen]}


def _mean_image(data: DataSet, n: int) -> Draw:
    mean = data.train.moments()[0]
    return lambda _: np.broadcast_to(mean, (n, *mean.shape)).copy()


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


_GUESSES: Mapping[str, Callable[[DataSet, int], Draw]] = {
    MEAN_IMAGE: _mean_image,
    PIXELWISE: _pixelwise,
    PRODUCT: _product,
    UNIFORM: _uniform,
    GAUSSIAN: _gaussian,
}
