"""The amplitude generator: one state holds the address and the colour of every pixel."""

__all__ = ["AmplitudeGenerator", "AmplitudeOptions"]

import math
from typing import final

import torch
from torch import Tensor

from circuits import begun_uniform
from qgan.generators.base import (
    CircuitGenerator,
    FittedOptions,
    Ingredients,
    initial_weights,
    into_range,
    require_latents,
    sets_of,
)
from qgan.generators.estimators import ESTIMATORS
from qgan.readout import Probabilities
from qgan.samples import Draw, Samples

# A probability below this is none: the angle is that of an unlit address, and no gradient goes through it.
NONE = 1e-12


class AmplitudeOptions(FittedOptions):
    """Options of the amplitude generator, whose wires are one of colour and those that number the pixels."""


@final
class AmplitudeGenerator(CircuitGenerator[AmplitudeOptions]):
    r"""A flexible representation of an image (FRQI): wire 0 is the colour, the others are the pixel's address.

    With the joint probabilities :math:`p(c, j)` of colour and address, amplitudes :math:`a_{cj} = \sqrt{p(c, j)}` and

    .. math:: x_j = \tfrac2\pi \arccos\frac{a_{0j}}{\sqrt{a_{0j}^2 + a_{1j}^2}}

    taken to the data's range. The circuit begins in the even superposition, which is an image of one grey, 1/2; an
    address that is never measured is of that grey too. Addresses beyond the last pixel are left out. Without
    entanglement all pixels of an image are alike.

    Args:
        options: See :class:`AmplitudeOptions`.
        ingredients: Data, circuit, executor.

    Raises:
        ConfigError: If another number of wires is asked for, or the circuit has no latents.

    References:
        Jäger J., Kiwit F. and Riofrío C. (2026), arXiv:2603.00233, whose circuits and noise are of their own. The
        encoding: Le P., Dong F. and Hirota K., A flexible representation of quantum images for polynomial preparation,
        image compression, and processing operations, Quantum Information Processing 10, 63 (2011).
    """

    estimator = ESTIMATORS["amplitude"]

    def __init__(self, options: AmplitudeOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        self.options, self.sample_shape, self.features = options, data.sample_shape, data.features
        n_wires = 1 + max(1, (self.features - 1).bit_length())
        circuit = options.make_with(ingredients, n_wires, why=f"An image of {self.features} pixels")
        require_latents(circuit)
        self.circuit, self.latent_dim = begun_uniform(circuit), circuit.latent_dim
        self.executor = ingredients.executor(self.circuit, Probabilities(), rows=1)
        self.gradient, self.diagnostics = self.executor.gradient, {}
        self.weights = initial_weights(circuit, ingredients.key)
        self.keep_range(data.low, data.high)

    def forward(self, draw: Draw) -> Samples:
        """Values of shape (n, *sample_shape), float32."""
        n = len(draw.latent)
        joint = self.executor(draw.latent, sets_of(self.weights), key=draw.key)
        unit = colours(joint.reshape(n, 2, -1)[..., : self.features])
        values = into_range(unit, self.low, self.high).reshape(n, *self.sample_shape)
        return Samples.uniform(values.float())


def colours(joint: Tensor) -> Tensor:
    """Probabilities of shape (n, 2, pixels), colour before address, to colours of shape (n, pixels) in [0, 1].

    The arc cosine is taken as the angle of the point (a0, a1), whose gradient stays finite at its ends.
    """
    dark, bright = joint.clamp_min(NONE).sqrt().unbind(1)
    return torch.atan2(bright, dark) * (2 / math.pi)
