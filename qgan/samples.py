"""What goes into a generator, what comes out of it, and what it is held against."""

__all__ = ["DataSet", "Draw", "Part", "Samples"]

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import torch
from torch import Tensor

from qgan._typing import Array
from qgan.seeding import Key, stream


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
class Part:
    """One part of a data set.

    Attributes:
        values: Shape (n, *sample_shape), float64.
        labels: Shape (n,), integers, or None.
    """

    values: Array
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def subset(self, rows: np.ndarray) -> "Part":
        """The chosen rows."""
        return Part(self.values[rows], None if self.labels is None else self.labels[rows])

    def flat(self) -> Array:
        """Shape (n, features)."""
        return self.values.reshape(len(self.values), -1)


@dataclass(frozen=True)
class DataSet:
    """Real data in three parts: fitted on, chosen by, and touched once.

    Attributes:
        name: What it is called in pictures and tables.
        train: What the networks, scalers and classifiers see.
        validation: What checkpoints and stopping are chosen by.
        test: What the final figures are taken on.
        low: The smallest value a sample can have.
        high: The largest.
        labelled: Training data of every class the source knows, for a classifier; None where there are no labels.
        sha256: Of everything above.
    """

    name: str
    train: Part
    validation: Part
    test: Part
    low: float
    high: float
    labelled: Part | None = None
    sha256: str = field(default="")

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.train.values.shape[1:]

    @property
    def features(self) -> int:
        """How many numbers one sample has."""
        return int(np.prod(self.sample_shape, dtype=int))
