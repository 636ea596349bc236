"""A circuit with a parameter for every angle: all circuits of the same gates are rows of one table."""

__all__ = ["Request", "Template", "phases_of", "table_of", "template_of"]

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple, final
from uuid import UUID

import numpy as np
from pennylane.operation import Operator
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qgan._typing import Array
from qgan.backends.primitives.gates import GATES, GLOBAL_PHASE, WITHOUT_EFFECT, Gate, gate_of


@final
class Template:
    """A structure. Two of the same gates are equal, whatever their angles were.

    Args:
        gates: In order.
        n_qubits: All are measured in the end.
    """

    def __init__(self, gates: tuple[Gate, ...], n_qubits: int) -> None:
        self.gates, self.n_qubits = gates, n_qubits
        self.n_angles = sum(gate.n_angles for gate in gates)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and (self.gates, self.n_qubits) == (other.gates, other.n_qubits)

    def __hash__(self) -> int:
        return hash((self.gates, self.n_qubits))

    @cached_property
    def circuit(self) -> QuantumCircuit:
        """Without measurements; its parameters are :attr:`angles`."""
        circuit, angles = QuantumCircuit(self.n_qubits), iter(self.angles)
        for gate in self.gates:
            gate.append_to(circuit, [next(angles) for _ in range(gate.n_angles)])
        return circuit

    @cached_property
    def measured(self) -> QuantumCircuit:
        """The same, measured: the register is `meas`, and its bit of number q is qubit q's."""
        return self.circuit.measure_all(inplace=False)  # type: ignore[return-value]

    @cached_property
    def angles(self) -> list[Any]:
        """In the order of the gates."""
        return list(map(_angle, range(self.n_angles)))

    def values(self, circuit: QuantumCircuit, table: Array) -> dict[Any, Array]:
        """Of shape (circuits,), for the parameters that a circuit made from this one still has."""
        left = set(circuit.parameters)
        return {angle: column for angle, column in zip(self.angles, table.T, strict=True) if angle in left}


class Request(NamedTuple):
    """Circuits of one structure.

    Attributes:
        template: Of them.
        table: Shape (circuits, angles), radians.
    """

    template: Template
    table: Array


@cache
def _angle(place: int) -> Any:
    """The same in all circuits, so that those of one structure may stand for each other."""
    return Parameter(f"angle_{place}", uuid=UUID(int=place))


def template_of(operators: Sequence[Operator], n_qubits: int) -> Template:
    """Of operators on wires that are numbers from 0 on."""
    gates = [gate_of(each, list(map(int, each.wires))) for each in operators if each.name not in WITHOUT_EFFECT]
    return Template(tuple(gates), n_qubits)


def table_of(operators: Sequence[Operator], rows: int) -> Array:
    """Their angles, shape (rows, angles)."""
    given = [angle for each in operators if each.name in GATES for angle in each.data]
    columns = [np.broadcast_to(np.asarray(angle, dtype=np.float64), (rows,)) for angle in given]
    return np.stack(columns, axis=-1) if columns else np.zeros((rows, 0))


def phases_of(operators: Sequence[Operator]) -> Array:
    """What their states have for a global phase, radians: of shape () or (rows,)."""
    given = [np.asarray(each.data[0], dtype=np.float64) for each in operators if each.name == GLOBAL_PHASE]
    return -sum(given, start=np.zeros(()))
