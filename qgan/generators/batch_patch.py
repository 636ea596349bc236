"""The batch strategy: one circuit makes several images, which index wires tell apart."""

__all__ = ["BatchPatchGenerator", "BatchPatchOptions"]

from typing import Literal, final

from pydantic import Field, field_validator

from circuits import begun_uniform
from qgan.generators.base import (
    CircuitGenerator,
    FittedOptions,
    Ingredients,
    initial_weights,
    into_range,
    one_for_zero,
    require_latents,
    sets_of,
)
from qgan.generators.estimators import ESTIMATORS
from qgan.readout import Probabilities
from qgan.samples import Draw, Samples


class BatchPatchOptions(FittedOptions):
    """Options of the batch generator.

    Attributes:
        n_wires: Wires of the circuit; None for those of index, ancillas and pixels together.
        images: How many one circuit makes, a power of two.
        n_ancillas: Wires post-selected on 0, between those of the index and those of the pixels.
        scale: Divide an image by its ``"maximum"`` (its brightest pixel is then always the brightest possible) or leave
            its ``"sum"`` at 1.
    """

    images: int = Field(default=2, ge=2, le=2**20)
    n_ancillas: int = Field(default=0, ge=0, le=62)
    scale: Literal["maximum", "sum"] = "maximum"

    @field_validator("images")
    @classmethod
    def _power_of_two(cls, images: int) -> int:
        if images & (images - 1):
            raise ValueError(f"must be a power of two, such as {2 ** (images.bit_length() - 1)}")
        return images


@final
class BatchPatchGenerator(CircuitGenerator[BatchPatchOptions]):
    r"""A register in even superposition numbers the images of one circuit, which acts on it and on the pixels alike.

    With the joint probabilities :math:`p(i, a, j)` of index, ancillas and pixels, image i is

    .. math:: q_{ij} = p(i, 0, j) / \sum_j p(i, 0, j), \qquad x_{ij} = q_{ij} / \max_j q_{ij}

    or :math:`x_{ij} = q_{ij}` with ``scale = "sum"``; pixels beyond the last are left out. The images of a circuit
    share its latent, that of the first of them, and so are no independent samples: a batch of n images takes n /
    ``images`` circuits. ``diagnostics["postselection"]`` is the mean probability of finding the ancillas in 0.

    Args:
        options: See :class:`BatchPatchOptions`.
        ingredients: Data, circuit, executor.

    Raises:
        ConfigError: If another number of wires is asked for than index, ancillas and pixels take, or the circuit has no
            latents.

    References:
        Huang H.-L. et al., Experimental Quantum Generative Adversarial Networks for Image Generation, Phys. Rev.
        Applied 16, 024051 (2021), arXiv:2010.06201; its batch strategy, here with a classical discriminator.
    """

    independent, estimator = False, ESTIMATORS["batch-patch"]

    def __init__(self, options: BatchPatchOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        self.options, self.sample_shape, self.features = options, data.sample_shape, data.features
        index = options.images.bit_length() - 1
        self.pixels = 2 ** max(1, (self.features - 1).bit_length())
        n_wires = index + options.n_ancillas + self.pixels.bit_length() - 1
        circuit = options.make_with(
            ingredients,
            n_wires,
            why=f"A circuit for {options.images} images of {self.features} pixels with {options.n_ancillas} ancillas",
        )
        require_latents(circuit)
        self.circuit, self.latent_dim = begun_uniform(circuit, range(index)), circuit.latent_dim
        self.executor = ingredients.executor(self.circuit, Probabilities(), rows=1 / options.images)
        self.gradient, self.diagnostics = self.executor.gradient, {}
        self.weights = initial_weights(circuit, ingredients.key)
        span = (data.low, data.high) if options.scale == "maximum" else (0.0, 1.0)
        self.keep_range(*span)

    def forward(self, draw: Draw) -> Samples:
        """Values of shape (n, *sample_shape), float32."""
        n, latent = len(draw.latent), draw.latent[:: self.options.images]
        joint = self.executor(latent, sets_of(self.weights), key=draw.key)
        kept = joint.reshape(len(latent), self.options.images, -1, self.pixels)[:, :, 0]
        self.diagnostics = {"postselection": kept.detach().sum((1, 2)).mean().item()}
        images = kept.flatten(0, 1)[:n]
        images = images / one_for_zero(images.sum(-1, keepdim=True))
        if self.options.scale == "maximum":
            images = images / one_for_zero(images.amax(-1, keepdim=True))
        unit = images[:, : self.features].reshape(n, *self.sample_shape)
        return Samples.uniform(into_range(unit, self.low, self.high).float())
