"""Dense, convolutional and recurrent layers, initialised from a stream of ours and not from torch's global one."""

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Recurrence",
    "Sine",
    "convolution",
    "dense",
    "halvings",
    "initialise",
    "normalise_spectrally",
    "undrawn",
]

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Literal, TypeAlias, final

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import cached

from qgan.seeding import Key, torch_seed

Activation: TypeAlias = Literal["relu", "leaky-relu", "tanh", "silu", "gelu", "sine"]

_WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d)


@final
class Sine(nn.Module):
    """sin(x). A network that holds one is initialised as a SIREN is: see :func:`initialise`.

    References:
        Sitzmann V. et al., Implicit Neural Representations with Periodic Activation Functions (2020), arXiv:2006.09661.
        Their factor of 30 in the first layer, for coordinates that span many periods, is 1 here: latents and samples
        are no coordinates.
    """

    def forward(self, values: Tensor) -> Tensor:
        """The same shape."""
        return torch.sin(values)


ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(0.2),
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "sine": Sine,
}


@contextmanager
def undrawn() -> Iterator[None]:
    """torch draws the weights of new layers from its global stream, which is not ours to move on: it is put back."""
    with torch.random.fork_rng(devices=[]):
        yield


def dense(widths: Sequence[int], activation: Activation, *, dropout: float = 0.0) -> nn.Sequential:
    """Linear layers of those widths with activation and dropout between them, neither after the last."""
    between = 1 if dropout == 0 else 2
    layers: list[nn.Module] = []
    with undrawn():
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), ACTIVATIONS[activation](), nn.Dropout(dropout)][: between + 1]
    return nn.Sequential(*layers[:-between])


def convolution(inputs: int, outputs: int, *, axes: int, stride: int = 1) -> nn.Conv1d | nn.Conv2d:
    """Three wide on each of one or two axes, padded: a side of n becomes n / stride, rounded up."""
    with undrawn():
        return (nn.Conv1d if axes == 1 else nn.Conv2d)(inputs, outputs, 3, stride=stride, padding=1)


def halvings(sides: Sequence[int], *, longest: int) -> list[tuple[int, ...]]:
    """The sides, halved and rounded up until none is longer than ``longest``; from the whole to the smallest."""
    sizes = [tuple(sides)]
    while max(sizes[-1]) > longest:
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    return sizes


@final
class Recurrence(nn.Module):
    """Gated recurrent units that begin at zero.

    torch's cell, stepped here: unlike its fused layer, it can be differentiated twice on a GPU, as a gradient penalty
    does, and sees weights that are normalised.

    Args:
        inputs: Numbers in each step.
        width: Numbers in the state.

    References:
        Cho K. et al., Learning Phrase Representations using RNN Encoder-Decoder (2014), arXiv:1406.1078.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        with undrawn():
            self.cell = nn.GRUCell(inputs, width)

    def forward(self, values: Tensor) -> Tensor:
        """States of shape (n, length, width) after each step of values of shape (n, length, inputs)."""
        state = values.new_zeros(len(values), self.cell.hidden_size)
        states = []
        with cached():
            for step in values.unbind(1):
                state = self.cell(step, state)
                states.append(state)
        return torch.stack(states, dim=1)


def initialise(module: nn.Module, key: Key) -> None:
    """Draws all weights and biases from U(-b, b), as torch does by default, but from the stream of the key.

    b is 1/sqrt(inputs) for linear and convolutional layers, and 1/sqrt(width) for recurrent ones. Where the module
    holds a :class:`Sine`, linear and convolutional weights have b = sqrt(6/inputs) (arXiv:2006.09661, section 3.2):
    the variance v of what goes into the sines then comes to v = 1 - exp(-2 v), which is 0.8, in any number of layers.
    """
    generator = torch.Generator().manual_seed(torch_seed(key))
    gain = 6**0.5 if any(isinstance(part, Sine) for part in module.modules()) else 1.0
    for layer in module.modules():
        if isinstance(layer, nn.GRUCell):
            _draw(layer, generator, bound=layer.hidden_size**-0.5)
        elif isinstance(layer, _WEIGHTED):
            _draw(layer, generator, bound=layer.weight[0].numel() ** -0.5, gain=gain)


def _draw(layer: nn.Module, generator: torch.Generator, *, bound: float, gain: float = 1.0) -> None:
    for parameter in layer.parameters(recurse=False):
        reach = bound if parameter.ndim == 1 else gain * bound
        nn.init.uniform_(parameter, -reach, reach, generator=generator)


def normalise_spectrally(module: nn.Module, key: Key) -> None:
    """Divides each layer's weights by their largest singular value, in place; call it once they are initialised.

    The value is followed by one power iteration in each forward pass in training mode, whose vectors are buffers of the
    module's state. They begin from the stream of the key.

    References:
        Miyato T. et al., Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957.
    """
    layers = list(module.modules())
    with undrawn():
        torch.default_generator.manual_seed(torch_seed(key))
        for layer in layers:
            if isinstance(layer, nn.GRUCell):
                spectral_norm(spectral_norm(layer, "weight_ih"), "weight_hh")
            elif isinstance(layer, _WEIGHTED):
                spectral_norm(layer)
