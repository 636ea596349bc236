"""Every angle an affine function of the latent: the style-based quantum generator."""

__all__ = ["style"]

from collections.abc import Iterator
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray

from circuits._checks import choose, integer, sizes
from circuits.circuit import Circuit, Weights
from circuits.initial import in_pairs, uniform
from circuits.layers import end_of_layer
from circuits.patterns import PATTERNS, Pairs

# On three wires, layer after layer, and from the start again.
PUBLISHED: tuple[Pairs, ...] = (((0, 1), (0, 2)), ((1, 2), (2, 0)))


def style(
    *, n_wires: int, layers: int, entangled: bool = True, pattern: str | None = None, latent_dim: int = 5
) -> Circuit:
    r"""Layers of RY, RZ, RY, RZ on every wire and controlled RY gates, then RY: the latent turns every one of them.

    .. math:: \alpha_m = a_m z_{m \bmod D} + b_m

    is the angle of the m-th gate, whatever it turns. The first half of a layer is RY and RZ on wire after wire, the
    second half is the same again, and the entanglers follow. The weights are ``{"scale": (gates,), "shift": (gates,)}``
    for a and b; both begin in U[-0.15, 0.15). With the published pattern of three wires and
    :math:`l = 2\,\mathrm{layers}` half layers these are :math:`4ln + 2n + 2l` weights, and :math:`4l + 2` on one
    wire. No weight is inert.

    The published runs draw latents from N(0, 1) and give the expectation value of wire n - 1 - i as feature i. Without
    entanglement a controlled rotation turns its second wire, whatever the first.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers of two halves, 1 or more.
        entangled: Whether rotations are controlled; the weights are the same without.
        pattern: A name of ``PATTERNS``, whose pairs have the control first. If None, the published one on three wires,
            which takes turns between (0, 1), (0, 2) and (1, 2), (2, 0), and on others the ring of the authors' library.
        latent_dim: How many random inputs D, 1 or more; published with 3 and 5.

    Raises:
        ValueError: If a number is no integer of at least 1, or the pattern is unknown.

    References:
        Bravo-Prieto C. et al., Style-based quantum generative adversarial networks for Monte Carlo events, Quantum 6,
        777 (2022), arXiv:2110.06933.
    """
    n_wires, layers = sizes(n_wires, layers)
    latent_dim = integer(latent_dim, "latent_dim", minimum=1, cure="Give the number of random inputs, latent_dim=5")
    if pattern is None and n_wires == len(PUBLISHED) + 1:
        pairs = [PUBLISHED[layer % len(PUBLISHED)] for layer in range(layers)]
    else:
        pairs = [choose(PATTERNS, pattern or "ring", "pattern")(n_wires)] * layers
    gates = list(_gates(n_wires, pairs))
    # Of the last gate of each layer, and of the rotations that close the circuit.
    ends = {*np.cumsum([4 * n_wires + len(entanglers) for entanglers in pairs]) - 1, len(gates) - 1}

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        for index, (kind, wires) in enumerate(gates):
            scale, shift = weights["scale"][..., index], weights["shift"][..., index]
            value = scale * latent[..., index % latent_dim] + shift
            if kind is qml.CRY and not entangled:
                qml.RY(value, wires=wires[-1])
            else:
                kind(value, wires=wires)
            if index in ends:
                end_of_layer(n_wires)

    # With every RZ and every CRY at zero, the RY rotations of the two halves of a layer meet.
    halves = np.array([kind is qml.RY for kind, _ in gates])
    halves[len(gates) - n_wires :] = False

    def identity(rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        shift = np.zeros(len(gates))
        drawn = [in_pairs(rng, (2, n_wires)) for _ in range(layers)]
        shift[halves] = np.concatenate(drawn).ravel()
        return {"scale": rng.uniform(-0.15, 0.15, len(gates)), "shift": shift}

    shapes = {"scale": (len(gates),), "shift": (len(gates),)}
    return Circuit(
        name="style",
        n_wires=n_wires,
        latent_dim=latent_dim,
        weight_shapes=shapes,
        queue=queue,
        entangled=entangled,
        initial=uniform(shapes, low=-0.15, high=0.15),
        identity=identity,
        reference="Bravo-Prieto et al., Quantum 6, 777 (2022), arXiv:2110.06933",
        doc="Layers of RY, RZ and CRY whose every angle is an affine function of the latent",
    )


def _gates(n_wires: int, pairs: list[Pairs]) -> Iterator[tuple[Any, tuple[int, ...]]]:
    for entanglers in pairs:
        for _half in range(2):
            for wire in range(n_wires):
                yield qml.RY, (wire,)
                yield qml.RZ, (wire,)
        yield from ((qml.CRY, pair) for pair in entanglers)
    yield from ((qml.RY, (wire,)) for wire in range(n_wires))
