"""The latent enters in every layer, through any rotation of its wire."""

__all__ = ["data_reuploading"]

from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray

from circuits._checks import choose, sizes
from circuits.circuit import Circuit, Weights
from circuits.initial import in_pairs
from circuits.layers import end_of_layer
from circuits.patterns import PATTERNS


def data_reuploading(*, n_wires: int, layers: int, entangled: bool = True, pattern: str = "ring") -> Circuit:
    r"""Layers of any rotation of every wire, by angles that the latent of that wire moves, with CZ gates between them.

    .. math:: U_L \prod_{l < L} \Bigl[ \prod_{(a, b)} CZ_{ab} U_l \Bigr], \qquad
        U_l = \bigotimes_q R_Y(\alpha_{lq2}) R_Z(\alpha_{lq1}) R_Y(\alpha_{lq0}), \qquad
        \alpha_{lqk} = a_{lqk} z_q + b_{lqk}

    Any rotation is one about Y, Z and Y again; the paper writes Z, Y and Z, whose first and last would do nothing
    before and after. The weights are ``{"scale": (layers, n_wires, 3), "shift": (layers, n_wires, 3)}`` for a and b;
    both begin in U[0, 2π). No weight is inert.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers, 1 or more; a single one has no CZ gates.
        entangled: Whether the CZ gates are there; the weights are the same without.
        pattern: A name of ``PATTERNS``.

    Raises:
        ValueError: If a number is no integer of at least 1, or the pattern is unknown.

    References:
        Pérez-Salinas A. et al., Data re-uploading for a universal quantum classifier, Quantum 4, 226 (2020),
        arXiv:1907.02085.
    """
    n_wires, layers = sizes(n_wires, layers)
    pairs = choose(PATTERNS, pattern, "pattern")(n_wires)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        for layer in range(layers):
            for wire in range(n_wires):
                for index, rotation in enumerate((qml.RY, qml.RZ, qml.RY)):
                    scale, shift = (weights[name][..., layer, wire, index] for name in ("scale", "shift"))
                    rotation(scale * latent[..., wire] + shift, wires=wire)
            if entangled and layer < layers - 1:
                for pair in pairs:
                    qml.CZ(wires=pair)
            end_of_layer(n_wires)

    shape = (layers, n_wires, 3)

    def identity(rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        return {"scale": rng.uniform(0.0, 2 * np.pi, shape), "shift": in_pairs(rng, shape, every=2, angles=3)}

    return Circuit(
        name="data-reuploading",
        n_wires=n_wires,
        latent_dim=n_wires,
        weight_shapes={"scale": shape, "shift": shape},
        queue=queue,
        entangled=entangled,
        # There is one layer of CZ gates less than of rotations, and an odd number of them does not cancel.
        identity=identity if layers % 2 else None,
        reference="Pérez-Salinas et al., Quantum 4, 226 (2020), arXiv:1907.02085",
        doc="Layers of any rotation, by trainable multiples of the latent, and CZ between them",
    )
