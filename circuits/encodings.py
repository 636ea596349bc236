"""How a latent vector enters a circuit. Each function queues gates and reads the latent from the right."""

__all__ = ["angle"]

from typing import Any

import pennylane as qml


def angle(latent: Any, n_wires: int) -> None:
    r"""One rotation about Y a wire, by the latent of that wire.

    .. math:: \bigotimes_i R_Y(z_i)

    Args:
        latent: Angles in radians, shape (n_wires,) or (batch, n_wires).
        n_wires: How many wires.
    """
    for wire in range(n_wires):
        qml.RY(latent[..., wire], wires=wire)
