"""The dense discriminator."""

__all__ = ["MLPDiscriminator", "MLPOptions"]

import math
from typing import Annotated, final

from pydantic import Field
from torch import Tensor, nn

from qgan.discriminators.base import DiscriminatorOptions, Width, beside, finish, to_logit
from qgan.networks import Activation
from qgan.seeding import Key


class MLPOptions(DiscriminatorOptions):
    """Hidden widths from the input on, and what stands between the layers; the rest is what all can be told."""

    hidden: Annotated[tuple[Width, ...], Field(strict=False)] = (64, 16)
    activation: Activation = "relu"


@final
class MLPDiscriminator(nn.Module):
    """Dense layers on the flattened sample.

    Args:
        options: See :class:`MLPOptions`.
        shape: Of a sample.
        classes: How many there are to tell it of; 0 where it is told nothing.
        key: Names the stream of the initial weights.
    """

    def __init__(self, options: MLPOptions, *, shape: tuple[int, ...], classes: int, key: Key) -> None:
        super().__init__()
        self.classes = classes
        self.layers = to_logit(math.prod(shape) + classes, options)
        finish(self.layers, options, key)

    def forward(self, values: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of shape (n,) of samples of shape (n, *sample_shape) and labels of shape (n,)."""
        return self.layers(beside(values.flatten(1), labels, self.classes)).squeeze(-1)
