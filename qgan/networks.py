"""Dense stacks, initialised from a stream of ours and not from torch's global one."""

__all__ = ["ACTIVATIONS", "dense", "initialise"]

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

import torch
from torch import nn

from qgan.seeding import Key, torch_seed

Activation: TypeAlias = Literal["relu", "leaky-relu", "tanh", "gelu"]

ACTIVATIONS = {"relu": nn.ReLU, "leaky-relu": lambda: nn.LeakyReLU(0.2), "tanh": nn.Tanh, "gelu": nn.GELU}


def dense(widths: Sequence[int], activation: Activation) -> nn.Sequential:
    """Linear layers of those widths with the activation between them, none after the last."""
    layers: list[nn.Module] = []
    # torch draws weights of its own from its global stream, which is not ours to move on.
    with torch.random.fork_rng(devices=[]):
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])


def initialise(module: nn.Module, key: Key) -> None:
    """Draws every linear layer's weights and biases from U(-1/sqrt(inputs), 1/sqrt(inputs)), torch's own default."""
    generator = torch.Generator().manual_seed(torch_seed(key))
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            for parameter in layer.parameters(recurse=False):
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
