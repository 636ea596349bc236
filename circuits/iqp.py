"""Hadamard gates around gates that commute."""

__all__ = ["iqp"]

from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray

from circuits._checks import choose, sizes
from circuits.circuit import Circuit, Weights
from circuits.initial import in_pairs
from circuits.layers import end_of_layer
from circuits.patterns import PATTERNS


def iqp(*, n_wires: int, layers: int, entangled: bool = True, pattern: str = "all-to-all") -> Circuit:
    r"""Layers of Hadamard gates and diagonal gates, then Hadamard gates once more.

    .. math:: H^{\otimes n} \prod_l \Bigl[ \exp\Bigl(-\tfrac i2 \sum_q (z_q + \theta_{lq}) Z_q - \tfrac i2 \sum_{(a, b)}
        \phi_{lab} Z_a Z_b \Bigr) H^{\otimes n} \Bigr]

    With one layer it is an instantaneous quantum polynomial-time circuit, whose probabilities no classical computer is
    thought to sample from; the latent enters as in the feature maps of Havlíček et al. The weights are ``{"w": (layers,
    n_wires), "pair": (layers, pairs)}``, without ``"pair"`` on one wire, and begin in U[0, 2π). No weight is inert for
    read-outs of Z, but those of the last layer are for read-outs of X. Without entanglement a pair's angle turns its
    first wire.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers, 1 or more.
        entangled: Whether pairs interact; the weights are the same without.
        pattern: A name of ``PATTERNS``.

    Raises:
        ValueError: If a number is no integer of at least 1, or the pattern is unknown.

    References:
        Shepherd D. and Bremner M. J., Temporally unstructured quantum computation, Proc. R. Soc. A 465, 1413 (2009),
        arXiv:0809.0847; Coyle B. et al., The Born supremacy: quantum advantage and training of an Ising Born machine,
        npj Quantum Information 6, 60 (2020), arXiv:1904.02214; Havlíček V. et al., Supervised learning with
        quantum-enhanced feature spaces, Nature 567, 209 (2019), arXiv:1804.11326.
    """
    n_wires, layers = sizes(n_wires, layers)
    pairs = choose(PATTERNS, pattern, "pattern")(n_wires)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        for layer in range(layers):
            _hadamards(n_wires)
            for wire in range(n_wires):
                qml.RZ(latent[..., wire] + weights["w"][..., layer, wire], wires=wire)
            for index, pair in enumerate(pairs):
                value = weights["pair"][..., layer, index]
                if entangled:
                    qml.IsingZZ(value, wires=pair)
                else:
                    qml.RZ(value, wires=pair[0])
            end_of_layer(n_wires)
        _hadamards(n_wires)
        end_of_layer(n_wires)

    shapes = {"w": (layers, n_wires), **({"pair": (layers, len(pairs))} if pairs else {})}
    last = {
        name: np.arange(layers)[:, None] + np.zeros(shape, dtype=int) == layers - 1 for name, shape in shapes.items()
    }

    def identity(rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        return {name: in_pairs(rng, shape, every=2) for name, shape in shapes.items()}

    return Circuit(
        name="iqp",
        n_wires=n_wires,
        latent_dim=n_wires,
        weight_shapes=shapes,
        queue=queue,
        entangled=entangled,
        identity=identity,
        inert_in={"X": {"probabilities": last, "expectation values of Z": last}},
        reference="Coyle et al., npj Quantum Inf. 6, 60 (2020), arXiv:1904.02214",
        doc="Layers of RZ, moved by the latent, and ZZ between Hadamards: instantaneous polynomial time",
    )


def _hadamards(n_wires: int) -> None:
    for wire in range(n_wires):
        qml.Hadamard(wires=wire)
