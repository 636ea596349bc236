"""The patch generator: several small circuits, each making a part of the image."""

__all__ = ["PatchGenerator", "PatchOptions"]

from typing import Literal, final

from pydantic import Field, model_validator

from qgan.errors import ConfigError
from qgan.generators.base import (
    CircuitGenerator,
    CircuitOptions,
    Ingredients,
    initial_weights,
    sets_of,
)
from qgan.generators.estimators import ESTIMATORS
from qgan.generators.mosaic import Mosaic
from qgan.readout import Probabilities
from qgan.samples import Draw, Samples


class PatchOptions(CircuitOptions):
    """Options of the patch generator.

    Attributes:
        n_ancillas: The first wires, post-selected on 0.
        patches: Sub-circuits; None for as many as the sample needs.
        scale: Divide a patch by its ``"maximum"`` (its brightest pixel is then always the brightest possible) or leave
            its ``"sum"`` at 1.
    """

    n_ancillas: int = Field(default=1, ge=0)
    patches: int | None = Field(default=None, ge=1, le=65_536)
    scale: Literal["maximum", "sum"] = "maximum"

    @model_validator(mode="after")
    def _consistent(self) -> "PatchOptions":
        if self.n_ancillas >= self.n_wires:
            raise ValueError(f"n_ancillas = {self.n_ancillas} leaves none of n_wires = {self.n_wires} to read out")
        return self


@final
class PatchGenerator(CircuitGenerator[PatchOptions]):
    r"""Sub-circuits that share their latent, each with weights of its own.

    With the joint probabilities :math:`p(a, j)` of ancillas and data wires, the pixels of a patch are

    .. math:: q_j = p(0, j) / \sum_j p(0, j), \qquad x_j = q_j / \max_j q_j

    or :math:`x_j = q_j` with ``scale = "sum"``. Patches follow each other in the flattened sample; what the last one
    has too many is left out. ``diagnostics["postselection"]`` is the mean probability of finding the ancillas in 0: 1
    over it is how many more shots hardware would need.

    Args:
        options: See :class:`PatchOptions`.
        ingredients: Data, circuit, executor.

    Raises:
        ConfigError: If the patches do not fit the sample.

    References:
        Huang H.-L. et al., Experimental Quantum Generative Adversarial Networks for Image Generation, Phys. Rev.
        Applied 16, 024051 (2021), arXiv:2010.06201.
    """

    estimator = ESTIMATORS["patch"]

    def __init__(self, options: PatchOptions, ingredients: Ingredients) -> None:
        super().__init__()
        circuit = options.make(ingredients)
        if options.n_ancillas >= circuit.n_wires:
            raise ConfigError(
                "generator.n_ancillas leaves no wire to read out",
                got=f"{options.n_ancillas} of {circuit.n_wires} wires",
                cure="Use fewer ancillas",
            )
        data = ingredients.data
        self.options, self.circuit, self.sample_shape = options, circuit, data.sample_shape
        self.latent_dim = circuit.latent_dim
        self.pixels = 2 ** (circuit.n_wires - options.n_ancillas)
        self.patches = self._fitting(options.patches, data.features)
        self.executor = ingredients.executor(circuit, Probabilities(), rows=self.patches)
        self.gradient = self.executor.gradient
        self.diagnostics = {}
        self.weights = initial_weights(circuit, ingredients.key, copies=self.patches)
        # A patch that sums to 1 is a distribution already; only brightness has a range to be taken to.
        span = (data.low, data.high) if options.scale == "maximum" else (0.0, 1.0)
        self.keep_range(*span)
        self.mosaic = Mosaic(self.patches, self.pixels, data.features, brightest=options.scale == "maximum")

    def _fitting(self, patches: int | None, features: int) -> int:
        needed = -(-features // self.pixels)
        if patches not in (None, needed):
            raise ConfigError(
                f"generator.patches does not fit samples of {features} numbers",
                got=f"{patches} patches of {self.pixels} numbers ({self.circuit.n_wires} wires, "
                f"{self.options.n_ancillas} of them ancillas)",
                allowed=f"{needed}",
                cure=f"Set generator.patches={needed}, or leave it out",
            )
        return needed

    def forward(self, draw: Draw) -> Samples:
        """Values of shape (n, *sample_shape), float32."""
        n, dim = draw.latent.shape
        latent = draw.latent.expand(self.patches, n, dim).reshape(self.patches * n, dim)
        joint = self.executor(latent, sets_of(self.weights), key=draw.key)
        images, kept = self.mosaic(joint, self.low.item(), self.high.item())
        self.diagnostics = {"postselection": kept}
        return Samples.uniform(images.view(n, *self.sample_shape))
