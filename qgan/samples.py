"""What goes into a generator, what comes out of it, and what it is held against."""

__all__ = ["DataSet", "Draw", "Kind", "Part", "Samples", "Scaling"]

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

import numpy as np
import torch
from torch import Tensor

from qgan._typing import Array
from qgan.seeding import Key, stream

Kind: TypeAlias = Literal["points", "image", "series", "text"]

# Numbers of a part that are held in double precision at once: 128 MiB.
MOST_AT_ONCE = 2**24


@dataclass(frozen=True)
class Draw:
    """The input of a generator.

    Attributes:
        latent: Shape (n, latent_dim); angles in radians where a circuit encodes them.
        labels: Shape (n,), or None where nothing is conditioned.
        key: Drives the shots and names the jobs of this draw.
    """

    latent: Tensor
    labels: Tensor | None
    key: Key


@dataclass(frozen=True)
class Samples:
    """The output of a generator, and a batch of real data too.

    Attributes:
        values: Shape (n, *sample_shape).
        weights: Shape (n,), at least 0, summing to 1; uniform unless a whole distribution is given.
        labels: Shape (n,), or None.
    """

    values: Tensor
    weights: Tensor
    labels: Tensor | None = None

    def __post_init__(self) -> None:
        if self.weights.shape != self.values.shape[:1]:
            raise ValueError(f"weights must have shape {tuple(self.values.shape[:1])}, got {tuple(self.weights.shape)}")

    @classmethod
    def uniform(cls, values: Tensor, labels: Tensor | None = None) -> Self:
        """Samples that all weigh the same."""
        n = values.shape[0]
        return cls(values, torch.full((n,), 1 / n, dtype=values.dtype, device=values.device), labels)

    def __len__(self) -> int:
        return self.values.shape[0]

    def numpy(self) -> Array:
        """The values in double precision, shape (n, *sample_shape)."""
        return self.values.detach().cpu().double().numpy()

    def resampled(self, n: int, key: Key) -> "Samples":
        """n samples of equal weight, drawn with replacement by weight."""
        probabilities = self.weights.detach().cpu().double().numpy()
        rows = torch.from_numpy(stream(key).choice(len(self), size=n, p=probabilities / probabilities.sum()))
        rows = rows.to(self.values.device)
        return Samples.uniform(self.values[rows], None if self.labels is None else self.labels[rows])


@dataclass(frozen=True)
class Scaling:
    """How values relate to those of their source: ``source = offset + factor * value``.

    Attributes:
        offset: One number, or one for each place of a sample.
        factor: Likewise; nowhere 0.
    """

    offset: Array | float = 0.0
    factor: Array | float = 1.0

    @property
    def none(self) -> bool:
        """Whether values are their source's own."""
        return bool(np.all(np.equal(self.offset, 0)) and np.all(np.equal(self.factor, 1)))

    def applied(self, source: np.ndarray) -> Array:
        """Values, float64, of what the source has, shape (n, *sample_shape)."""
        numbers = np.asarray(source, dtype=np.float64)
        return numbers if self.none else (numbers - self.offset) / self.factor

    def undone(self, values: Array) -> Array:
        """Values of shape (n, *sample_shape) as their source would have them."""
        return self.offset + self.factor * values


@dataclass(frozen=True)
class Part:
    """One part of a data set.

    Rows are kept as their source has them where they are many, so that a large file can stay where it is: only those
    asked for become numbers in double precision.

    Attributes:
        rows: Shape (m, *sample_shape), real numbers of any type; may be a memory map.
        labels: Shape (n,), integers, or None.
        scaling: What makes values of rows.
        chosen: Which rows are in this part, shape (n,); None for all of them.
    """

    rows: np.ndarray
    labels: np.ndarray | None = None
    scaling: Scaling = Scaling()
    chosen: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows if self.chosen is None else self.chosen)

    @property
    def values(self) -> Array:
        """Shape (n, *sample_shape), float64; of a part that is large, better asked of a subset."""
        return self.scaling.applied(self.rows if self.chosen is None else self.rows[self.chosen])

    @property
    def large(self) -> bool:
        """Whether it is too large to be held in double precision, or on a device, as a whole."""
        return len(self) * math.prod(self.rows.shape[1:]) > MOST_AT_ONCE

    def subset(self, rows: np.ndarray) -> "Part":
        """The chosen rows."""
        labels = None if self.labels is None else self.labels[rows]
        chosen = np.arange(len(self))[rows] if self.chosen is None else self.chosen[rows]
        part = Part(self.rows, labels, self.scaling, chosen)
        return part if part.large else Part(part.values, labels)

    def joined(self, other: "Part") -> "Part":
        """The rows of both; labels where both have them."""
        labels = None
        if self.labels is not None and other.labels is not None:
            labels = np.concatenate([self.labels, other.labels])
        if self.rows is other.rows and self.chosen is not None and other.chosen is not None:
            return Part(self.rows, labels, self.scaling, np.concatenate([self.chosen, other.chosen]))
        return Part(np.concatenate([self.values, other.values]), labels)

    def pieces(self) -> Iterator[np.ndarray]:
        """The rows as the source has them, in consecutive pieces of which each can be worked on as a whole."""
        size = max(MOST_AT_ONCE // 4 // max(math.prod(self.rows.shape[1:]), 1), 1)
        for start in range(0, len(self), size):
            piece = slice(start, start + size)
            yield self.rows[piece] if self.chosen is None else self.rows[self.chosen[piece]]

    def moments(self) -> tuple[Array, Array]:
        """Mean and standard deviation of each place of a sample, shape (*sample_shape)."""
        blocks = (self.scaling.applied(piece) for piece in self.pieces())
        mean = np.sum([block.sum(axis=0) for block in blocks], axis=0) / len(self)
        blocks = (self.scaling.applied(piece) for piece in self.pieces())
        squares = np.sum([np.square(block - mean).sum(axis=0) for block in blocks], axis=0)
        return mean, np.sqrt(squares / len(self))

    def flat(self) -> Array:
        """Shape (n, features)."""
        return self.values.reshape(len(self), -1)


@dataclass(frozen=True)
class DataSet:
    """Real data in three parts: fitted on, chosen by, and touched once.

    Attributes:
        name: What it is called in pictures and tables.
        train: What the networks, scalers and classifiers see.
        validation: What checkpoints and stopping are chosen by.
        test: What the final figures are taken on.
        low: The smallest value a sample of ``train`` can have; those of the others may lie beyond it where it was
            fitted, because nothing may be known of them.
        high: The largest.
        labelled: Training data of every class the source knows, for a classifier; None where there are no labels.
        sha256: Of everything above, and of a scaling that was fitted.
        kind: What a sample is, which decides how it is drawn and which metrics there are.
        scaling: How the values relate to those of their source; fitted on ``train``.
        names: Of the features, in order of the flattened sample; empty where they have none.
        levels: The values that each feature can take, in increasing order, features in order of the flattened sample;
            None where they are continuous. Their product is the grid that a Born machine puts probabilities on.
        alphabet: The character of each level, where a sample is text.
        modes: Centres of a mixture, shape (k, *sample_shape); None where there is none.
        mode_radius: How near to its centre a sample must be to count for it.
    """

    name: str
    train: Part
    validation: Part
    test: Part
    low: float
    high: float
    labelled: Part | None = None
    sha256: str = field(default="")
    kind: Kind = "points"
    scaling: Scaling = Scaling()
    names: tuple[str, ...] = ()
    levels: tuple[Array, ...] | None = None
    alphabet: str = ""
    modes: Array | None = None
    mode_radius: float = 0.0

    def texts(self, values: Array) -> list[str]:
        """Samples of shape (n, length) as text: each letter is that of the nearest level."""
        letters = np.array(list(self.alphabet))
        columns = zip(self.levels or (), values.reshape(len(values), -1).T, strict=True)
        nearest = [np.abs(column[:, None] - levels).argmin(axis=1) for levels, column in columns]
        return ["".join(word) for word in letters[np.stack(nearest, axis=1)]]

    @property
    def classes(self) -> int:
        """How many classes the labels of ``train`` have; 0 where there are none."""
        return 0 if self.train.labels is None else len(np.unique(self.train.labels))

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.train.rows.shape[1:]

    @property
    def features(self) -> int:
        """How many numbers one sample has."""
        return int(np.prod(self.sample_shape, dtype=int))
