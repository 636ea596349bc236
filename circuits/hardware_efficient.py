"""RY rotations and CZ gates: the circuit of the first image GAN run on a quantum computer."""

__all__ = ["hardware_efficient"]

from typing import Any

import pennylane as qml

from circuits._checks import choose, sizes
from circuits.circuit import Circuit, Weights
from circuits.encodings import angle
from circuits.initial import in_pairs, uniform
from circuits.layers import end_of_layer
from circuits.patterns import PATTERNS


def hardware_efficient(*, n_wires: int, layers: int, entangled: bool = True, pattern: str = "line") -> Circuit:
    r"""Angle encoding by RY, then layers of RY on every wire and CZ on the pairs of a pattern.

    .. math:: \prod_l \Bigl[ \prod_{(a, b)} CZ_{ab} \bigotimes_q R_Y(\theta_{lq}) \Bigr] \bigotimes_q R_Y(z_q)

    The weights are ``{"w": (layers, n_wires)}``. They begin in U[0, 1) rad, as in PennyLane's
    demonstration ``tutorial_quantum_gans``, whose layers are these on a line; the paper puts the same pairs in brick
    order, which is the same unitary in fewer time slots. States are real, and on a line more than ``n_wires`` + 1
    layers add weights but no directions. No weight is inert.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers, 1 or more.
        entangled: Whether the CZ gates are there; the weights are the same without.
        pattern: A name of ``PATTERNS``.

    Raises:
        ValueError: If a number is no integer of at least 1, or the pattern is unknown.

    References:
        Huang H.-L. et al., Experimental quantum generative adversarial networks for image generation, Physical Review
        Applied 16, 024051 (2021), arXiv:2010.06201.
    """
    n_wires, layers = sizes(n_wires, layers)
    pairs = choose(PATTERNS, pattern, "pattern")(n_wires)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        angle(latent, n_wires)
        for layer in range(layers):
            for wire in range(n_wires):
                qml.RY(weights["w"][..., layer, wire], wires=wire)
            if entangled:
                for pair in pairs:
                    qml.CZ(wires=pair)
            end_of_layer(n_wires)

    shapes = {"w": (layers, n_wires)}
    return Circuit(
        name="hardware-efficient",
        n_wires=n_wires,
        latent_dim=n_wires,
        weight_shapes=shapes,
        queue=queue,
        entangled=entangled,
        initial=uniform(shapes, low=0.0, high=1.0),
        # An odd number of CZ layers does not cancel.
        identity=None if layers % 2 else lambda rng: {"w": in_pairs(rng, shapes["w"], every=2)},
        reference="Huang et al., Phys. Rev. Applied 16, 024051 (2021), arXiv:2010.06201",
        doc="RY encoding, then layers of RY on every wire and CZ on neighbours",
    )
