"""PennyLane's operators as rotations, signs and matrices."""

__all__ = ["NATIVE", "is_matrix", "lower", "matrix_of", "takes"]

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pennylane as qml
from pennylane.operation import Operator

from qgan._typing import ComplexArray
from qgan.backends.batched.frame import Frame, Parity
from qgan.backends.batched.gates import Angle, Gates, X, Y, Z

MATRIX = "QubitUnitary"
# Its names are made when it is imported.
math_of: Any = qml.math


class Lowering(NamedTuple):
    """An operator as it is lowered.

    Attributes:
        operator: PennyLane's.
        wires: Their numbers.
        angles: Of its parameters.
    """

    operator: Operator
    wires: list[int]
    angles: list[Angle]

    def part(self, share: float) -> Angle:
        """A multiple of its first angle."""
        return self.angles[0].times(share)


def lower(operators: Sequence[Operator], n_wires: int) -> Gates:
    """All operators, whose names are in :data:`NATIVE` and whose wires are numbers from 0 on.

    The parameters are numbered in the order in which they stand. Those of matrices are fixed: they are no angles.
    """
    gates, place = Gates(Frame(n_wires)), 0
    for operator in operators:
        n = operator.num_params
        angles = [Angle(0.0, 1.0, place + index) for index in range(n)]
        NATIVE.get(operator.name, _unitary)(
            gates, Lowering(operator, [int(str(wire)) for wire in operator.wires], angles)
        )
        place += n
    return gates


Apply: TypeAlias = Callable[[Gates, Lowering], None]


def _rotation(axis: str) -> Apply:
    def apply(gates: Gates, it: Lowering) -> None:
        gates.turn(axis, it.wires[0], it.angles[0])

    return apply


def _controlled(axis: str) -> Apply:
    def apply(gates: Gates, it: Lowering) -> None:
        control, target = it.wires
        gates.turn(axis, target, it.angles[0], (gates.frame.parities[control],))

    return apply


def _quarter(axis: str, turn: float) -> Apply:
    """A rotation by a fixed angle that begins with a phase of half of it."""

    def apply(gates: Gates, it: Lowering) -> None:
        gates.turn(axis, it.wires[0], Angle(turn))
        gates.phase.append(Angle(turn / 2))

    return apply


def _word(word: str) -> Apply:
    def apply(gates: Gates, it: Lowering) -> None:
        gates.turn_word(it.wires, word, it.angles[0])

    return apply


def _x(gates: Gates, it: Lowering) -> None:
    gates.frame.x(it.wires[0])


def _y(gates: Gates, it: Lowering) -> None:
    _z(gates, it)
    _x(gates, it)
    gates.phase.append(Angle(math.pi / 2))


def _z(gates: Gates, it: Lowering) -> None:
    gates.sign(gates.frame.parities[it.wires[0]])


def _hadamard(gates: Gates, it: Lowering) -> None:
    _z(gates, it)
    gates.turn(Y, it.wires[0], Angle(math.pi / 2))


def _rot(gates: Gates, it: Lowering) -> None:
    for axis, angle in zip((Z, Y, Z), it.angles, strict=True):
        gates.turn(axis, it.wires[0], angle)


def _phase_shift(gates: Gates, it: Lowering) -> None:
    gates.turn(Z, it.wires[0], it.angles[0])
    gates.phase.append(it.part(0.5))


def _global_phase(gates: Gates, it: Lowering) -> None:
    gates.phase.append(it.part(-1.0))


def _cnot(gates: Gates, it: Lowering) -> None:
    gates.frame.cnot(*it.wires)


def _swap(gates: Gates, it: Lowering) -> None:
    gates.frame.swap(*it.wires)


def _signs(gates: Gates, it: Lowering) -> None:
    gates.sign(*(gates.frame.parities[wire] for wire in it.wires))


def _cy(gates: Gates, it: Lowering) -> None:
    control, target = it.wires
    gates.turn(Z, target, Angle(-math.pi / 2))
    gates.frame.cnot(control, target)
    gates.turn(Z, target, Angle(math.pi / 2))


def _controlled_x(gates: Gates, it: Lowering) -> None:
    *controls, target = it.wires
    values = getattr(it.operator, "control_values", [1] * len(controls))
    parities = [gates.frame.parities[wire] for wire in controls]
    where = tuple(parity if value else parity.turned() for parity, value in zip(parities, values, strict=True))
    gates.flip(gates.frame.masks[target], gates.frame.parities[target], where)


def _controlled_swap(gates: Gates, it: Lowering) -> None:
    frame, (control, first, second) = gates.frame, it.wires
    differ = frame.parities[first] + frame.parities[second]
    gates.flip(frame.masks[first] ^ frame.masks[second], frame.parities[first], (frame.parities[control], differ))


def _crz(gates: Gates, it: Lowering) -> None:
    control, target = (gates.frame.parities[wire] for wire in it.wires)
    gates.turn(Z, it.wires[1], it.part(0.5))
    gates.turn_parity(control + target, it.part(-0.5))


def _controlled_phase(gates: Gates, it: Lowering) -> None:
    gates.turn(Z, it.wires[0], it.part(0.5))
    _crz(gates, it)
    gates.phase.append(it.part(0.25))


def _exchange(axis: str, share: float) -> Apply:
    """A rotation between 01 and 10 of two wires."""

    def apply(gates: Gates, it: Lowering) -> None:
        frame, (first, second) = gates.frame, it.wires
        differ = frame.parities[first] + frame.parities[second]
        mask = frame.masks[first] ^ frame.masks[second]
        parity = frame.parities[first] if axis == Y else Parity(0)
        gates.rotate(mask, parity, it.part(share), (differ,), real=axis == Y)

    return apply


def _pauli_rot(gates: Gates, it: Lowering) -> None:
    gates.turn_word(it.wires, it.operator.hyperparameters["pauli_word"], it.angles[0])


def _multi_rz(gates: Gates, it: Lowering) -> None:
    gates.turn_word(it.wires, "Z" * len(it.wires), it.angles[0])


def _unitary(gates: Gates, it: Lowering) -> None:
    gates.matrix(it.wires, matrix_of(it.operator))


def _nothing(gates: Gates, it: Lowering) -> None:
    pass


NATIVE: dict[str, Apply] = {
    "RX": _rotation(X),
    "RY": _rotation(Y),
    "RZ": _rotation(Z),
    "Rot": _rot,
    "PhaseShift": _phase_shift,
    "GlobalPhase": _global_phase,
    "CRX": _controlled(X),
    "CRY": _controlled(Y),
    "CRZ": _crz,
    "ControlledPhaseShift": _controlled_phase,
    "IsingXX": _word("XX"),
    "IsingYY": _word("YY"),
    "IsingZZ": _word("ZZ"),
    "IsingXY": _exchange(X, -1.0),
    "SingleExcitation": _exchange(Y, 1.0),
    "MultiRZ": _multi_rz,
    "PauliRot": _pauli_rot,
    "Hadamard": _hadamard,
    "PauliX": _x,
    "PauliY": _y,
    "PauliZ": _z,
    "S": _quarter(Z, math.pi / 2),
    "Adjoint(S)": _quarter(Z, -math.pi / 2),
    "T": _quarter(Z, math.pi / 4),
    "Adjoint(T)": _quarter(Z, -math.pi / 4),
    "SX": _quarter(X, math.pi / 2),
    "Adjoint(SX)": _quarter(X, -math.pi / 2),
    "CNOT": _cnot,
    "SWAP": _swap,
    "CZ": _signs,
    "CCZ": _signs,
    "CY": _cy,
    "Toffoli": _controlled_x,
    "MultiControlledX": _controlled_x,
    "CSWAP": _controlled_swap,
    MATRIX: _unitary,
    **dict.fromkeys(("Identity", "Barrier", "Snapshot", "WireCut"), _nothing),
}


def is_matrix(operator: Operator) -> bool:
    """Whether it is lowered as a fixed matrix, and its parameters are no angles."""
    return operator.name == MATRIX or operator.name not in NATIVE


def matrix_of(operator: Operator) -> ComplexArray:
    """Shape (2**wires, 2**wires), complex."""
    return np.asarray(math_of.unwrap([operator.matrix()])[0], dtype=np.complex128)


def takes(operator: Operator) -> bool:
    """Whether the device takes an operator as it is.

    That is one that is lowered, one that projects after a deferred measurement, or a fixed matrix. A matrix that
    varies, or that a gradient is wanted of, is taken apart, if there is a way.
    """
    if operator.name != MATRIX and (operator.name in NATIVE or isinstance(operator, qml.Projector)):
        return True
    fixed = operator.batch_size is None and not any(map(math_of.requires_grad, operator.data))
    return operator.has_matrix and ((operator.name == MATRIX and fixed) or not operator.has_decomposition)
