"""A circuit from a function of the user's, tried out before anything is trained with it."""

__all__ = ["from_function"]

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pennylane.measurements import MeasurementProcess
from pennylane.ops import MidMeasure, PauliMeasure
from pennylane.tape import QuantumScript, make_qscript

from circuits._checks import refusal
from circuits.circuit import Circuit, Weights
from circuits.initial import Initial

_BATCH = 3


def from_function(
    function: Callable[[Any, Any], Any],
    *,
    n_wires: int,
    latent_dim: int | None = None,
    weight_shapes: Mapping[str, tuple[int, ...]],
    name: str | None = None,
    initial: Initial | None = None,
    reference: str = "",
) -> Circuit:
    """A circuit from ``function(latent, weights)``, which queues PennyLane operations and measures nothing.

    The function is called a few times here, to see that it runs, and that a batch gives what its rows give one by one.
    It has to index from the right, ``latent[..., i]``, because latents come in batches. If it indexes its weights from
    the left, ``weights["w"][i]``, it works but for batches of weights, which the circuit then refuses. There is no
    switch for its entanglement.

    Args:
        function: Queues the operations; angles in radians.
        n_wires: How many qubits; it may use the wires 0 to ``n_wires`` - 1.
        latent_dim: How many random inputs; ``n_wires`` if None.
        weight_shapes: The shape of every named array of weights.
        name: What it is called; the function's own name if None.
        initial: Draws initial weights; None for U[0, 2π).
        reference: Where it was published.

    Raises:
        ValueError: If a number or a shape is impossible, or the function fails, measures, leaves its wires, or mixes up
            the rows of a batch.
    """
    title = name or getattr(function, "__name__", type(function).__name__)
    batched_weights = True

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:  # noqa: ARG001
        if not batched_weights and any(np.ndim(weights[key]) > len(shape) for key, shape in shapes.items()):
            raise refusal(
                f"The circuit '{title}' cannot take a batch of weights",
                got="weights with a batch axis",
                allowed="weights without",
                cure='Index them from the right in the function, such as weights["w"][..., i]',
            )
        function(latent, weights)

    circuit = Circuit(
        name=title,
        n_wires=n_wires,
        latent_dim=n_wires if latent_dim is None else latent_dim,
        weight_shapes=weight_shapes,
        queue=queue,
        has_switch=False,
        initial=initial,
        reference=reference,
        doc=next(iter((function.__doc__ or "").strip().splitlines()), ""),
    )
    shapes = circuit.weight_shapes
    _require_gates_only(circuit)
    _require_batches_of_latents(circuit)
    batched_weights = _rows_agree(circuit, batched_weights=True)
    return circuit


def _require_gates_only(circuit: Circuit) -> None:
    given = f"latent_dim={circuit.latent_dim}, weight_shapes={circuit.weight_shapes}"
    try:
        # Not zeros, of which an amplitude embedding makes no state.
        weights = {name: np.ones(shape) for name, shape in circuit.weight_shapes.items()}
        tape = _trace(circuit, np.ones(circuit.latent_dim), weights)
    except Exception as error:
        raise refusal(
            f"The function '{circuit.name}' failed with {given}",
            got=f"{type(error).__name__}: {error}",
            allowed="a function of (latent, weights) that queues PennyLane operations",
            cure='Give the shape of each array it reads, as in weight_shapes={"w": (6, 5)} for weights["w"][..., i, j]',
        ) from error
    measured = [
        operation for operation in tape if isinstance(operation, MeasurementProcess | MidMeasure | PauliMeasure)
    ]
    if measured:
        raise refusal(
            f"The function '{circuit.name}' measures",
            got=", ".join(map(str, measured)),
            allowed="gates only; the read-out measures",
            cure="Take the measurement out, and choose the read-out of the generator instead",
        )
    strangers = [wire for wire in tape.wires if wire not in range(circuit.n_wires)]
    if strangers:
        raise refusal(
            f"The function '{circuit.name}' uses wires it does not have",
            got=f"wires {strangers} with n_wires={circuit.n_wires}",
            allowed=f"wires 0 to {circuit.n_wires - 1}",
            cure="Give a larger n_wires, or number the wires from 0",
        )


def _require_batches_of_latents(circuit: Circuit) -> None:
    if not _rows_agree(circuit, batched_weights=False):
        raise refusal(
            f"The function '{circuit.name}' does not give for a batch of latents what it gives one by one",
            got=f"latents of shape ({_BATCH}, {circuit.latent_dim})",
            allowed="a function that takes latents with and without a leading batch axis",
            cure="Index from the right, such as latent[..., i], and use only operators and qml.math on the values",
        )


def _rows_agree(circuit: Circuit, *, batched_weights: bool) -> bool:
    rng = np.random.default_rng(0)
    latents = rng.uniform(0.0, 2 * np.pi, (_BATCH, circuit.latent_dim))
    axes = (_BATCH,) if batched_weights else ()
    weights = {name: rng.uniform(0.0, 2 * np.pi, axes + shape) for name, shape in circuit.weight_shapes.items()}
    try:
        together = _trace(circuit, latents, weights)
        for row in range(_BATCH):
            one = {name: value[row] for name, value in weights.items()} if batched_weights else weights
            if not _same(together.operations, _trace(circuit, latents[row], one).operations, row):
                return False
    except Exception:
        # Whatever a function does to a batch it did not expect, it cannot take one.
        return False
    return True


def _trace(circuit: Circuit, latent: Any, weights: Weights) -> QuantumScript:
    return make_qscript(circuit.gates)(latent, weights)


def _same(together: Sequence[Any], alone: Sequence[Any], row: int) -> bool:
    if len(together) != len(alone):
        return False
    for many, one in zip(together, alone, strict=True):
        if many.name != one.name or many.wires != one.wires or len(many.data) != len(one.data):
            return False
        for value, expected in zip(many.data, one.data, strict=True):
            rows = np.ndim(value) > np.ndim(expected)
            if not np.array_equal(value[row] if rows else value, expected):
                return False
    return True
