"""Classical discriminators: samples of shape (n, *sample_shape) to logits of shape (n,).

``make(options, shape=, classes=, key=)`` of an entry gives a module; with ``classes`` above 0 it is called with labels
of shape (n,), numbered from 0, beside the samples.
"""

__all__ = ["DISCRIMINATORS", "MLPDiscriminator", "MLPOptions"]

import math
from typing import Annotated, final

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import one_hot

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
        shape: Of a sample.
        classes: How many there are to tell it of; 0 where it is told nothing.
        key: Names the stream of the initial weights.
    """

    def __init__(self, options: MLPOptions, *, shape: tuple[int, ...], classes: int, key: Key) -> None:
        super().__init__()
        self.classes = classes
        self.layers = dense([math.prod(shape) + classes, *options.hidden, 1], options.activation)
        initialise(self.layers, key)

    def forward(self, values: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of shape (n,) of samples of shape (n, *sample_shape) and labels of shape (n,)."""
        seen = values.flatten(1)
        if labels is not None:
            seen = torch.cat([seen, one_hot(labels, self.classes).to(seen.dtype)], dim=1)
        return self.layers(seen).squeeze(-1)


DISCRIMINATORS = Table(
    "discriminator",
    "qgan.discriminators",
    {"mlp": Entry(MLPDiscriminator, MLPOptions, "dense layers; 64-16 as in PennyLane's demo")},
)
