"""Expectation values of a circuit, for a batch of latents, in one call of its executor."""

__all__ = ["Observables", "PauliReader"]

import math
from typing import Literal, TypeAlias, final

import torch
from torch import Tensor, nn

from circuits import Circuit, with_basis_angle
from qgan.generators.base import Ingredients, require_latents, sets_of
from qgan.readout import ExpectationZ
from qgan.seeding import Key

Observables: TypeAlias = Literal["z", "xz"]

# What turns the wires before they are measured: X, then Z.
BASES = (-math.pi / 2, 0.0)


@final
class PauliReader:
    r"""<Z> of each wire, or <X> and <Z>, of copies of a circuit that share a latent and have weights of their own.

    Args:
        circuit: What is run.
        ingredients: Makes the executor.
        observables: ``"z"`` takes one circuit a copy, ``"xz"`` two, one for each basis.
        copies: How many.

    Attributes:
        executor: Of the circuit.
        size: Numbers for each latent.

    Raises:
        ConfigError: If the circuit has no latents.
    """

    def __init__(self, circuit: Circuit, ingredients: Ingredients, *, observables: Observables, copies: int) -> None:
        require_latents(circuit)
        self._bases = 2 if observables == "xz" else 1
        self._shape = (copies, self._bases, circuit.n_wires)
        self.size = copies * self._bases * circuit.n_wires
        self.executor = ingredients.executor(
            with_basis_angle(circuit) if observables == "xz" else circuit, ExpectationZ(), rows=copies * self._bases
        )

    def __call__(self, latent: Tensor, weights: nn.ParameterDict, *, key: Key) -> Tensor:
        """Latents of shape (n, latent_dim) to shape (n, size) in [-1, 1]: copy by copy, wire by wire, X before Z."""
        n, (copies, *_) = len(latent), self._shape
        rows = latent[None, :, None].expand(copies, n, self._bases, latent.shape[1])
        if self._bases == 2:
            turns = torch.tensor(BASES, dtype=latent.dtype)[:, None].expand(copies, n, 2, 1)
            rows = torch.cat([rows, turns], dim=-1)
        values = self.executor(rows.flatten(0, 2), sets_of(weights), key=key)
        return values.reshape(copies, n, *self._shape[1:]).permute(1, 0, 3, 2).flatten(1)
