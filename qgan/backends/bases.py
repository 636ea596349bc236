"""Read-outs in more than one basis, for executors that measure in one."""

__all__ = ["basis_by_basis"]

import math
from collections.abc import Callable, Mapping
from typing import final

import torch
from torch import Tensor

from circuits import Circuit, with_basis_angle
from qgan.backends.program import require_fitting
from qgan.readout import Executor, Probabilities, ReadOut
from qgan.seeding import Key

# What turns the wires about Y before Z is measured, radians.
TURNS = {"X": -math.pi / 2, "Z": 0.0}


def basis_by_basis(circuit: Circuit, readout: ReadOut, make: Callable[[Circuit, ReadOut], Executor]) -> Executor:
    """An executor by one that measures Z: that one itself, or where there are more bases, one that asks it for each.

    Args:
        circuit: What is run.
        readout: What is read of it.
        make: Makes an executor whose read-out is in the basis of Z.
    """
    if readout.bases == "Z":
        return make(circuit, readout)
    return _BasisByBasis(circuit, readout, make(with_basis_angle(circuit), Probabilities()))


@final
class _BasisByBasis(Executor):
    """Runs every row once in each basis, as hardware does: its executions and shots are of all of them."""

    def __init__(self, circuit: Circuit, readout: ReadOut, turned: Executor) -> None:
        self.counts, self.gradient, self.precision = turned.counts, turned.gradient, turned.precision
        self._circuit, self._readout, self._turned, self.remote = circuit, readout, turned, turned.remote
        self._angles = [TURNS[basis] for basis in readout.bases]
        self.rows_for_one = len(self._angles) * turned.rows_for_one

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:
        require_fitting(self._circuit, latent, weights)
        rows, bases = len(latent), len(self._angles)
        turns = torch.tensor(self._angles, dtype=latent.dtype, device=latent.device).repeat(rows)
        table = torch.cat([latent.repeat_interleave(bases, dim=0), turns[:, None]], dim=-1)
        return self._readout.read(self._turned(table, weights, key=key).unflatten(0, (rows, bases)))
