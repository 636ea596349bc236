"""The orthogonal generator: all that it learns are angles of rotations, as in circuits of RBS gates."""

__all__ = ["Orthogonal", "OrthogonalOptions", "Rotations", "orthogonal"]

import math
from typing import final

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from qgan.generators.base import Ingredients
from qgan.generators.budget import nearest_width
from qgan.generators.classical import ClassicalGenerator, ClassicalOptions
from qgan.networks import ACTIVATIONS, Activation
from qgan.seeding import Key, stream


class OrthogonalOptions(ClassicalOptions):
    """Options of the orthogonal generator.

    Attributes:
        latent_dim: Numbers in one latent.
    """

    latent_dim: int = Field(default=5, ge=1, le=2**20)


@final
class Rotations(nn.Module):
    r"""An orthogonal matrix as a product of layers of plane rotations of neighbours.

    The pairs are (0, 1), (2, 3), ... and (1, 2), (3, 4), ... in turns, so that those of a layer share no number and are
    turned at once. As many layers as the width make every rotation (arXiv:1603.08788). An angle that could move none of
    the numbers that are read is not there.

    Args:
        width: Numbers of a vector.
        depth: Layers.
        read: How many numbers of the result, from the first on, are of use.
        key: Names the stream of the initial angles, which are U[-pi, pi).

    Attributes:
        angles: Shape (rotations,), radians.
    """

    partners: Tensor
    which: Tensor
    signs: Tensor

    def __init__(self, *, width: int, depth: int, read: int, key: Key) -> None:
        super().__init__()
        partners = np.tile(np.arange(width), (depth, 1))
        which, signs = np.zeros((depth, width), dtype=int), np.zeros((depth, width))
        total, seen = 0, read
        # From the last layer, whose pairs begin at 0, back to the first.
        for turn in range(depth):
            row = depth - 1 - turn
            left = np.arange(turn % 2, min(seen, width - 1), 2)
            partners[row, left], partners[row, left + 1] = left + 1, left
            which[row, left] = which[row, left + 1] = total + np.arange(len(left))
            signs[row, left], signs[row, left + 1] = -1, 1
            total += len(left)
            seen = max(seen, left[-1] + 2 if len(left) else 0)
        for name, table in (("partners", partners), ("which", which), ("signs", signs.astype("float32"))):
            self.register_buffer(name, torch.from_numpy(table), persistent=False)
        self.angles = nn.Parameter(torch.from_numpy(stream(key).uniform(-math.pi, math.pi, total).astype("float32")))

    def forward(self, values: Tensor) -> Tensor:
        """Vectors of shape (n, width), turned."""
        angles = self.signs * self.angles[self.which]
        for cosines, sines, partners in zip(angles.cos(), angles.sin(), self.partners, strict=True):
            values = cosines * values + sines * values.index_select(1, partners)
        return values


def count_rotations(width: int, depth: int, read: int) -> int:
    """The angles of :class:`Rotations`, counted without making them."""
    begun = -(-read // 2)
    return sum(_capped(begun, (width - odd) // 2, layers=(depth + 1 - odd) // 2) for odd in (0, 1))


def _capped(first: int, most: int, *, layers: int) -> int:
    """first + (first + 1) + ..., as many terms as there are layers, none of them above the most there can be."""
    growing = min(max(most - first, 0), layers)
    return growing * first + growing * (growing - 1) // 2 + (layers - growing) * most


@final
class Orthogonal(nn.Module):
    r"""Two orthogonal matrices, an activation between them, and one factor for all logits.

    .. math:: x(z) = s \, Q_2 \, \sigma(Q_1 \, (z_1, 1, z_2, 1, \dots, z_d, 1, z_1, 1, \dots))

    A matrix that keeps lengths cannot make more of a latent than it is: the numbers of the latent take turns with ones,
    which do what a bias would, and are repeated until they fill the width. The first rotations choose, pair by pair,
    how much of a feature varies. The only parameter that is no angle is the factor s.

    Args:
        latent_dim: Numbers in one latent.
        width: Of the vectors: at least twice as many as a latent has, and as there are features.
        depth: Layers of rotations in each matrix.
        features: Logits, which are the first numbers of the result.
        activation: Between the matrices.
        key: Names the streams of the initial angles.
    """

    def __init__(
        self, *, latent_dim: int, width: int, depth: int, features: int, activation: Activation, key: Key
    ) -> None:
        super().__init__()
        self.repeats, self.width, self.features = -(-width // (2 * latent_dim)), width, features
        first, second = (
            Rotations(width=width, depth=depth, read=read, key=key._replace(purpose=f"{key.purpose}/angles {place}"))
            for place, read in enumerate((width, features))
        )
        self.layers = nn.Sequential(first, ACTIVATIONS[activation](), second)
        self.factor = nn.Parameter(torch.ones(1))

    def forward(self, latent: Tensor) -> Tensor:
        """Logits of shape (n, features)."""
        in_turns = torch.stack([latent, torch.ones_like(latent)], dim=-1).flatten(1)
        filled = in_turns.repeat(1, self.repeats)[:, : self.width]
        return self.factor * self.layers(filled)[:, : self.features]


def orthogonal(options: OrthogonalOptions, ingredients: Ingredients) -> ClassicalGenerator:
    """The depth of both matrices is solved from the budget.

    Vectors are as wide as a sample has features, or a latent with its ones if that is more. A matrix as deep as it is
    wide can be every rotation: what is asked for beyond that makes both of them wider.

    Raises:
        ConfigError: If the budget cannot be met.

    References:
        Kerenidis I., Landman J. and Mathur N., Classical and quantum algorithms for orthogonal neural networks (2021),
        arXiv:2106.07198, where the rotations of a layer stand in a pyramid. Layers of neighbours: Clements W. et al.,
        Optimal design for universal multiport interferometers, Optica 3, 1460 (2016), arXiv:1603.08788.
    """
    features, latent_dim = ingredients.data.features, options.latent_dim
    least = max(features, 2 * latent_dim)

    def count(depth: int) -> int:
        width = max(least, depth)
        return count_rotations(width, depth, width) + count_rotations(width, depth, features) + 1

    depth = nearest_width(
        options.parameters,
        count,
        network=f"orthogonal generator of {latent_dim} latents and {features} outputs",
        measure="depth",
    )
    layers = Orthogonal(
        latent_dim=latent_dim,
        width=max(least, depth),
        depth=depth,
        features=features,
        activation=options.activation,
        key=ingredients.key,
    )
    return ClassicalGenerator(layers, latent_dim=latent_dim, ingredients=ingredients)
