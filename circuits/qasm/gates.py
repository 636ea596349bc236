"""The gates of stdgates.inc as gates that every device knows, up to a phase of the whole state."""

__all__ = ["GATES", "Gate"]

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pennylane as qml

Queue = Callable[[Sequence[Any], Sequence[int], bool], Any]


class Gate(NamedTuple):
    """One gate.

    Attributes:
        angles: How many it has.
        wires: How many it is on.
        queue: Queues it, of angles, wires, and whether it may entangle: if not, one with an angle turns its last wire,
            and one without is left out.
    """

    angles: int
    wires: int
    queue: Queue


def _fixed(made: Any, wires: int) -> Gate:
    return Gate(0, wires, lambda _, on, entangled: made(wires=on) if entangled or wires == 1 else None)


def _turn(made: Any) -> Gate:
    return Gate(1, 1, lambda angles, on, _: made(angles[0], wires=on))


def _pair(made: Any, alone: Any) -> Gate:
    return Gate(
        1,
        2,
        lambda angles, on, entangled: made(angles[0], wires=on) if entangled else alone(angles[0], wires=on[-1]),
    )


def _euler(theta: Any, phi: Any, lam: Any, on: Sequence[int]) -> None:
    qml.RZ(lam, wires=on)
    qml.RY(theta, wires=on)
    qml.RZ(phi, wires=on)


def _controlled_hadamard(_: Sequence[Any], on: Sequence[int], entangled: bool) -> None:
    if entangled:
        qml.RY(-math.pi / 4, wires=on[1])
        qml.CZ(wires=on)
        qml.RY(math.pi / 4, wires=on[1])


_any = Gate(3, 1, lambda angles, on, _: _euler(angles[0], angles[1], angles[2], on))

GATES: Mapping[str, Gate] = {
    "id": Gate(0, 1, lambda *_: None),
    "x": _fixed(qml.PauliX, 1),
    "y": _fixed(qml.PauliY, 1),
    "z": _fixed(qml.PauliZ, 1),
    "h": _fixed(qml.Hadamard, 1),
    "s": _fixed(qml.S, 1),
    "t": _fixed(qml.T, 1),
    "sx": _fixed(qml.SX, 1),
    "sdg": Gate(0, 1, lambda _, on, __: qml.RZ(-math.pi / 2, wires=on)),
    "tdg": Gate(0, 1, lambda _, on, __: qml.RZ(-math.pi / 4, wires=on)),
    "rx": _turn(qml.RX),
    "ry": _turn(qml.RY),
    "rz": _turn(qml.RZ),
    "p": _turn(qml.RZ),
    "phase": _turn(qml.RZ),
    "u1": _turn(qml.RZ),
    "u2": Gate(2, 1, lambda angles, on, _: _euler(math.pi / 2, angles[0], angles[1], on)),
    "u3": _any,
    "U": _any,
    "cx": _fixed(qml.CNOT, 2),
    "CX": _fixed(qml.CNOT, 2),
    "cy": _fixed(qml.CY, 2),
    "cz": _fixed(qml.CZ, 2),
    "ch": Gate(0, 2, _controlled_hadamard),
    "swap": _fixed(qml.SWAP, 2),
    "crx": _pair(qml.CRX, qml.RX),
    "cry": _pair(qml.CRY, qml.RY),
    "crz": _pair(qml.CRZ, qml.RZ),
    "cp": _pair(qml.ControlledPhaseShift, qml.RZ),
    "cphase": _pair(qml.ControlledPhaseShift, qml.RZ),
    "rxx": _pair(qml.IsingXX, qml.RX),
    "ryy": _pair(qml.IsingYY, qml.RY),
    "rzz": _pair(qml.IsingZZ, qml.RZ),
    "ccx": _fixed(qml.Toffoli, 3),
    "cswap": _fixed(qml.CSWAP, 3),
}
