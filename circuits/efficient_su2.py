"""RY and RZ rotations and CNOT gates: heuristic trial states with complex amplitudes."""

__all__ = ["efficient_su2"]

from typing import Any

import numpy as np
import pennylane as qml

from circuits._checks import choose, sizes
from circuits.circuit import Circuit, Weights
from circuits.encodings import angle
from circuits.layers import end_of_layer
from circuits.patterns import PATTERNS


def efficient_su2(*, n_wires: int, layers: int, entangled: bool = True, pattern: str = "reverse-line") -> Circuit:
    r"""Angle encoding by RY, then layers of RY, RZ and CNOT on the pairs of a pattern, then RY and RZ once more.

    .. math:: V_L \prod_{l < L} \Bigl[ \prod_{(a, b)} CX_{ab} V_l \Bigr] \bigotimes_q R_Y(z_q), \qquad
        V_l = \bigotimes_q R_Z(\theta_{lq1}) R_Y(\theta_{lq0})

    The weights are ``{"w": (layers + 1, n_wires, 2)}`` and begin in U[0, 2π). After the encoding it is Qiskit's
    ``efficient_su2``. The RZ rotations at the end are inert for read-outs of Z.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers of CNOT gates, 1 or more.
        entangled: Whether the CNOT gates are there; the weights are the same without.
        pattern: A name of ``PATTERNS``; the first wire of a pair is the control.

    Raises:
        ValueError: If a number is no integer of at least 1, or the pattern is unknown.

    References:
        Kandala A. et al., Hardware-efficient variational quantum eigensolver for small molecules and quantum magnets,
        Nature 549, 242 (2017), arXiv:1704.05018; Javadi-Abhari A. et al., Quantum computing with Qiskit (2024),
        arXiv:2405.08810.
    """
    n_wires, layers = sizes(n_wires, layers)
    pairs = choose(PATTERNS, pattern, "pattern")(n_wires)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        angle(latent, n_wires)
        for layer in range(layers + 1):
            for wire in range(n_wires):
                qml.RY(weights["w"][..., layer, wire, 0], wires=wire)
                qml.RZ(weights["w"][..., layer, wire, 1], wires=wire)
            if entangled and layer < layers:
                for pair in pairs:
                    qml.CNOT(wires=pair)
            end_of_layer(n_wires)

    last = np.zeros((layers + 1, n_wires, 2), dtype=bool)
    last[-1, :, 1] = True
    return Circuit(
        name="efficient-su2",
        n_wires=n_wires,
        latent_dim=n_wires,
        weight_shapes={"w": last.shape},
        queue=queue,
        entangled=entangled,
        inert={"probabilities": {"w": last}, "expectation values of Z": {"w": last}},
        reference="Kandala et al., Nature 549, 242 (2017), arXiv:1704.05018, as in Qiskit",
        doc="RY encoding, then layers of RY, RZ and CNOT, and RY, RZ at the end",
    )
