"""The convolutional generator."""

__all__ = ["ConvOptions", "conv"]

import math
from collections.abc import Sequence
from typing import final

from pydantic import Field
from torch import Tensor, nn

from qgan.errors import ConfigError
from qgan.generators.base import Ingredients
from qgan.generators.budget import nearest_width
from qgan.generators.classical import ClassicalGenerator, ClassicalOptions
from qgan.networks import ACTIVATIONS, Activation, convolution, dense, halvings

# A sample begins on a grid whose longest side is no more than this.
LONGEST = 3


class ConvOptions(ClassicalOptions):
    """Options of the convolutional generator.

    Attributes:
        latent_dim: Numbers in one latent.
    """

    latent_dim: int = Field(default=5, ge=1, le=2**20)


@final
class Upsampling(nn.Module):
    """A dense layer onto the smallest grid, then for each larger one: neighbours repeated, and a convolution.

    Args:
        latent_dim: Numbers in one latent.
        width: Channels of every grid.
        sizes: Sides of the grids, from the smallest on.
        channels: Of a sample.
        activation: Between the layers.

    References:
        Odena A. et al., Deconvolution and Checkerboard Artifacts, Distill (2016), https://doi.org/10.23915/distill.00003:
        why neighbours are repeated and no transposed convolution is used.
    """

    def __init__(
        self, *, latent_dim: int, width: int, sizes: Sequence[tuple[int, ...]], channels: int, activation: Activation
    ) -> None:
        super().__init__()
        smallest, axes = sizes[0], len(sizes[0])
        layers: list[nn.Module] = [ACTIVATIONS[activation]()]
        for size in sizes[1:]:
            layers += [nn.Upsample(size), convolution(width, width, axes=axes), ACTIVATIONS[activation]()]
        self.shape = (width, *smallest)
        self.start = dense([latent_dim, math.prod(self.shape)], activation)
        self.layers = nn.Sequential(*layers, convolution(width, channels, axes=axes))

    def forward(self, latent: Tensor) -> Tensor:
        """Logits of shape (n, *sides, channels)."""
        return self.layers(self.start(latent).reshape(-1, *self.shape)).movedim(1, -1)


def conv(options: ConvOptions, ingredients: Ingredients) -> ClassicalGenerator:
    """Samples of shape (length,), (height, width) or (height, width, channels), sides of any length.

    Raises:
        ConfigError: If a sample has more than three axes, or the budget cannot be met.
    """
    shape, latent_dim = ingredients.data.sample_shape, options.latent_dim
    if len(shape) > 3:
        raise ConfigError(
            "The generator 'conv' cannot make samples of this shape",
            got=f"shape {shape}",
            allowed="(length,), (height, width) or (height, width, channels)",
            cure="Set generator.name=mlp, or reshape the data",
        )
    sizes, channels = halvings(shape[:2], longest=LONGEST)[::-1], math.prod(shape[2:])
    taps, convolutions = 3 ** len(sizes[0]), len(sizes) - 1

    def count(width: int) -> int:
        first = (latent_dim + 1) * width * math.prod(sizes[0])
        return first + convolutions * (taps * width + 1) * width + (taps * width + 1) * channels

    width = nearest_width(
        options.parameters, count, network=f"convolutional generator of {latent_dim} latents and shape {shape}"
    )
    layers = Upsampling(
        latent_dim=latent_dim, width=width, sizes=sizes, channels=channels, activation=options.activation
    )
    return ClassicalGenerator(layers, latent_dim=latent_dim, ingredients=ingredients)
