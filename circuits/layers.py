"""Where a circuit's layers end, and a circuit layer by layer."""

__all__ = ["end_of_layer", "layers_of"]

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pennylane as qml
from pennylane.operation import Operator
from pennylane.tape import make_qscript

from circuits._checks import refusal
from circuits.circuit import Circuit, Weights


def end_of_layer(n_wires: int) -> None:
    """Queues PennyLane's barrier on all wires, which does nothing: what stands before it belongs together."""
    qml.Barrier(wires=range(n_wires))


def layers_of(circuit: Circuit) -> tuple[Circuit, ...]:
    """The circuit cut at its barriers on all wires.

    A layer of a named circuit is its rotations and the entanglers that follow or precede them, as its product is
    written; what prepares or encodes before the first belongs to the first, and rotations that close the circuit are a
    layer of their own.

    Returns:
        Circuits to be run one after the other, each with all latents and all weights of the whole.

    Raises:
        ValueError: If it has no such barrier: a function or file that does not say where its layers end.
    """
    rng = np.random.default_rng(0)
    latent = rng.uniform(0.0, 2 * np.pi, circuit.latent_dim)
    weights = {name: rng.uniform(0.0, 2 * np.pi, shape) for name, shape in circuit.weight_shapes.items()}
    parts = _parts(make_qscript(circuit.gates)(latent, weights).operations, circuit.n_wires)
    if len(parts) == 1:
        raise refusal(
            f"The circuit '{circuit.name}' does not say where its layers end",
            got="no barrier on all of its wires",
            allowed="circuits of the CIRCUITS table, and functions with barriers",
            cure=f"Queue qml.Barrier(wires=range({circuit.n_wires})) at the end of each layer",
        )
    # After the last barrier there may be nothing.
    return tuple(_layer(circuit, index) for index, part in enumerate(parts) if part or index < len(parts) - 1)


def _layer(circuit: Circuit, index: int) -> Circuit:
    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        whole = make_qscript(circuit.queue)(latent, weights, entangled)
        for operation in _parts(whole.operations, circuit.n_wires)[index]:
            qml.apply(operation)

    name = f"{circuit.name}, layer {index + 1}"
    return replace(circuit, name=name, queue=queue, initial=None, identity=None, inert={}, inert_in={})


def _parts(operations: Sequence[Operator], n_wires: int) -> list[list[Operator]]:
    parts: list[list[Operator]] = [[]]
    for operation in operations:
        if operation.name == "Barrier" and set(operation.wires) == set(range(n_wires)):
            parts.append([])
        else:
            parts[-1].append(operation)
    return parts
