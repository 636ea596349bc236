"""The recurrent discriminator."""

__all__ = ["RecurrentDiscriminator", "RecurrentOptions"]

import math
from typing import Annotated, final

from pydantic import Field
from torch import Tensor, nn

from qgan.discriminators.base import DiscriminatorOptions, Width, beside, finish, to_logit
from qgan.networks import Recurrence
from qgan.seeding import Key


class RecurrentOptions(DiscriminatorOptions):
    """Options of the recurrent discriminator.

    Attributes:
        width: Numbers in its state.
        hidden: Widths of the dense layers after the last state.
    """

    width: int = Field(default=32, ge=1, le=2**14)
    hidden: Annotated[tuple[Width, ...], Field(strict=False)] = (16,)


@final
class RecurrentDiscriminator(nn.Module):
    """Gated recurrent units along the first axis of a sample, and dense layers on the state that they end in.

    Args:
        options: See :class:`RecurrentOptions`.
        shape: Of a sample: (length,), or (length, features) with any number of further axes.
        classes: How many there are to tell it of, in each step; 0 where it is told nothing.
        key: Names the stream of the initial weights.

    References:
        Esteban C. et al., Real-valued (Medical) Time Series Generation with Recurrent Conditional GANs (2017),
        arXiv:1706.02633.
    """

    def __init__(self, options: RecurrentOptions, *, shape: tuple[int, ...], classes: int, key: Key) -> None:
        super().__init__()
        self.classes = classes
        self.units = Recurrence(math.prod(shape[1:]) + classes, options.width)
        self.layers = to_logit(options.width, options)
        finish(self, options, key)

    def forward(self, values: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of shape (n,) of samples of shape (n, *sample_shape) and labels of shape (n,)."""
        seen = beside(values.reshape(*values.shape[:2], -1), labels, self.classes)
        return self.layers(self.units(seen)[:, -1]).squeeze(-1)
