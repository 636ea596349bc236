"""The low-rank generator: a dense network whose large matrix, that onto the features, is a product of small ones."""

__all__ = ["LowRank", "LowRankOptions", "low_rank_mlp"]

from collections.abc import Sequence
from typing import final

import torch
from pydantic import Field
from torch import Tensor, nn

from qgan.generators.base import Ingredients
from qgan.generators.budget import nearest_width
from qgan.generators.classical import ClassicalGenerator, ClassicalOptions
from qgan.networks import Activation, dense
from qgan.seeding import Key, stream


class LowRankOptions(ClassicalOptions):
    """Options of the low-rank generator.

    Attributes:
        latent_dim: Numbers in one latent.
    """

    latent_dim: int = Field(default=5, ge=1, le=2**20)


@final
class LowRank(nn.Module):
    r"""A hidden layer, and from it a matrix onto the features that is a sum of few products.

    .. math:: x_{i_1 \dots i_k} = \sum_r g_r(z) \, A^{(1)}_{i_1 r} \cdots A^{(k)}_{i_k r}, \qquad
              g(z) = C \, \sigma(B z + b) + c

    There is a factor for each axis of a sample: of an image's pixels one for rows and one for columns, so that each
    term is a separable picture. With one axis this is an ordinary product of two matrices. What a bias for each feature
    would do, :math:`c` does within the same few terms.

    Args:
        latent_dim: Numbers in one latent.
        width: Of the hidden layer.
        rank: Terms of the sum.
        sides: Of a sample.
        activation: Of the hidden layer.
        key: Names the stream that the factors begin from: normal, so that logits spread as g does.

    Attributes:
        rank: As given.
    """

    def __init__(
        self, *, latent_dim: int, width: int, rank: int, sides: Sequence[int], activation: Activation, key: Key
    ) -> None:
        super().__init__()
        self.rank = rank
        self.terms = dense([latent_dim, width, rank], activation)
        rng, spread = stream(key), rank ** (-1 / (2 * len(sides)))
        self.factors = nn.ParameterList(
            torch.from_numpy(rng.normal(0, spread, (side, rank)).astype("float32")) for side in sides
        )

    def forward(self, latent: Tensor) -> Tensor:
        """Logits of shape (n, features)."""
        first, *others = self.factors
        matrix = first
        for factor in others:
            matrix = (matrix[:, None] * factor).flatten(0, 1)
        return nn.functional.linear(self.terms(latent), matrix)


def rank_of(width: int, features: int) -> int:
    """Half of the lesser of both, rounded up: the small matrices are then no larger than the one they stand for."""
    return -(-min(width, features) // 2)


def low_rank_mlp(options: LowRankOptions, ingredients: Ingredients) -> ClassicalGenerator:
    """One hidden layer; its width is solved from the budget, and the rank goes with it: see :func:`rank_of`.

    From 5 latents to 8 x 8 pixels it has 105 parameters with 6 hidden units and 3 terms; a dense network with one
    hidden unit has 134.

    Raises:
        ConfigError: If the budget cannot be met.

    References:
        Sainath T. et al., Low-rank matrix factorization for deep neural network training with high-dimensional output
        targets, ICASSP (2013). Several axes: Kolda T. and Bader B., Tensor decompositions and applications, SIAM
        Review 51, 455 (2009).
    """
    data, latent_dim = ingredients.data, options.latent_dim
    sides = [side for side in data.sample_shape if side > 1] or [1]

    def count(width: int) -> int:
        rank = rank_of(width, data.features)
        return width * (latent_dim + 1) + rank * (width + 1 + sum(sides))

    width = nearest_width(
        options.parameters, count, network=f"low-rank generator of {latent_dim} latents and {data.features} outputs"
    )
    layers = LowRank(
        latent_dim=latent_dim,
        width=width,
        rank=rank_of(width, data.features),
        sides=sides,
        activation=options.activation,
        key=ingredients.key._replace(purpose=f"{ingredients.key.purpose}/factors"),
    )
    return ClassicalGenerator(layers, latent_dim=latent_dim, ingredients=ingredients)
