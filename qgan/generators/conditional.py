"""Class-conditional training: any generator of latents, told by them what to make."""

__all__ = ["ConditionalGenerator", "numbered"]

from dataclasses import replace
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from qgan.errors import ConfigError
from qgan.generators.base import Generator
from qgan.readout import Counts, GradientMethod
from qgan.samples import DataSet, Draw, Part, Samples
from qgan.seeding import Key, stream

# Standard deviation of the initial embedding: classes differ from the first step on, and by little.
SPREAD = 0.1


def numbered(part: Part) -> Part:
    """The part with its labels numbered from 0, in their order."""
    assert part.labels is not None
    return replace(part, labels=np.unique(part.labels, return_inverse=True)[1].astype(np.int64))


@final
class ConditionalGenerator(Generator):
    """A generator whose latents are moved by a vector of each class's own, which is trained.

    Labels are drawn by their shares of the training part. Inside a training, they are numbered from 0 (:meth:`draw`,
    :meth:`forward`); samples that leave it (:meth:`sample`, :meth:`sample_class`) carry the data's own.

    Args:
        inner: Any generator with latents.
        data: Has labels.
        key: Names the stream of the initial embedding.

    Attributes:
        embedding: Shape (classes, latent_dim); radians where the latents are angles.

    Raises:
        ConfigError: If the generator has no latents or shares them between samples, or the data has no labels.

    References:
        Mirza M. and Osindero S., Conditional Generative Adversarial Nets (2014), arXiv:1411.1784.
    """

    classes: Tensor

    def __init__(self, inner: Generator, *, data: DataSet, key: Key) -> None:
        super().__init__()
        if data.train.labels is None:
            raise ConfigError(
                f"The data set '{data.name}' has no labels to train on",
                got="train.conditional = true",
                cure="Set train.conditional=false, or give data with labels",
            )
        if not inner.latent_dim:
            raise ConfigError(
                "A generator without latents cannot be told what to make",
                got="train.conditional = true",
                cure='Set train.conditional=false, or take a generator with latents, such as "patch" or "mlp"',
            )
        if not inner.independent:
            raise ConfigError(
                "A generator whose samples share a latent or a distribution cannot be told what each of them is to be",
                got="train.conditional = true",
                cure="Set train.conditional=false, or take a generator that makes one sample of each latent",
            )
        classes, counts = np.unique(data.train.labels, return_counts=True)
        self.inner, self.latent_dim = inner, inner.latent_dim
        self._shares = counts / counts.sum()
        initial = stream(key).normal(0, SPREAD, (len(classes), inner.latent_dim))
        like = inner.draw(1, key).latent
        self.embedding = nn.Parameter(torch.as_tensor(initial, dtype=like.dtype, device=like.device))
        self.register_buffer("classes", torch.from_numpy(classes.astype(np.int64)))

    @property
    def quantum(self) -> bool:  # type: ignore[override]
        """Whether the inner generator runs circuits."""
        return self.inner.quantum

    @property
    def counts(self) -> Counts:  # type: ignore[override]
        """What the inner generator has run so far."""
        return self.inner.counts

    @property
    def gradient(self) -> GradientMethod:  # type: ignore[override]
        """How the inner generator's gradient is found."""
        return self.inner.gradient

    @property
    def diagnostics(self) -> dict[str, float]:  # type: ignore[override]
        """Those of the inner generator."""
        return self.inner.diagnostics

    def draw(self, n: int, key: Key) -> Draw:
        """The inner generator's draw of that key, with labels of shape (n,), numbered from 0."""
        labels = stream(key._replace(purpose=f"{key.purpose}/labels")).choice(len(self._shares), size=n, p=self._shares)
        return self._told(self.inner.draw(n, key), torch.from_numpy(labels))

    def forward(self, draw: Draw) -> Samples:
        """The inner generator's samples of the moved latents, with the draw's labels.

        Raises:
            ConfigError: If the inner generator gives not one sample for each latent.
        """
        assert draw.labels is not None
        samples = self.inner(replace(draw, latent=draw.latent + self.embedding[draw.labels], labels=None))
        if len(samples) != len(draw.labels):
            raise ConfigError(
                "A generator of a whole distribution cannot be told what to make",
                got=f"{len(samples)} samples of {len(draw.labels)} latents, with train.conditional = true",
                cure="Set train.conditional=false, or take a generator that makes one sample of each latent",
            )
        return replace(samples, labels=draw.labels)

    def sample(self, n: int, key: Key) -> Samples:
        """n samples without gradients, with the data's own labels."""
        with torch.no_grad():
            return self._own(self(self.draw(n, key)))

    def sample_class(self, label: Any, n: int, key: Key) -> Samples:
        """n samples of one class, without gradients.

        Raises:
            ConfigError: If the data have no such label.
        """
        known = self.classes.tolist()
        if label not in known:
            raise ConfigError(
                "There is no such class", got=f"label = {label}", allowed=", ".join(map(str, known)), cure="Name one"
            )
        labels = torch.full((n,), known.index(label))
        with torch.no_grad():
            return self._own(self(self._told(self.inner.draw(n, key), labels)))

    def _told(self, draw: Draw, labels: Tensor) -> Draw:
        return replace(draw, labels=labels.to(draw.latent.device))

    def _own(self, samples: Samples) -> Samples:
        assert samples.labels is not None
        return replace(samples, labels=self.classes[samples.labels])
