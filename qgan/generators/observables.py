"""Expectation values of a circuit, for a batch of latents, in one call of its executor."""

__all__ = ["Observables", "PauliReader"]

from collections.abc import Mapping
from typing import Literal, TypeAlias, final

from torch import Tensor, nn

from circuits import Circuit
from qgan.generators.base import Ingredients, require_latents, sets_of
from qgan.readout import ExpectationXZ, ExpectationZ, ReadOut
from qgan.seeding import Key

Observables: TypeAlias = Literal["z", "xz"]

READ_OUTS: Mapping[Observables, ReadOut] = {"z": ExpectationZ(), "xz": ExpectationXZ()}


@final
class PauliReader:
    r"""<Z> of each wire, or <X> and <Z>, of copies of a circuit that share a latent and have weights of their own.

    Args:
        circuit: What is run.
        ingredients: Makes the executor.
        observables: ``"z"`` or ``"xz"``; the latter takes a circuit for each basis where a backend reads one at a time.
        copies: How many.

    Attributes:
        executor: Of the circuit.
        size: Numbers for each latent.

    Raises:
        ConfigError: If the circuit has no latents.
    """

    def __init__(self, circuit: Circuit, ingredients: Ingredients, *, observables: Observables, copies: int) -> None:
        require_latents(circuit)
        readout = READ_OUTS[observables]
        self._copies = copies
        self.size = copies * readout.size(circuit.n_wires)
        # At the most: a backend that reads all bases at once runs fewer.
        self.executor = ingredients.executor(circuit, readout, rows=copies * len(readout.bases))

    def __call__(self, latent: Tensor, weights: nn.ParameterDict, *, key: Key) -> Tensor:
        """Latents of shape (n, latent_dim) to shape (n, size) in [-1, 1]: copy by copy, wire by wire, X before Z."""
        values = self.executor(latent.repeat(self._copies, 1), sets_of(weights), key=key)
        return values.unflatten(0, (self._copies, len(latent))).transpose(0, 1).flatten(1)
