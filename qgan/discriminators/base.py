"""What the discriminators share: their options, how they are told labels, and how they end."""

__all__ = ["DiscriminatorOptions", "MinibatchStd", "Width", "beside", "finish", "to_logit"]

from typing import Annotated, final

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import one_hot

from qgan._registry import Options
from qgan.networks import Activation, dense, initialise, normalise_spectrally, undrawn
from qgan.seeding import Key

Width = Annotated[int, Field(ge=1, le=2**20)]


class DiscriminatorOptions(Options):
    """What every discriminator can be told.

    Attributes:
        hidden: Widths of the dense layers that end in the logit.
        activation: Between all layers.
        minibatch_std: Let it see how much the samples of a batch differ: see :class:`MinibatchStd`.
        spectral_norm: Divide the weights of each layer by their largest singular value (arXiv:1802.05957).
        dropout: Share of numbers between layers that are set to 0 while training.
    """

    hidden: Annotated[tuple[Width, ...], Field(strict=False)] = ()
    activation: Activation = "leaky-relu"
    minibatch_std: bool = False
    spectral_norm: bool = False
    dropout: float = Field(default=0.0, ge=0, lt=1)


@final
class MinibatchStd(nn.Module):
    """Puts one number beside the features: their standard deviation over the batch, averaged over the features.

    Samples that are all alike give themselves away by it. The whole batch is one group, and of equal weight.

    References:
        Karras T. et al., Progressive Growing of GANs (2017), arXiv:1710.10196, section 3.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Shape (n, features) to (n, features + 1)."""
        # The root of 0 has no finite slope.
        spread = (features.var(0, unbiased=False) + 1e-8).sqrt().mean()
        return torch.cat([features, spread.expand(len(features), 1)], dim=1)


def beside(values: Tensor, labels: Tensor | None, classes: int) -> Tensor:
    """Labels of shape (n,) as one-hot numbers beside those of each place: (n, *places, k) to (n, *places, k + classes).

    References:
        Mirza M. and Osindero S., Conditional Generative Adversarial Nets (2014), arXiv:1411.1784.
    """
    if labels is None:
        return values
    told = one_hot(labels, classes).to(values.dtype)
    told = told.reshape(len(values), *[1] * (values.ndim - 2), classes).expand(*values.shape[:-1], classes)
    return torch.cat([values, told], dim=-1)


def to_logit(features: int, options: DiscriminatorOptions) -> nn.Sequential:
    """Dense layers to one logit. The last hidden one sees the spread of the batch, where that is asked for."""
    stack = dense([features, *options.hidden, 1], options.activation, dropout=options.dropout)
    if options.minibatch_std:
        place = [index for index, layer in enumerate(stack) if isinstance(layer, nn.Linear)][-2:][0]
        before = stack[place]
        assert isinstance(before, nn.Linear)
        with undrawn():
            stack[place] = nn.Sequential(MinibatchStd(), nn.Linear(before.in_features + 1, before.out_features))
    return stack


def finish(module: nn.Module, options: DiscriminatorOptions, key: Key) -> None:
    """Draws the initial weights, and normalises them where that is asked for."""
    initialise(module, key)
    if options.spectral_norm:
        normalise_spectrally(module, key._replace(purpose=f"{key.purpose}/power iteration"))
