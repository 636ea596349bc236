"""The classical baseline: a dense generator with about as many parameters as the quantum one has."""

__all__ = ["MLPGenerator", "MLPOptions"]

import math
from typing import final

import torch
from pydantic import Field
from torch import Tensor

from qgan._registry import Options
from qgan.errors import ConfigError
from qgan.generators.base import Generator, Ingredients, into_range
from qgan.networks import Activation, dense, initialise
from qgan.readout import Counts, GradientMethod
from qgan.samples import Draw, Samples
from qgan.seeding import Key, stream

# How far from the budget a solved width may end, as a share of it.
TOLERANCE = 0.25


class MLPOptions(Options):
    """Options of the dense generator.

    Attributes:
        parameters: The budget; the hidden width is solved from it.
        latent_dim: Numbers in one latent.
        activation: After the hidden layer.
    """

    parameters: int = Field(default=120, ge=1, le=2**31)
    latent_dim: int = Field(default=5, ge=1, le=2**20)
    activation: Activation = "leaky-relu"


def solve_width(budget: int, *, latent_dim: int, features: int) -> int:
    """The hidden width whose network latent_dim - width - features comes nearest to the budget.

    Raises:
        ConfigError: If even the nearest is more than a quarter of the budget away.
    """
    per_unit = latent_dim + 1 + features
    width = max(1, round((budget - features) / per_unit))
    parameters = width * per_unit + features
    if abs(parameters - budget) > TOLERANCE * budget:
        raise ConfigError(
            f"No dense generator of {latent_dim} latents and {features} outputs comes near generator.parameters",
            got=budget,
            allowed=f"{features + per_unit} (one hidden unit), and {per_unit} more for each further one",
            cure=f"Set generator.parameters={parameters}",
        )
    return width


@final
class MLPGenerator(Generator):
    """Standard normal latents, one hidden layer, a logistic output taken to the data's range.

    Args:
        options: See :class:`MLPOptions`.
        ingredients: Data and key.

    Raises:
        ConfigError: If the budget cannot be met.
    """

    quantum = False
    low: Tensor
    high: Tensor

    def __init__(self, options: MLPOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        self.latent_dim, self.sample_shape = options.latent_dim, data.sample_shape
        self.counts, self.diagnostics = Counts(), {}
        self.gradient = GradientMethod("autograd", "a classical network")
        width = solve_width(options.parameters, latent_dim=options.latent_dim, features=data.features)
        self.layers = dense([options.latent_dim, width, math.prod(self.sample_shape)], options.activation)
        initialise(self.layers, ingredients.key)
        self.register_buffer("low", torch.tensor(data.low, dtype=torch.float32))
        self.register_buffer("high", torch.tensor(data.high, dtype=torch.float32))

    def draw(self, n: int, key: Key) -> Draw:
        """Latents of shape (n, latent_dim), standard normal, float32."""
        latent = stream(key).standard_normal((n, self.latent_dim)).astype("float32")
        return Draw(torch.from_numpy(latent).to(self.low.device), None, key)

    def forward(self, draw: Draw) -> Samples:
        """Values of shape (n, *sample_shape), float32."""
        values = torch.sigmoid(self.layers(draw.latent)).reshape(-1, *self.sample_shape)
        return Samples.uniform(into_range(values, self.low, self.high))
