"""The implicit generator: a coordinate and a latent give one pixel, so that images have any size."""

__all__ = ["ImplicitGenerator", "ImplicitOptions"]

import math
from collections.abc import Sequence
from typing import final

import torch
from pydantic import Field
from torch import Tensor, nn

from qgan.generators.base import (
    CircuitGenerator,
    CircuitOptions,
    Ingredients,
    initial_weights,
    into_range,
    require_latents,
    sets_of,
)
from qgan.generators.estimators import ESTIMATORS
from qgan.readout import ExpectationZ
from qgan.samples import Draw, Samples
from qgan.seeding import stream


class ImplicitOptions(CircuitOptions):
    """Options of the implicit generator.

    Attributes:
        latents_per_image: Numbers in one latent.
    """

    latents_per_image: int = Field(default=4, ge=1, le=4096)


@final
class ImplicitGenerator(CircuitGenerator[ImplicitOptions]):
    r"""One small circuit for each pixel of each image, all with the same weights.

    The angles that the circuit encodes are a trainable affine map of the pixel's place :math:`c \in [-1, 1]^d` and of
    the image's latent :math:`z`; a circuit that encodes them anew in each layer is told of them in each. With n wires

    .. math:: x(c, z) = \tfrac12 \Bigl(1 + \tfrac1n \sum_k \langle\psi(A (c, z) + b, \theta)| Z_k |\psi\rangle\Bigr)

    taken to the data's range. A batch runs as many circuits as it has pixels, in one call. :meth:`render` makes images
    of another size from the same latents.

    Args:
        options: See :class:`ImplicitOptions`.
        ingredients: Data, circuit, executor.

    Raises:
        ConfigError: If the circuit has no latents.

    References:
        The implicit quantum generator CoQui (2026); <Z> is averaged over wires here. With classical networks:
        Skorokhodov I., Ignatyev S. and Elhoseiny M., Adversarial generation of continuous images (2020),
        arXiv:2011.12026.
    """

    estimator = ESTIMATORS["expectation"]

    def __init__(self, options: ImplicitOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        self.options, self.sample_shape = options, data.sample_shape
        self.circuit = circuit = options.make(ingredients)
        require_latents(circuit)
        self.latent_dim = options.latents_per_image
        self.executor = ingredients.executor(circuit, ExpectationZ(), rows=data.features)
        self.gradient, self.diagnostics = self.executor.gradient, {}
        self.weights = initial_weights(circuit, ingredients.key)
        inputs = len(self.sample_shape) + self.latent_dim
        rng = stream(ingredients.key._replace(purpose=f"{ingredients.key.purpose}/encoding"))
        # From edge to edge of an image, an angle turns by about half a circle.
        matrix, offset = rng.normal(0, math.pi / 2, (circuit.latent_dim, inputs)), rng.normal(0, 1, circuit.latent_dim)
        self.matrix, self.offset = nn.Parameter(torch.from_numpy(matrix)), nn.Parameter(torch.from_numpy(offset))
        self.keep_range(data.low, data.high)

    def forward(self, draw: Draw) -> Samples:
        """Values of shape (n, *sample_shape), float32."""
        return self.render(draw, self.sample_shape)

    def render(self, draw: Draw, shape: Sequence[int]) -> Samples:
        """The images of that draw with other numbers of pixels.

        Args:
            draw: n latents.
            shape: As many axes as the data's samples have; pixels lie evenly from edge to edge.

        Returns:
            Values of shape (n, *shape), float32.

        Raises:
            ValueError: If there are more axes or fewer.
        """
        if len(shape) != len(self.sample_shape) or min(shape) < 1:
            raise ValueError(f"shape must be {len(self.sample_shape)} numbers of 1 or more, got {tuple(shape)}")
        places = coordinates(shape)
        n, pixels = len(draw.latent), len(places)
        inputs = torch.cat(
            [places.expand(n, *places.shape), draw.latent[:, None].expand(n, pixels, self.latent_dim)], dim=-1
        )
        angles = (inputs @ self.matrix.T + self.offset).flatten(0, 1)
        read = self.executor(angles, sets_of(self.weights), key=draw.key)
        unit = (1 + read.mean(-1)) / 2
        return Samples.uniform(into_range(unit, self.low, self.high).reshape(n, *shape).float())


def coordinates(shape: Sequence[int]) -> Tensor:
    """Places of pixels, row by row: shape (pixels, axes), from -1 to 1 along each axis, 0 where it has one pixel."""
    axes = [torch.linspace(-1, 1, size, dtype=torch.float64) if size > 1 else torch.zeros(1).double() for size in shape]
    return torch.cartesian_prod(*axes).reshape(-1, len(shape))
