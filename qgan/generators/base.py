"""What every generator is, and what it is made of."""

__all__ = ["CircuitOptions", "Generator", "Ingredients", "into_range"]

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from circuits import Circuit
from qgan._registry import Options
from qgan.config import Component
from qgan.readout import Counts, Executor, GradientMethod, ReadOut
from qgan.samples import DataSet, Draw, Samples
from qgan.seeding import Key, stream


class CircuitOptions(Options):
    """What every generator made of circuits can be told.

    Attributes:
        circuit: A circuit's name, or ``qasm:FILE`` for an OpenQASM 3 file with free parameters, which brings its own
            wires and layers; see :func:`circuits.from_qasm`.
        n_wires: Wires of each circuit, ancillas among them.
        layers: Layers of the circuit.
        entangled: False drops the entanglers and keeps the parameters.
        pattern: Which wires the entanglers join, a name of :data:`circuits.PATTERNS`; ``"own"`` is the circuit's own.
        initial: How its weights begin, a name of :data:`circuits.INITIAL`; ``"own"`` is the circuit's own way.
        latent_dim: Random inputs, for a circuit that has a choice; None for its own number.
        latent_low: Smallest latent angle, radians.
        latent_high: Largest.
    """

    circuit: str = "hardware-efficient"
    n_wires: int = Field(default=5, ge=1, le=64)
    layers: int = Field(default=6, ge=1, le=10_000)
    entangled: bool = True
    pattern: str = "own"
    initial: str = "own"
    latent_dim: int | None = Field(default=None, ge=1, le=10_000)
    latent_low: float = 0.0
    latent_high: float = math.pi / 2

    @model_validator(mode="after")
    def _ordered(self) -> "CircuitOptions":
        if self.latent_low > self.latent_high:
            raise ValueError(f"latent_low = {self.latent_low} is above latent_high = {self.latent_high}")
        return self

    def make(self, ingredients: "Ingredients", **more: Any) -> Circuit:
        """The circuit of these options; ``more`` takes the place of some of them."""
        keywords = {"n_wires": self.n_wires, "layers": self.layers, "entangled": self.entangled, **more}
        if self.pattern != "own":
            keywords["pattern"] = self.pattern
        if self.initial != "own":
            keywords["initial"] = self.initial
        if self.latent_dim is not None:
            keywords["latent_dim"] = self.latent_dim
        return ingredients.circuit(self.circuit, **keywords)

    def latents(self, n: int, dim: int, key: Key) -> Tensor:
        """Shape (n, dim), float64, uniform between ``latent_low`` and ``latent_high`` radians."""
        return torch.from_numpy(stream(key).uniform(self.latent_low, self.latent_high, (n, dim)))


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
        inner: Makes another generator, of these ingredients but for the data: the part of one that is made of two.
    """

    data: DataSet
    key: Key
    circuit: Callable[..., Circuit]
    executor: MakeExecutor
    inner: Callable[[Component, DataSet], "Generator"]


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
