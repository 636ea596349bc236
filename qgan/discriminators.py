"""Classical discriminators: samples of shape (n, *sample_shape) to logits of shape (n,)."""

__all__ = ["DISCRIMINATORS", "MLPDiscriminator", "MLPOptions"]

from typing import Annotated, final

from pydantic import Field
from torch import Tensor, nn

from qgan._registry import Entry, Options, Table
from qgan.networks import Activation, dense, initialise
from qgan.seeding import Key

Width = Annotated[int, Field(ge=1, le=2**20)]


class MLPOptions(Options):
    """Hidden widths from the input on, and what stands between the layers."""

    hidden: Annotated[tuple[Width, ...], Field(strict=False)] = (64, 16)
    activation: Activation = "relu"


@final
class MLPDiscriminator(nn.Module):
    """Dense layers on the flattened sample.

    Args:
        options: Widths and activation.
        features: Numbers in a sample.
        key: Names the stream of the initial weights.
    """

    def __init__(self, options: MLPOptions, *, features: int, key: Key) -> None:
        super().__init__()
        self.layers = dense([features, *options.hidden, 1], options.activation)
        initialise(self.layers, key)

    def forward(self, values: Tensor) -> Tensor:
        """Logits of shape (n,) of samples of shape (n, *sample_shape)."""
        return self.layers(values.flatten(1)).squeeze(-1)


DISCRIMINATORS = Table(
    "discriminator",
    "qgan.discriminators",
    {"mlp": Entry(MLPDiscriminator, MLPOptions, "dense layers; 64-16 as in PennyLane's demo")},
)
