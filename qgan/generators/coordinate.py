"""The coordinate generator: a place and a latent give one pixel, and all places share one small network."""

__all__ = ["CoordinateOptions", "Coordinates", "coordinate"]

import math
from collections.abc import Sequence
from typing import final

import torch
from pydantic import Field
from torch import Tensor, nn

from qgan.generators.base import Ingredients
from qgan.generators.budget import nearest_width
from qgan.generators.classical import ClassicalGenerator, ClassicalOptions
from qgan.generators.implicit import coordinates
from qgan.networks import ACTIVATIONS, Activation, dense, undrawn
from qgan.samples import Kind

# How many of a sample's axes are places, by what it is; the numbers along any others come out of the network together.
AXES: dict[Kind, int] = {"image": 2, "series": 1, "text": 1}


class CoordinateOptions(ClassicalOptions):
    """Options of the coordinate generator.

    Attributes:
        latent_dim: Numbers in one latent.
        frequencies: Fourier features of a place, a sine and a cosine for each on each axis; the k-th of them turns by k
            half circles from edge to edge.
    """

    latent_dim: int = Field(default=5, ge=1, le=2**20)
    frequencies: int = Field(default=1, ge=0, le=1024)


@final
class Coordinates(nn.Module):
    r"""Two hidden layers from a place and a latent to the numbers there.

    .. math:: x(c, z) = W_3 \, \sigma(W_2 \, \sigma(W_1 \gamma(c) + V_1 z) + b_2) + b_3

    All places of all latents are computed at once; what the first layer makes of a place is the same for all latents,
    and of a latent for all places, so that it is worked out once.

    Args:
        latent_dim: Numbers in one latent.
        width: Of both hidden layers.
        places: :math:`\gamma(c)` of all places, shape (places, inputs); or their number, where each has a vector of its
            own in place of :math:`W_1 \gamma(c)`.
        outputs: Numbers at each place.
        activation: Of the hidden layers.
    """

    places: Tensor | None

    def __init__(
        self, *, latent_dim: int, width: int, places: Tensor | int, outputs: int, activation: Activation
    ) -> None:
        super().__init__()
        inputs = places if isinstance(places, int) else places.shape[1]
        self.register_buffer("places", None if isinstance(places, int) else places, persistent=False)
        with undrawn():
            self.of_place = nn.Linear(inputs, width, bias=False)
            self.of_latent = nn.Linear(latent_dim, width, bias=False)
        self.layers = nn.Sequential(ACTIVATIONS[activation](), *dense([width, width, outputs], activation))

    def forward(self, latent: Tensor) -> Tensor:
        """Logits of shape (n, places, outputs)."""
        there = self.of_place.weight.T if self.places is None else self.of_place(self.places)
        return self.layers(self.of_latent(latent)[:, None] + there)


def fourier(shape: Sequence[int], frequencies: int) -> Tensor:
    """What the network is told of places on a grid: one row for each, row by row.

    Returns:
        Shape (places, 1 + axes * (1 + 2 * frequencies)), float32: a one, the coordinates from -1 to 1, their sines and
        cosines. An axis of one place says nothing and is left out.
    """
    places = coordinates(shape)[:, [axis for axis, size in enumerate(shape) if size > 1]]
    angles = math.pi / 2 * torch.arange(1.0, frequencies + 1, dtype=places.dtype) * places[..., None]
    waves = torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(1)
    return torch.cat([torch.ones(len(places), 1), places, waves], dim=1).float()


def coordinate(options: CoordinateOptions, ingredients: Ingredients) -> ClassicalGenerator:
    """Places are the pixels of an image, the steps of a series and the letters of a text, in [-1, 1] along each axis.

    Features of tables and points stand in no order, and have no place between others: each has a vector of its own
    there, which the first layer adds in.

    Raises:
        ConfigError: If the budget cannot be met.

    References:
        Skorokhodov I., Ignatyev S. and Elhoseiny M., Adversarial generation of continuous images (2020),
        arXiv:2011.12026. Fourier features: Tancik M. et al., Fourier features let networks learn high frequency
        functions in low dimensional domains (2020), arXiv:2006.10739.
    """
    data, latent_dim = ingredients.data, options.latent_dim
    axes = AXES.get(data.kind, 0)
    grid, outputs = data.sample_shape[:axes], math.prod(data.sample_shape[axes:]) if axes else 1
    places = fourier(grid, options.frequencies) if axes else data.features
    inputs = places if isinstance(places, int) else places.shape[1]

    def count(width: int) -> int:
        return width * (inputs + latent_dim) + width * (width + 1) + (width + 1) * outputs

    width = nearest_width(
        options.parameters,
        count,
        network=f"coordinate generator of {latent_dim} latents, {inputs} inputs of a place and {outputs} outputs",
    )
    layers = Coordinates(
        latent_dim=latent_dim, width=width, places=places, outputs=outputs, activation=options.activation
    )
    return ClassicalGenerator(layers, latent_dim=latent_dim, ingredients=ingredients)
