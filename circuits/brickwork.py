"""Any gate on neighbours, in the pattern of a brick wall."""

__all__ = ["brickwork"]

from typing import Any

import numpy as np

from circuits._checks import sizes
from circuits.blocks import interaction, turn
from circuits.circuit import Circuit, Weights
from circuits.encodings import angle
from circuits.initial import in_pairs
from circuits.layers import end_of_layer
from circuits.patterns import brick


def brickwork(*, n_wires: int, layers: int, entangled: bool = True) -> Circuit:
    r"""Angle encoding by RY, then layers of two courses of bricks, the second displaced by one wire.

    Each brick is any gate of SU(4): before each course every wire is turned by any rotation, a brick is then an
    interaction :math:`\exp(-\tfrac i2 (a XX + b YY + c ZZ))` of its wires, and after the last course every wire is
    turned once more.

    The weights are ``{"w": (2 layers + 1, n_wires, 3), "pair": (layers, n_wires - 1, 3)}``, without ``"pair"`` on one
    wire, and begin in U[0, 2π). The last RZ rotations are inert for read-outs of Z. The wall is its only pattern.
    Without entanglement the angles of an interaction turn its wires instead.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers of two courses, 1 or more.
        entangled: Whether bricks are interactions; the weights are the same without.

    Raises:
        ValueError: If a number is no integer of at least 1.

    References:
        Cerezo M. et al., Cost function dependent barren plateaus in shallow parametrized quantum circuits, Nature
        Communications 12, 1791 (2021), arXiv:2001.00550, where it is the alternating layered ansatz.
    """
    n_wires, layers = sizes(n_wires, layers)
    bricks, even = brick(n_wires), n_wires // 2

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        angle(latent, n_wires)
        for course in range(2 * layers + 1):
            for wire in range(n_wires):
                turn(weights["w"][..., course, wire, :], wire)
            if course < 2 * layers:
                layer, second = divmod(course, 2)
                for index in range(even, len(bricks)) if second else range(even):
                    interaction(weights["pair"][..., layer, index, :], bricks[index], entangled=entangled)
            if course % 2 or course == 2 * layers:
                end_of_layer(n_wires)

    last = np.zeros((2 * layers + 1, n_wires, 3), dtype=bool)
    last[-1, :, 2] = True
    shapes = {"w": last.shape, **({"pair": (layers, len(bricks), 3)} if bricks else {})}
    none = {name: np.zeros(shape, dtype=bool) for name, shape in shapes.items()}
    return Circuit(
        name="brickwork",
        n_wires=n_wires,
        latent_dim=n_wires,
        weight_shapes=shapes,
        queue=queue,
        entangled=entangled,
        identity=lambda rng: {
            name: in_pairs(rng, shape, angles=3) if name == "w" else np.zeros(shape) for name, shape in shapes.items()
        },
        inert={"probabilities": {**none, "w": last}, "expectation values of Z": {**none, "w": last}},
        reference="Cerezo et al., Nat. Commun. 12, 1791 (2021), arXiv:2001.00550",
        doc="RY encoding, then courses of any two-qubit gate on neighbours, like bricks",
    )
