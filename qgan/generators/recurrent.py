"""The recurrent generator."""

__all__ = ["RecurrentOptions", "recurrent"]

import math
from typing import final

from pydantic import Field
from torch import Tensor, nn

from qgan.generators.base import Ingredients
from qgan.generators.budget import nearest_width
from qgan.generators.classical import ClassicalGenerator, ClassicalOptions
from qgan.networks import Activation, Recurrence, dense


class RecurrentOptions(ClassicalOptions):
    """Options of the recurrent generator.

    Attributes:
        step_latents: Numbers of the latent that each step is given; a latent has that many for each step.
    """

    step_latents: int = Field(default=2, ge=1, le=2**16)


@final
class Unrolled(nn.Module):
    """Gated recurrent units over the steps, and two dense layers from each state to that step's part of the sample.

    Args:
        step_latents: Numbers of the latent that each step is given.
        width: Numbers in the state, and in the hidden layer after it.
        features: Numbers that each step gives.
        activation: Between the dense layers.
    """

    def __init__(self, *, step_latents: int, width: int, features: int, activation: Activation) -> None:
        super().__init__()
        self.step_latents = step_latents
        self.units = Recurrence(step_latents, width)
        self.layers = dense([width, width, features], activation)

    def forward(self, latent: Tensor) -> Tensor:
        """Logits of shape (n, length, features)."""
        return self.layers(self.units(latent.reshape(len(latent), -1, self.step_latents)))


def recurrent(options: RecurrentOptions, ingredients: Ingredients) -> ClassicalGenerator:
    """Samples of shape (length,), or (length, features) with any number of further axes.

    A step depends on the latents of the steps up to it and on none after.

    Raises:
        ConfigError: If the budget cannot be met.

    References:
        Esteban C. et al., Real-valued (Medical) Time Series Generation with Recurrent Conditional GANs (2017),
        arXiv:1706.02633.
    """
    length, *further = ingredients.data.sample_shape
    inputs, features = options.step_latents, math.prod(further)

    def count(width: int) -> int:
        units = 3 * width * (inputs + width + 2)
        return units + width * (width + 1) + (width + 1) * features

    width = nearest_width(
        options.parameters, count, network=f"recurrent generator of {inputs} latents and {features} outputs a step"
    )
    layers = Unrolled(step_latents=inputs, width=width, features=features, activation=options.activation)
    return ClassicalGenerator(layers, latent_dim=length * inputs, ingredients=ingredients)
