"""What every generator is, and what it is made of."""

__all__ = [
    "CircuitGenerator",
    "CircuitOptions",
    "FittedOptions",
    "Generator",
    "Ingredients",
    "initial_weights",
    "into_range",
    "one_for_zero",
    "require_latents",
    "sets_of",
]

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import threshold

from circuits import Circuit
from qgan._registry import Options
from qgan.config import Component
from qgan.errors import ConfigError
from qgan.generators.estimators import Estimator
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
        latent_dim: Random inputs, for a circuit that has a choice, and 0 for none; None for its own number.
        latent: How latents are distributed: ``"uniform"`` between the bounds below, or standard ``"normal"``.
        latent_low: Smallest latent angle, radians.
        latent_high: Largest.
    """

    circuit: str = "hardware-efficient"
    n_wires: int = Field(default=5, ge=1, le=64)
    layers: int = Field(default=6, ge=1, le=10_000)
    entangled: bool = True
    pattern: str = "own"
    initial: str = "own"
    latent_dim: int | None = Field(default=None, ge=0, le=10_000)
    latent: Literal["uniform", "normal"] = "uniform"
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
        """Shape (n, dim), float64, radians: standard normal, or uniform between ``latent_low`` and ``latent_high``."""
        rng = stream(key)
        if self.latent == "normal":
            return torch.from_numpy(rng.standard_normal((n, dim)))
        return torch.from_numpy(rng.uniform(self.latent_low, self.latent_high, (n, dim)))


class FittedOptions(CircuitOptions):
    """What a generator can be told whose wires follow from the data.

    Attributes:
        n_wires: Wires of each circuit; None for as many as the data needs.
    """

    n_wires: int | None = Field(default=None, ge=1, le=64)  # pyright: ignore[reportIncompatibleVariableOverride]

    def make_with(self, ingredients: "Ingredients", n_wires: int, *, why: str) -> Circuit:
        """The circuit of these options on that many wires.

        Raises:
            ConfigError: If another number was asked for, or the user's own circuit has another.
        """
        if n_wires > 62:
            # Bit strings are numbered in 64 bits, and no state vector is nearly as long.
            raise ConfigError(f"{why} takes {n_wires} wires", allowed="62 or fewer", cure="Use smaller data")
        circuit = self.make(ingredients, n_wires=n_wires) if self.n_wires in (None, n_wires) else None
        if circuit is None or circuit.n_wires != n_wires:
            raise ConfigError(
                f"{why} takes {n_wires} wires",
                got=f"generator.n_wires = {self.n_wires}" if circuit is None else f"a circuit of {circuit.n_wires}",
                allowed=str(n_wires),
                cure=f"Set generator.n_wires={n_wires}, or leave it out"
                if circuit is None
                else f"Give a circuit of {n_wires} wires",
            )
        return circuit


OptionsT = TypeVar("OptionsT", bound=CircuitOptions)


class MakeExecutor(Protocol):
    """Makes the executor of a circuit; ``rows`` circuits will be run for each sample of a batch.

    Below 1 where several samples share a circuit, and 0 where all do.
    """

    def __call__(self, circuit: Circuit, readout: ReadOut, *, rows: float) -> Executor: ...


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
        independent: Whether a sample is a function of its own latent and nothing else: not so where a distribution is
            given or drawn from, or where samples share a circuit.
        latent_dim: Numbers in one latent.
        counts: Circuits and shots run so far; stays at zero for a classical generator.
        gradient: How its gradient is found.
        estimator: What finite shots make of its gradient; None where that is not known, or there are no circuits.
        diagnostics: Numbers about the last forward pass that belong in a record.
        precision: Of what its circuits give; of a classical generator, whatever its tensors have.
    """

    quantum: bool
    independent: bool = True
    precision: torch.dtype = torch.float64
    estimator: Estimator | None = None
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
        """n samples of equal weight, without gradients; drawn by weight where the generator gives a distribution."""
        with torch.no_grad():
            samples = self(self.draw(n, key))
        even = len(samples) == n and bool((samples.weights == samples.weights[0]).all())
        return samples if even else samples.resampled(n, key._replace(purpose=f"{key.purpose}:rows"))


class CircuitGenerator(Generator, Generic[OptionsT]):
    """A generator that runs circuits in one executor, on latents that its options describe.

    Attributes:
        options: As given.
        executor: Runs its circuits, and counts them.
        circuit: What they are.
        weights: Theirs, by name.
        low: What 0 is taken to.
        high: What 1 is taken to.
    """

    quantum = True
    options: OptionsT
    executor: Executor
    circuit: Circuit
    weights: nn.ParameterDict
    low: Tensor
    high: Tensor

    def keep_range(self, low: float, high: float, *, dtype: torch.dtype = torch.float64) -> None:
        """Makes the range that samples are taken to a part of the state."""
        self.register_buffer("low", torch.tensor(low, dtype=dtype))
        self.register_buffer("high", torch.tensor(high, dtype=dtype))

    @property
    def counts(self) -> Counts:  # type: ignore[override]
        """What the executor has run so far."""
        return self.executor.counts

    @property
    def precision(self) -> torch.dtype:  # type: ignore[override]
        """That of the executor."""
        return self.executor.precision

    def draw(self, n: int, key: Key) -> Draw:
        """Latents of shape (n, latent_dim), float64, radians, as the options have them."""
        return Draw(self.options.latents(n, self.latent_dim, key), None, key)


def into_range(values: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Values of [0, 1] taken to [low, high]."""
    # To ask costs less than to do nothing to each of them; on a GPU it would wait for all that is under way.
    if low.is_cpu and low.item() == 0.0 and high.item() == 1.0:
        return values
    return low + (high - low) * values


def one_for_zero(divisor: Tensor) -> Tensor:
    """Where no shot survived post-selection what is left is dark, and its gradient stays finite."""
    # Of numbers that are never below 0; in one operation.
    return threshold(divisor, 0.0, 1.0)


def initial_weights(circuit: Circuit, key: Key, *, copies: int = 1) -> nn.ParameterDict:
    """The circuit's weights for several copies of it, each of shape (copies, *its shape), float64, radians."""
    rng = stream(key)
    initial = [circuit.initial_weights(rng) for _ in range(copies)]
    return nn.ParameterDict(
        {
            name: nn.Parameter(torch.stack([torch.from_numpy(weights[name]).double() for weights in initial]))
            for name in circuit.weight_shapes
        }
    )


def sets_of(weights: nn.ParameterDict) -> dict[str, Tensor]:
    """What an executor is given: with a leading axis of copies, but for a single one.

    Gates that all rows share cost less on most backends.
    """
    named = dict(weights.items())
    single = all(len(weight) == 1 for weight in named.values())
    return {name: weight[0] for name, weight in named.items()} if single else named


def require_latents(circuit: Circuit) -> None:
    """Refuses a circuit that gives the same at each run.

    Raises:
        ConfigError: If it has no latents.
    """
    if circuit.latent_dim == 0:
        raise ConfigError(
            f"The circuit '{circuit.name}' has no latents, so that all samples of this generator would be the same",
            got="latent_dim = 0",
            allowed="1 or more",
            cure="Set generator.circuit to one that encodes a latent, such as hardware-efficient",
        )
