"""PennyLane's operators as Qiskit's gates."""

__all__ = ["GATES", "GLOBAL_PHASE", "WITHOUT_EFFECT", "Gate", "gate_of", "is_matrix", "takes"]

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from pennylane.operation import Operator
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

Append: TypeAlias = Callable[[QuantumCircuit, Sequence[Any], Sequence[int]], Any]
"""Appends a gate with those angles on those qubits."""

MATRIX = "QubitUnitary"
GLOBAL_PHASE = "GlobalPhase"
# Of these no circuit has a trace; a phase is a state's alone.
WITHOUT_EFFECT = frozenset({"Identity", "Barrier", GLOBAL_PHASE})


class Gate(NamedTuple):
    """All that tells one gate of a circuit from another, but for its angles.

    Attributes:
        name: PennyLane's.
        qubits: Which.
        n_angles: How many angles it has.
        matrix: The bytes of a matrix that is fixed; empty for all other gates.
    """

    name: str
    qubits: tuple[int, ...]
    n_angles: int
    matrix: bytes = b""

    def append_to(self, circuit: QuantumCircuit, angles: Sequence[Any]) -> None:
        """Into a circuit, with as many angles as it has; radians."""
        if self.name == MATRIX:
            size = 2 ** len(self.qubits)
            values = np.frombuffer(self.matrix, dtype=np.complex128).reshape(size, size)
            # Of Qiskit's qubits the first is the least significant.
            circuit.append(UnitaryGate(values), self.qubits[::-1])
        else:
            GATES[self.name](circuit, angles, self.qubits)


def _method(name: str) -> Append:
    def append(circuit: QuantumCircuit, angles: Sequence[Any], qubits: Sequence[int]) -> None:
        getattr(circuit, name)(*angles, *qubits)

    return append


def _controlled(rotation: str) -> Append:
    """By two halves of the rotation, which the controlled gates in between turn against each other.

    Qiskit has controlled rotations of its own, but Aer 0.17 takes wrong values for their parameters, without a word.
    """
    inner = {"rx": "cz", "ry": "cx", "rz": "cx"}[rotation]

    def append(circuit: QuantumCircuit, angles: Sequence[Any], qubits: Sequence[int]) -> None:
        (angle,) = angles
        for half in (angle / 2, -angle / 2):
            getattr(circuit, rotation)(half, qubits[1])
            getattr(circuit, inner)(*qubits)

    return append


def _controlled_phase(circuit: QuantumCircuit, angles: Sequence[Any], qubits: Sequence[int]) -> None:
    half, (control, turned) = angles[0] / 2, qubits
    circuit.p(half, control)
    circuit.p(half, turned)
    circuit.cx(control, turned)
    circuit.p(-half, turned)
    circuit.cx(control, turned)


def _multi_rz(circuit: QuantumCircuit, angles: Sequence[Any], qubits: Sequence[int]) -> None:
    pairs = list(pairwise(qubits))
    for one, next_one in pairs:
        circuit.cx(one, next_one)
    circuit.rz(angles[0], qubits[-1])
    for one, next_one in pairs[::-1]:
        circuit.cx(one, next_one)


def _single_excitation(circuit: QuantumCircuit, angles: Sequence[Any], qubits: Sequence[int]) -> None:
    first, second = qubits
    circuit.cx(first, second)
    _controlled("ry")(circuit, angles, [second, first])
    circuit.cx(first, second)


def _controlled_swap(circuit: QuantumCircuit, angles: Sequence[Any], qubits: Sequence[int]) -> None:  # noqa: ARG001
    control, first, second = qubits
    circuit.cx(second, first)
    circuit.ccx(control, first, second)
    circuit.cx(second, first)


GATES: dict[str, Append] = {
    "Hadamard": _method("h"),
    "PauliX": _method("x"),
    "PauliY": _method("y"),
    "PauliZ": _method("z"),
    "S": _method("s"),
    "T": _method("t"),
    "SX": _method("sx"),
    "Adjoint(S)": _method("sdg"),
    "Adjoint(T)": _method("tdg"),
    "Adjoint(SX)": _method("sxdg"),
    "RX": _method("rx"),
    "RY": _method("ry"),
    "RZ": _method("rz"),
    "PhaseShift": _method("p"),
    "CNOT": _method("cx"),
    "CY": _method("cy"),
    "CZ": _method("cz"),
    "SWAP": _method("swap"),
    "CSWAP": _controlled_swap,
    "Toffoli": _method("ccx"),
    "CRX": _controlled("rx"),
    "CRY": _controlled("ry"),
    "CRZ": _controlled("rz"),
    "ControlledPhaseShift": _controlled_phase,
    "IsingXX": _method("rxx"),
    "IsingYY": _method("ryy"),
    "IsingZZ": _method("rzz"),
    "MultiRZ": _multi_rz,
    "SingleExcitation": _single_excitation,
}


def is_matrix(operator: Operator) -> bool:
    """Whether an operator has nothing but a matrix to be made by."""
    known: Any = operator
    return operator.name == MATRIX or (
        operator.name not in GATES
        and known.has_matrix
        and not (known.has_decomposition or operator.name in WITHOUT_EFFECT)
    )


def takes(operator: Operator) -> bool:
    """Whether a gate is taken as it is; the rest is decomposed."""
    return operator.name in GATES or operator.name in WITHOUT_EFFECT or is_matrix(operator)


def gate_of(operator: Operator, qubits: Sequence[int]) -> Gate:
    """An operator that :func:`takes` takes, on those qubits."""
    if is_matrix(operator):
        matrix = np.ascontiguousarray(operator.matrix(), dtype=np.complex128)
        return Gate(MATRIX, tuple(qubits), 0, matrix.tobytes())
    return Gate(operator.name, tuple(qubits), operator.num_params)
