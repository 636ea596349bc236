"""Staircases of gates on neighbours: matrix product states."""

__all__ = ["matrix_product"]

from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits._checks import sizes
from circuits.blocks import interaction, turn
from circuits.circuit import Circuit, Weights
from circuits.encodings import angle
from circuits.initial import in_pairs
from circuits.layers import end_of_layer
from circuits.patterns import line


def matrix_product(*, n_wires: int, layers: int, entangled: bool = True) -> Circuit:
    r"""Angle encoding by RY, then layers of a staircase of gates on the wires (0, 1), (1, 2), (2, 3) ...

    Each step turns both its wires by any rotation and lets them interact by :math:`\exp(-\tfrac i2 (a XX + b YY + c
    ZZ))`; after the last staircase every wire is turned once more. One staircase makes matrix product states of bond
    dimension 2, and ``layers`` of them at most :math:`2^\mathrm{layers}`.

    The weights are ``{"block": (layers, n_wires - 1, 9), "w": (n_wires, 3)}``, without ``"block"`` on one wire, and
    begin in U[0, 2π); of a block's nine the first three turn its first wire, the next its second, and the last are the
    interaction's. The last RZ rotations are inert for read-outs of Z. The staircase is its only pattern. Without
    entanglement the angles of an interaction turn its wires instead.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many staircases, 1 or more.
        entangled: Whether wires interact; the weights are the same without.

    Raises:
        ValueError: If a number is no integer of at least 1.

    References:
        Huggins W. et al., Towards quantum machine learning with tensor networks, Quantum Science and Technology 4,
        024001 (2019), arXiv:1803.11537.
    """
    n_wires, layers = sizes(n_wires, layers)
    steps = line(n_wires)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        angle(latent, n_wires)
        for layer in range(layers):
            for index, pair in enumerate(steps):
                block = weights["block"][..., layer, index, :]
                turn(block[..., 0:3], pair[0])
                turn(block[..., 3:6], pair[1])
                interaction(block[..., 6:9], pair, entangled=entangled)
            end_of_layer(n_wires)
        for wire in range(n_wires):
            turn(weights["w"][..., wire, :], wire)
        end_of_layer(n_wires)

    shapes = {**({"block": (layers, len(steps), 9)} if steps else {}), "w": (n_wires, 3)}

    def identity(rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        values = {name: np.zeros(shape) for name, shape in shapes.items()}
        for wire in range(n_wires):
            # The wire's rotations in the order of time: second of a step and first of the next, in every staircase.
            turns = [
                values["block"][layer, step, 3 * place : 3 * place + 3]
                for layer in range(layers)
                for step, place in ((wire - 1, 1), (wire, 0))
                if 0 <= step < len(steps)
            ]
            turns.append(values["w"][wire])
            for view, angles in zip(turns, in_pairs(rng, (len(turns), 3), angles=3), strict=True):
                view[:] = angles
        return values

    none = {name: np.zeros(shape, dtype=bool) for name, shape in shapes.items()}
    last = none["w"] | (np.arange(3) == 2)
    inert = {**none, "w": last}
    return Circuit(
        name="matrix-product",
        n_wires=n_wires,
        latent_dim=n_wires,
        weight_shapes=shapes,
        queue=queue,
        entangled=entangled,
        identity=identity,
        inert={"probabilities": inert, "expectation values of Z": inert},
        reference="Huggins et al., Quantum Sci. Technol. 4, 024001 (2019), arXiv:1803.11537",
        doc="RY encoding, then staircases of any two-qubit gate: matrix product states",
    )
