"""Any rotation of every wire and CNOT gates of growing range: the circuit-centric classifier's."""

__all__ = ["strongly_entangling"]

from typing import Any

import numpy as np
import pennylane as qml

from circuits._checks import sizes
from circuits.blocks import turn
from circuits.circuit import Circuit, Weights
from circuits.encodings import angle
from circuits.layers import end_of_layer


def strongly_entangling(*, n_wires: int, layers: int, entangled: bool = True) -> Circuit:
    r"""Angle encoding by RY, then layers of any rotation of every wire and a ring of CNOT gates.

    .. math:: \prod_l \Bigl[ \prod_q CX_{q, (q + r_l) \bmod n} \bigotimes_q R_Z(\theta_{lq2}) R_Y(\theta_{lq1})
        R_Z(\theta_{lq0}) \Bigr] \bigotimes_q R_Y(z_q), \qquad r_l = 1 + l \bmod (n - 1)

    The weights are ``{"w": (layers, n_wires, 3)}`` and begin in U[0, 2π). After the encoding it is PennyLane's
    ``StronglyEntanglingLayers``, for batches of weights too. The ranges are its only pattern. The last RZ rotations are
    inert for read-outs of Z: CNOT gates move basis states about and leave their phases alone.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers, 1 or more.
        entangled: Whether the CNOT gates are there; the weights are the same without.

    Raises:
        ValueError: If a number is no integer of at least 1.

    References:
        Schuld M. et al., Circuit-centric quantum classifiers, Physical Review A 101, 032308 (2020), arXiv:1804.00633.
    """
    n_wires, layers = sizes(n_wires, layers)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        angle(latent, n_wires)
        for layer in range(layers):
            for wire in range(n_wires):
                turn(weights["w"][..., layer, wire, :], wire)
            if entangled and n_wires > 1:
                distance = 1 + layer % (n_wires - 1)
                for wire in range(n_wires):
                    qml.CNOT(wires=(wire, (wire + distance) % n_wires))
            end_of_layer(n_wires)

    last = np.zeros((layers, n_wires, 3), dtype=bool)
    last[-1, :, 2] = True
    return Circuit(
        name="strongly-entangling",
        n_wires=n_wires,
        latent_dim=n_wires,
        weight_shapes={"w": last.shape},
        queue=queue,
        entangled=entangled,
        inert={"probabilities": {"w": last}, "expectation values of Z": {"w": last}},
        reference="Schuld et al., Phys. Rev. A 101, 032308 (2020), arXiv:1804.00633",
        doc="RY encoding, then layers of any rotation and a ring of CNOT of growing range",
    )
