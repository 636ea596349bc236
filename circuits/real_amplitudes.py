"""RY rotations and CNOT gates: states with real amplitudes."""

__all__ = ["real_amplitudes"]

from typing import Any

import pennylane as qml

from circuits._checks import choose, integer, refusal, sizes
from circuits.circuit import Circuit, Weights
from circuits.encodings import angle
from circuits.layers import end_of_layer
from circuits.patterns import PATTERNS


def real_amplitudes(
    *,
    n_wires: int,
    layers: int,
    entangled: bool = True,
    pattern: str = "reverse-line",
    latent_dim: int | None = None,
) -> Circuit:
    r"""Angle encoding by RY, then layers of RY on every wire and CNOT on the pairs of a pattern, then RY once more.

    .. math:: \bigotimes_q R_Y(\theta_{Lq}) \prod_{l < L} \Bigl[ \prod_{(a, b)} CX_{ab} \bigotimes_q R_Y(\theta_{lq})
        \Bigr] \bigotimes_q R_Y(z_q)

    The weights are ``{"w": (layers + 1, n_wires)}`` and begin in U[0, 2π). After the encoding it is Qiskit's
    ``real_amplitudes``, whose own pattern is the line in reverse: it makes what CNOT gates on all pairs make. No
    weight is inert.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers of CNOT gates, 1 or more.
        entangled: Whether the CNOT gates are there; the weights are the same without.
        pattern: A name of ``PATTERNS``; the first wire of a pair is the control.
        latent_dim: One random input for each wire, which None is too, or 0 for no encoding: what is random is then the
            measurement, as in Qiskit's circuit.

    Raises:
        ValueError: If a number is no integer of at least 1, the pattern is unknown, or there is to be another number
            of random inputs.

    References:
        Kandala A. et al., Hardware-efficient variational quantum eigensolver for small molecules and quantum magnets,
        Nature 549, 242 (2017), arXiv:1704.05018; Javadi-Abhari A. et al., Quantum computing with Qiskit (2024),
        arXiv:2405.08810.
    """
    n_wires, layers = sizes(n_wires, layers)
    pairs = choose(PATTERNS, pattern, "pattern")(n_wires)
    encoded = _encoded(n_wires, latent_dim)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        angle(latent, encoded)
        for layer in range(layers + 1):
            for wire in range(n_wires):
                qml.RY(weights["w"][..., layer, wire], wires=wire)
            if entangled and layer < layers:
                for pair in pairs:
                    qml.CNOT(wires=pair)
            end_of_layer(n_wires)

    shapes = {"w": (layers + 1, n_wires)}
    return Circuit(
        name="real-amplitudes",
        n_wires=n_wires,
        latent_dim=encoded,
        weight_shapes=shapes,
        queue=queue,
        entangled=entangled,
        reference="Kandala et al., Nature 549, 242 (2017), arXiv:1704.05018, as in Qiskit",
        doc="RY encoding, then layers of RY and CNOT, and RY at the end",
    )


def _encoded(n_wires: int, latent_dim: int | None) -> int:
    """How many wires are turned by latents: all or none."""
    cure = f"Give latent_dim=0, latent_dim={n_wires}, or neither"
    found = n_wires if latent_dim is None else integer(latent_dim, "latent_dim", minimum=0, cure=cure)
    if found not in (0, n_wires):
        raise refusal(
            "Real amplitudes encode a random input on each wire, or none",
            got=f"latent_dim={latent_dim}",
            allowed=f"0 or {n_wires}",
            cure=cure,
        )
    return found
