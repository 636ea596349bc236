"""The convolutional discriminator."""

__all__ = ["ConvDiscriminator", "ConvOptions"]

import math
from itertools import pairwise
from typing import Annotated, final

from pydantic import Field
from torch import Tensor, nn

from qgan.discriminators.base import DiscriminatorOptions, Width, beside, finish, to_logit
from qgan.errors import ConfigError
from qgan.networks import ACTIVATIONS, convolution, halvings
from qgan.seeding import Key

# An image is halved until its longest side is no more than this; once at least.
LONGEST = 3


class ConvOptions(DiscriminatorOptions):
    """Options of the convolutional discriminator.

    Attributes:
        channels: Of the first convolution; each further one has twice as many.
        hidden: Widths of the dense layers after the convolutions.
    """

    channels: int = Field(default=16, ge=1, le=4096)
    hidden: Annotated[tuple[Width, ...], Field(strict=False)] = (32,)


@final
class ConvDiscriminator(nn.Module):
    """Convolutions of stride 2, as many as it takes to bring the sample down to 3 x 3 or less, then dense layers.

    Args:
        options: See :class:`ConvOptions`.
        shape: Of a sample: (length,), (height, width) or (height, width, channels), sides of any length; a series of
            several features is convolved over both axes, as an image is.
        classes: How many there are to tell it of; 0 where it is told nothing.
        key: Names the stream of the initial weights.

    Raises:
        ConfigError: If a sample has more than three axes.

    References:
        Radford A. et al., Unsupervised Representation Learning with DCGANs (2015), arXiv:1511.06434.
    """

    def __init__(self, options: ConvOptions, *, shape: tuple[int, ...], classes: int, key: Key) -> None:
        super().__init__()
        if not 1 <= len(shape) <= 3:
            raise ConfigError(
                "The discriminator 'conv' cannot take samples of this shape",
                got=f"shape {shape}",
                allowed="(length,), (height, width) or (height, width, channels)",
                cure="Set discriminator.name=mlp, or reshape the samples",
            )
        self.classes = classes
        self.sides, inputs = shape[:2], math.prod(shape[2:])
        sizes = halvings(self.sides, longest=LONGEST)[1:] or [tuple(-(-side // 2) for side in self.sides)]
        widths = [inputs + classes, *(options.channels * 2**step for step in range(len(sizes)))]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [convolution(before, after, axes=len(self.sides), stride=2), ACTIVATIONS[options.activation]()]
            layers += [nn.Dropout(options.dropout)] if options.dropout else []
        self.layers = nn.Sequential(*layers, nn.Flatten(), to_logit(widths[-1] * math.prod(sizes[-1]), options))
        finish(self.layers, options, key)

    def forward(self, values: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of shape (n,) of samples of shape (n, *sample_shape) and labels of shape (n,)."""
        seen = beside(values.reshape(len(values), *self.sides, -1), labels, self.classes)
        return self.layers(seen.movedim(-1, 1)).squeeze(-1)
