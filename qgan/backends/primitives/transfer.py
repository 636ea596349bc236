"""Gates and noise as real matrices between expectation values of Pauli matrices (Greenbaum, arXiv:1509.02921).

A gate on k qubits with its noise is a matrix of 4**k by 4**k: I, X, Y, Z of the first qubit, then of the next.
"""

__all__ = ["Noise", "Step", "Turn", "transfer", "transfers"]

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression
from qiskit.circuit.library import RYGate, RZGate
from qiskit.quantum_info import PTM, Operator

from qgan._typing import Array

Noise: TypeAlias = Mapping[tuple[str, tuple[int, ...]], Any]
"""What :class:`qiskit.quantum_info.PTM` takes, after the gates of that name on those qubits."""


class Turn(NamedTuple):
    """Matrices of one angle, ``fixed + cosine * cos(angle) + sine * sin(angle)``, all of shape (d, d).

    Attributes:
        fixed: What does not depend on it.
        cosine: What goes with its cosine.
        sine: What goes with its sine.
        slopes: Shape (angles,): of that angle with respect to those of a table.
        offset: Radians.
    """

    fixed: Array
    cosine: Array
    sine: Array
    slopes: Array
    offset: float

    def matrices(self, table: Array) -> Array:
        """Shape (rows, d, d), for a table of shape (rows, angles)."""
        angle = (table @ self.slopes + self.offset)[:, None, None]
        return self.fixed + self.cosine * np.cos(angle) + self.sine * np.sin(angle)

    def between(self, after: Array | None = None, before: Array | None = None) -> "Turn":
        """With fixed matrices after and before it."""
        parts = [self.fixed, self.cosine, self.sine]
        if after is not None:
            parts = [after @ part for part in parts]
        if before is not None:
            parts = [part @ before for part in parts]
        fixed, cosine, sine = parts
        return Turn(fixed, cosine, sine, self.slopes, self.offset)


class Step(NamedTuple):
    """What is done to some qubits.

    Attributes:
        qubits: Which, the most significant first.
        what: A matrix of shape (d, d) where it is the same for all circuits.
    """

    qubits: tuple[int, ...]
    what: Array | Turn

    def matrices(self, table: Array) -> Array:
        """Shape (rows, d, d), or (1, d, d) where it is the same for all."""
        return self.what.matrices(table) if isinstance(self.what, Turn) else self.what[None]


def transfers(circuit: QuantumCircuit, angles: Sequence[Any], noise: Noise) -> list[Step]:
    """A circuit without measurements, gate by gate, with what follows on the same qubits put together.

    Args:
        circuit: Its gates.
        angles: Its parameters, in the order of a table's columns; others may be among them.
        noise: After the gates.

    Raises:
        ValueError: If an angle is not linear in the parameters.
    """
    places = {angle: place for place, angle in enumerate(angles)}
    found, latest = list[Step](), dict[int, int]()
    for step in _steps(circuit, places, noise):
        place = latest.get(step.qubits[0], -1)
        alone = place >= 0 and found[place].qubits == step.qubits and all(latest[q] == place for q in step.qubits)
        together = _together(found[place].what, step.what) if alone else None
        if together is not None:
            found[place] = Step(step.qubits, together)
        else:
            latest |= dict.fromkeys(step.qubits, len(found))
            found.append(step)
    return found


def transfer(channel: Any, n_qubits: int) -> Array:
    """Of anything that Qiskit takes for a channel."""
    # Qiskit's first qubit is the least significant.
    axes = [*range(n_qubits)[::-1], *range(n_qubits, 2 * n_qubits)[::-1]]
    matrix = np.real(np.asarray(PTM(channel).data))
    return np.ascontiguousarray(matrix.reshape([4] * 2 * n_qubits).transpose(axes).reshape(matrix.shape))


def _together(before: Array | Turn, after: Array | Turn) -> Array | Turn | None:
    """Both as one; None where each has an angle of its own."""
    if isinstance(before, Turn):
        return None if isinstance(after, Turn) else before.between(after=after)
    return after.between(before=before) if isinstance(after, Turn) else after @ before


def _steps(circuit: QuantumCircuit, places: Mapping[Any, int], noise: Noise) -> Iterator[Step]:
    @cache
    def after(name: str, qubits: tuple[int, ...]) -> Array:
        return transfer(noise[name, qubits], len(qubits))

    for each in circuit.data:
        gate, qubits = each.operation, tuple(circuit.find_bit(qubit).index for qubit in each.qubits)
        if any(_free(angle) for angle in gate.params):
            for make, angle in _turns(gate):
                yield Step(qubits, _turn(make, angle, places))
        else:
            yield Step(qubits, transfer(Operator(gate), len(qubits)))
        if (gate.name, qubits) in noise:
            yield Step(qubits, after(gate.name, qubits))


def _free(angle: Any) -> bool:
    return isinstance(angle, ParameterExpression) and bool(angle.parameters)


def _turns(gate: Any) -> list[tuple[Callable[[Any], Any], Any]]:
    """A gate as rotations of one angle each, in order."""
    if len(gate.params) == 1:
        return [(type(gate), gate.params[0])]
    # The oldest computers' gates: u2 is u3 by a quarter of a turn.
    theta, phi, lam = gate.params if gate.name in ("u", "u3") else (np.pi / 2, *gate.params)
    return [(RZGate, lam), (RYGate, theta), (RZGate, phi)]


def _turn(make: Callable[[Any], Any], angle: Any, places: Mapping[Any, int]) -> Array | Turn:
    if not _free(angle):
        gate = make(float(angle))
        return transfer(Operator(gate), gate.num_qubits)
    fixed, cosine, sine = _parts(make)
    slopes = np.zeros(len(places))
    for parameter in angle.parameters:
        slope = angle.gradient(parameter)
        if isinstance(slope, ParameterExpression):
            raise ValueError(f"The angle {angle} is not linear in {parameter}")
        slopes[places[parameter]] = slope
    return Turn(fixed, cosine, sine, slopes, float(angle.bind(dict.fromkeys(angle.parameters, 0.0)).numeric()))


@cache
def _parts(make: Callable[[Any], Any]) -> tuple[Array, Array, Array]:
    """Of a rotation's matrices, which three of them tell."""
    zero, quarter, half = (transfer(Operator(gate), gate.num_qubits) for gate in map(make, (0.0, np.pi / 2, np.pi)))
    fixed = (zero + half) / 2
    return fixed, zero - fixed, quarter - fixed
