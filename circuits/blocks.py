"""Gates that several circuits are made of: any rotation of one wire, any interaction of two."""

__all__ = ["interaction", "turn"]

from typing import Any

import pennylane as qml


def turn(angles: Any, wire: int) -> None:
    r"""Any rotation of one wire, by its Euler angles: :math:`R_Z(a_2) R_Y(a_1) R_Z(a_0)`.

    Args:
        angles: Radians, shape (3,) or (batch, 3).
        wire: Which wire.
    """
    qml.RZ(angles[..., 0], wires=wire)
    qml.RY(angles[..., 1], wires=wire)
    qml.RZ(angles[..., 2], wires=wire)


def interaction(angles: Any, pair: tuple[int, int], *, entangled: bool) -> None:
    r"""What two wires do beside turning each on its own: :math:`\exp(-\tfrac i2 (a_0 XX + a_1 YY + a_2 ZZ))`.

    With rotations of both wires before and after, it is every gate on two wires (the Cartan decomposition of SU(4)).

    Args:
        angles: Radians, shape (3,) or (batch, 3).
        pair: Which wires.
        entangled: If not, the angles turn one wire each: about X the first, about Y the second, about Z the first.

    References:
        Kraus B. and Cirac J. I., Optimal creation of entanglement using a two-qubit gate, Phys. Rev. A 63, 062309
        (2001), arXiv:quant-ph/0011050.
    """
    if entangled:
        qml.IsingXX(angles[..., 0], wires=pair)
        qml.IsingYY(angles[..., 1], wires=pair)
        qml.IsingZZ(angles[..., 2], wires=pair)
    else:
        qml.RX(angles[..., 0], wires=pair[0])
        qml.RY(angles[..., 1], wires=pair[1])
        qml.RZ(angles[..., 2], wires=pair[0])
