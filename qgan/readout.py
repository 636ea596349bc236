"""How a measurement becomes numbers, and what a backend promises to whoever asks it to run a circuit.

Executors hand over exact or sampled *joint probabilities*. Everything after that, expectation values, post-selection
and scaling, is torch code, so that no backend needs a second kernel for it. One that has a kernel for Pauli words may
take a read-out's words instead.
"""

__all__ = ["Counts", "Executor", "ExpectationXZ", "ExpectationZ", "GradientMethod", "Probabilities", "ReadOut", "Word"]

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, final

import torch
from torch import Tensor

from qgan.seeding import Key

Word: TypeAlias = dict[int, str]
"""A product of Pauli matrices: letters by wires."""


class ReadOut(ABC):
    """A linear map of joint probabilities, in one basis or in several.

    Attributes:
        name: What it is called.
        bases: The Pauli matrices in whose bases all wires are measured, one after the other.
    """

    name: str
    bases: str = "Z"

    @abstractmethod
    def size(self, n_wires: int) -> int:
        """How many numbers it makes of ``n_wires``."""

    @abstractmethod
    def read(self, probabilities: Tensor) -> Tensor:
        """Probabilities of shape (batch, 2**n_wires), wire 0 the most significant bit, to shape (batch, size).

        Where there are several bases, of shape (batch, bases, 2**n_wires).
        """

    def words(self, n_wires: int) -> list[Word] | None:  # noqa: ARG002
        """The Pauli words whose expectation values these are, in order; None where they are none."""
        return None


@final
class Probabilities(ReadOut):
    """The joint probabilities themselves."""

    name = "probabilities"

    def size(self, n_wires: int) -> int:
        return 2**n_wires

    def read(self, probabilities: Tensor) -> Tensor:
        return probabilities


@final
class ExpectationZ(ReadOut):
    """The expectation value of Pauli Z on each wire, in wire order."""

    name = "expectation values of Z"

    def size(self, n_wires: int) -> int:
        return n_wires

    def words(self, n_wires: int) -> list[Word]:
        return [{wire: "Z"} for wire in range(n_wires)]

    def read(self, probabilities: Tensor) -> Tensor:
        n_wires = probabilities.shape[-1].bit_length() - 1
        index = torch.arange(probabilities.shape[-1], device=probabilities.device)
        wires = torch.arange(n_wires - 1, -1, -1, device=probabilities.device)
        signs = 1 - 2 * ((index[:, None] >> wires) & 1)
        return probabilities @ signs.to(probabilities.dtype)


@final
class ExpectationXZ(ReadOut):
    """The expectation values of Pauli X and Z on each wire: wire by wire, X before Z."""

    name = "expectation values of X and Z"
    bases = "XZ"

    def size(self, n_wires: int) -> int:
        return len(self.bases) * n_wires

    def words(self, n_wires: int) -> list[Word]:
        return [{wire: letter} for wire in range(n_wires) for letter in self.bases]

    def read(self, probabilities: Tensor) -> Tensor:
        return ExpectationZ().read(probabilities).transpose(-1, -2).flatten(-2)


class GradientMethod(NamedTuple):
    """How a gradient is found, and why that way: stated in every run."""

    name: str
    why: str


@dataclass
class Counts:
    """What has been run so far: circuits, for one set of angles each, and their shots (0 where exact)."""

    executions: int = 0
    shots: int = 0


class Executor(ABC):
    """What a backend makes of a circuit and a read-out.

    Attributes:
        counts: What has been run so far.
        gradient: How its gradient is found.
        precision: In which its circuits are run, whatever the type of what they give.
        rows_for_one: At most how many rows of circuits it runs for a row that has weights of its own.
        remote: Who sends its circuits away, where that costs something; None where they are run at once.
    """

    counts: Counts
    gradient: GradientMethod
    precision: torch.dtype = torch.float64
    rows_for_one: int = 1
    remote: Any = None

    @abstractmethod
    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:
        """Runs the circuit for a batch; differentiable by torch with respect to weights and latents.

        Args:
            latent: Shape (batch, latent_dim), radians.
            weights: By name, each of its shape, or with a leading axis of several sets: the rows are then as many equal
                runs, one after the other, each with a set of its own.
            key: Names the stream of the shots.

        Returns:
            Shape (batch, size of the read-out), float64, always with the batch axis. No gradient circuit is run unless
            ``torch.is_grad_enabled()``.
        """
