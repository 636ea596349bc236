"""The categorical generator: a classical distribution over the grid that the data lives on."""

__all__ = ["CategoricalGenerator", "CategoricalOptions"]

import math
from typing import final

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from qgan._registry import Options
from qgan._typing import Array
from qgan.errors import ConfigError
from qgan.generators.base import Generator, Ingredients
from qgan.generators.budget import nearest_width
from qgan.generators.outcomes import MOST
from qgan.networks import ACTIVATIONS, Activation, initialise, undrawn
from qgan.readout import Counts, GradientMethod
from qgan.samples import DataSet, Draw, Samples
from qgan.seeding import Key


class CategoricalOptions(Options):
    """Options of the categorical generator.

    Attributes:
        parameters: The budget; the width is solved from it.
        activation: Of the hidden layer.
    """

    parameters: int = Field(default=120, ge=1, le=2**31)
    activation: Activation = "leaky-relu"


@final
class CategoricalGenerator(Generator):
    r"""Probabilities of the points of a grid, from one small network that is shown each of them.

    .. math:: p(x) = \exp f(x) \Big/ \sum_y \exp f(y)

    f has one hidden layer, whose inputs are the features of a point, each from -1 to 1. It is to a Born machine what a
    dense network is to a circuit with latents: training sees the whole distribution, with its exact gradient, and at
    the start all points are about alike. It has no latents.

    Args:
        options: See :class:`CategoricalOptions`.
        ingredients: Data and key.

    Raises:
        ConfigError: If the data has no grid, it is too large to be given whole, or the budget cannot be met.
    """

    quantum = False
    independent = False
    latent_dim = 0
    points: Tensor
    inputs: Tensor

    def __init__(self, options: CategoricalOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        points = _grid(data)
        lowest, spans = points.min(axis=0), np.ptp(points, axis=0)
        moving = spans > 0
        inputs = 2 * (points - lowest)[:, moving] / spans[moving] - 1
        self.sample_shape = data.sample_shape
        self.counts, self.diagnostics = Counts(), {}
        self.gradient = GradientMethod("autograd", "a classical network")
        for name, table in (("points", points), ("inputs", inputs)):
            self.register_buffer(name, torch.from_numpy(table.astype("float32")), persistent=False)
        features = inputs.shape[1]
        width = nearest_width(
            options.parameters,
            lambda width: width * (features + 2),
            network=f"categorical generator on {features} features",
        )
        with undrawn():
            # What a bias would add to all logits alike changes no probability.
            last = nn.Linear(width, 1, bias=False)
            self.layers = nn.Sequential(nn.Linear(features, width), ACTIVATIONS[options.activation](), last)
        initialise(self.layers, ingredients.key)

    def draw(self, n: int, key: Key) -> Draw:
        """n times nothing, shape (n, 0)."""
        return Draw(self.points.new_zeros(n, 0), None, key)

    def forward(self, draw: Draw) -> Samples:  # noqa: ARG002
        """The whole grid with its probabilities, float32."""
        weights = torch.softmax(self.layers(self.inputs).squeeze(1), dim=0)
        return Samples(self.points.reshape(-1, *self.sample_shape), weights)


def _grid(data: DataSet) -> Array:
    """All points, shape (points, features), the last feature fastest.

    Raises:
        ConfigError: If there are none, one, or too many.
    """
    size = 0 if data.levels is None else math.prod(len(values) for values in data.levels)
    if data.levels is None or not 1 < size <= MOST:
        raise ConfigError(
            f"A distribution over a grid is asked for, and the data set '{data.name}' has none that can be given whole",
            got="continuous values" if data.levels is None else f"{size} points",
            allowed=f"2 to {MOST} points",
            cure="Set generator.name=mlp, or use data with levels, such as bars-and-stripes",
        )
    return np.stack(np.meshgrid(*data.levels, indexing="ij"), axis=-1).reshape(size, -1).astype(float)
