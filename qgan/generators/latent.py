"""The latent generator: any generator makes codes, and a frozen decoder makes samples of them."""

__all__ = ["LatentGenerator", "LatentOptions"]

from dataclasses import replace
from typing import Literal, final

import numpy as np
from pydantic import Field

from qgan._registry import Options
from qgan._typing import Array
from qgan.config import Component
from qgan.generators.base import Generator, Ingredients
from qgan.generators.decoders import autoencoder, principal_components
from qgan.readout import Counts
from qgan.samples import DataSet, Draw, Part, Samples, Scaling
from qgan.seeding import Key

MOST_BY_DEFAULT = 8


class LatentOptions(Options):
    """Options of the latent generator.

    Attributes:
        inner: The generator of codes, with its options.
        decoder: ``"pca"``, principal components, or ``"autoencoder"``.
        codes: Numbers in a code; None for as many as there are features, and 8 at most.
        hidden: Width of the autoencoder's hidden layers.
        steps: Updates of the autoencoder before anything else is trained.
        batch_size: Rows in each of these.
    """

    inner: Component = Component.model_validate({"name": "expectation"})
    decoder: Literal["pca", "autoencoder"] = "pca"
    codes: int | None = Field(default=None, ge=1, le=2**16)
    hidden: int = Field(default=64, ge=1, le=2**16)
    steps: int = Field(default=500, ge=1, le=2**31)
    batch_size: int = Field(default=64, ge=1, le=2**20)


@final
class LatentGenerator(Generator):
    """A generator of codes before a decoder that was fitted to the training data and is trained no more.

    Codes have mean 0 and spread 1 on the training part, and the inner generator's range is that of all of them there.
    What a decoder makes of arbitrary codes already looks like the data: hold it against a classical inner generator,
    and against untrained ones.

    Args:
        options: See :class:`LatentOptions`.
        ingredients: Data and inner generators.

    Raises:
        ConfigError: If the data does not vary in that many directions, or the inner generator cannot be made.

    References:
        Vieloszynski A. et al., LatentQGAN: A hybrid QGAN with classical convolutional autoencoder (2024),
        arXiv:2409.14622. Principal components: Silver D. et al., MosaiQ: Quantum generative adversarial networks for
        image generation on NISQ computers (2023), arXiv:2308.11096, without its redistribution of components.
    """

    def __init__(self, options: LatentOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        codes = options.codes or min(MOST_BY_DEFAULT, data.features)
        if options.decoder == "pca":
            self.decoder, encoded = principal_components(data, codes)
        else:
            self.decoder, encoded = autoencoder(
                data,
                codes,
                hidden=options.hidden,
                steps=options.steps,
                batch_size=options.batch_size,
                key=ingredients.key._replace(purpose=f"{ingredients.key.purpose}/decoder"),
            )
        self.inner = ingredients.inner(options.inner, _as_data(data, encoded))
        self.quantum, self.independent = self.inner.quantum, self.inner.independent
        self.latent_dim, self.gradient = self.inner.latent_dim, self.inner.gradient
        self.circuit = getattr(self.inner, "circuit", None)

    @property
    def counts(self) -> Counts:  # type: ignore[override]
        """What the inner generator has run so far."""
        return self.inner.counts

    @property
    def diagnostics(self) -> dict[str, float]:  # type: ignore[override]
        """Those of the inner generator."""
        return self.inner.diagnostics

    def draw(self, n: int, key: Key) -> Draw:
        """Latents of the inner generator."""
        return self.inner.draw(n, key)

    def forward(self, draw: Draw) -> Samples:
        """Values of shape (n, *sample_shape), float32."""
        codes = self.inner(draw)
        return Samples(self.decoder(codes.values), codes.weights, codes.labels)


def _as_data(data: DataSet, encoded: dict[str, Array]) -> DataSet:
    """The codes as a data set of points; their range is that of the training part."""
    parts = {name: Part(np.ascontiguousarray(codes), getattr(data, name).labels) for name, codes in encoded.items()}
    return replace(
        data,
        **parts,
        name=f"codes of {data.name}",
        low=float(encoded["train"].min()),
        high=float(encoded["train"].max()),
        labelled=None,
        sha256="",
        kind="points",
        scaling=Scaling(),
        names=(),
        levels=None,
        alphabet="",
        modes=None,
        mode_radius=0.0,
    )
