"""Noisy circuits for whole batches: states as expectation values of Pauli matrices, which are real.

Aer takes every circuit of a batch for itself, and its numbers are complex.
"""

__all__ = ["Channels"]

from collections.abc import Sequence
from functools import reduce
from typing import Any, final

import numpy as np
from qiskit import QuantumCircuit

from qgan._typing import Array
from qgan.backends.primitives.transfer import Noise, transfers

# Numbers of all states, or of all matrices, that are worked on at once: 2 MiB, which a core's cache holds.
AT_ONCE = 2**18
# Of the other qubits that many are in one product of matrices: BLAS shares larger ones out among threads, and where
# these have no cores of their own that takes up to fifty times as long.
COLUMNS = 4
# Numbers in the matrix of a gate on two qubits.
MATRIX = 4**4
# A qubit that is 0: of I and of Z 1, of X and of Y 0.
ZERO = np.array([1.0, 0.0, 0.0, 1.0])
OF_I, OF_Z = 0, 3


@final
class Channels:
    """A circuit with its noise, for any angles.

    Args:
        circuit: Without measurements.
        angles: Its parameters, in the order of a table's columns; others may be among them.
        noise: After which gates.
        measured: Which qubits, the most significant bit first.

    Raises:
        ValueError: If an angle of the circuit is not linear in its parameters.
    """

    def __init__(self, circuit: QuantumCircuit, angles: Sequence[Any], noise: Noise, measured: Sequence[int]) -> None:
        self.n_qubits, self._measured = circuit.num_qubits, tuple(measured)
        self._steps = transfers(circuit, angles, noise)

    def probabilities(self, table: Array) -> Array:
        """Of all outcomes: angles of shape (rows, angles), radians, to shape (rows, 2**measured)."""
        at_once = max(1, AT_ONCE // max(4**self.n_qubits, MATRIX))
        return np.concatenate([self._run(table[at : at + at_once]) for at in range(0, len(table), at_once)])

    def _run(self, table: Array) -> Array:
        states = _States(len(table), self.n_qubits)
        # One qubit's gates wait for one with another qubit: a small matrix is not as dear as the state.
        waiting = dict[int, Array]()
        for step in self._steps:
            made = step.matrices(table)
            if len(step.qubits) == 1:
                (qubit,) = step.qubits
                waiting[qubit] = made @ waiting[qubit] if qubit in waiting else made
                continue
            if waiting.keys() & set(step.qubits):
                made = made @ reduce(_product, [waiting.pop(qubit, np.eye(4)[None]) for qubit in step.qubits])
            states.apply(made, step.qubits)
        for qubit, made in waiting.items():
            states.apply(made, (qubit,))
        return states.read(self._measured)


@final
class _States:
    """Density matrices of all rows, in two arrays that take turns: new ones cost more than the products."""

    def __init__(self, rows: int, n_qubits: int) -> None:
        self.now, self._other = np.empty((rows, 4**n_qubits)), np.empty((rows, 4**n_qubits))
        self.now[:] = reduce(np.kron, [ZERO] * n_qubits)
        self.order = list(range(n_qubits))

    def apply(self, made: Array, qubits: tuple[int, ...]) -> None:
        """A matrix for each row, or one for all; those qubits are then further to the front."""
        here = [self.order.index(qubit) for qubit in qubits]
        rest = [axis for axis in range(len(self.order)) if axis not in here]
        cut = max(len(rest) - COLUMNS, 0)
        axes = [*rest[:cut], *here, *rest[cut:]]
        each = [4] * len(axes)
        moved = self.now.reshape(-1, *each).transpose(0, *(1 + axis for axis in axes))
        np.copyto(self._other.reshape(-1, *each), moved)
        shape = (len(self.now), 4**cut, made.shape[-1], 4 ** len(rest[cut:]))
        np.matmul(made[:, None], self._other.reshape(shape), out=self.now.reshape(shape))
        self.order = [self.order[axis] for axis in axes]

    def read(self, qubits: Sequence[int]) -> Array:
        """Probabilities of the outcomes of those qubits: of their I and Z, and of the others' I."""
        kept = [1 + self.order.index(qubit) for qubit in qubits]
        rest = [axis for axis in range(1, 1 + len(self.order)) if axis not in kept]
        found = self.now.reshape(-1, *[4] * len(self.order)).transpose(*rest, 0, *kept)[(OF_I,) * len(rest)]
        for axis in range(1, 1 + len(kept)):
            always, z = found.take(OF_I, axis=axis), found.take(OF_Z, axis=axis)
            found = np.stack([(always + z) / 2, (always - z) / 2], axis=axis)
        return found.reshape(len(found), -1)


def _product(one: Array, other: Array) -> Array:
    """Of tensors, row by row: shapes (rows, d, d) and (rows, e, e) to (rows, d * e, d * e)."""
    size = one.shape[-1] * other.shape[-1]
    return (one[:, :, None, :, None] * other[:, None, :, None, :]).reshape(-1, size, size)
