"""What every generator is, and what it is made of."""

__all__ = ["Generator", "Ingredients"]

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from circuits import Circuit
from qgan.readout import Counts, Executor, GradientMethod, ReadOut
from qgan.samples import DataSet, Draw, Samples
from qgan.seeding import Key


class MakeExecutor(Protocol):
    """Makes the executor of a circuit; ``rows`` circuits will be run for each sample of a batch."""

    def __call__(self, circuit: Circuit, readout: ReadOut, *, rows: int) -> Executor: ...


@dataclass(frozen=True)
class Ingredients:
    """What a generator may ask for when it is made.

    Attributes:
        data: What it will imitate.
        key: Names the stream of its initial weights.
        circuit: Makes a circuit of a name (or the user's own) with keyword arguments.
        executor: Makes an executor on the run's backend.
    """

    data: DataSet
    key: Key
    circuit: Callable[..., Circuit]
    executor: MakeExecutor


class Generator(nn.Module, ABC):
    """Makes samples from draws.

    Attributes:
        quantum: Whether it runs circuits; it then stays on the CPU, where they are run.
        latent_dim: Numbers in one latent.
        counts: Circuits and shots run so far; stays at zero for a classical generator.
        gradient: How its gradient is found.
        diagnostics: Numbers about the last forward pass that belong in a record.
    """

    quantum: ClassVar[bool]
    latent_dim: int
    counts: Counts
    gradient: GradientMethod
    diagnostics: dict[str, float]

    @abstractmethod
    def draw(self, n: int, key: Key) -> Draw:
        """n latents from the stream of that key."""

    @abstractmethod
    def forward(self, draw: Draw) -> Samples:
        """Samples with values of shape (n, *sample_shape), differentiable with respect to the parameters."""

    def sample(self, n: int, key: Key) -> Samples:
        """n samples without gradients."""
        with torch.no_grad():
            return self(self.draw(n, key))


def into_range(values: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Values of [0, 1] taken to [low, high]."""
    return low + (high - low) * values
