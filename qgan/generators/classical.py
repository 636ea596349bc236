"""What the classical generators share: a network of any kind from latents to samples."""

__all__ = ["ClassicalGenerator", "ClassicalOptions"]

from typing import final

import torch
from pydantic import Field
from torch import Tensor, nn

from qgan._registry import Options
from qgan.generators.base import Generator, Ingredients, into_range
from qgan.networks import Activation, initialise
from qgan.readout import Counts, GradientMethod
from qgan.samples import Draw, Samples
from qgan.seeding import Key, stream


class ClassicalOptions(Options):
    """What every classical generator can be told.

    Attributes:
        parameters: The budget; the width is solved from it.
        activation: Between the layers.
    """

    parameters: int = Field(default=120, ge=1, le=2**31)
    activation: Activation = "leaky-relu"


@final
class ClassicalGenerator(Generator):
    """Standard normal latents through a network, and a logistic output taken to the data's range.

    Args:
        layers: Latents of shape (n, latent_dim) to logits, as many for each as a sample has numbers, in their order.
        latent_dim: Numbers in one latent.
        ingredients: Data and key.
    """

    quantum = False
    low: Tensor
    high: Tensor

    def __init__(self, layers: nn.Module, *, latent_dim: int, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        self.latent_dim, self.sample_shape, self.layers = latent_dim, data.sample_shape, layers
        self.counts, self.diagnostics = Counts(), {}
        self.gradient = GradientMethod("autograd", "a classical network")
        initialise(layers, ingredients.key)
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
