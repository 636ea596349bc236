"""The forms of `batched.qubit` against default.qubit: random circuits whose angles latents and weights make."""

__all__ = ["random_circuit", "random_difference", "random_words"]

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pennylane as qml
import torch
from torch import Tensor

from benchmarks.random_circuits import NO_ANGLES, Disagreement, random_gates
from circuits import Circuit, from_function
from qgan.backends import resolve
from qgan.backends.batched.checks import REAL
from qgan.backends.batched.on_torch.executor import torch_executor
from qgan.readout import Probabilities
from qgan.seeding import Key

LATENTS, WEIGHTS = 3, 6
KEY = Key(0, "forms")


def random_circuit(rng: np.random.Generator, *, n_wires: int, n_gates: int, words: Sequence[str] = ()) -> Circuit:
    """Each angle is a number, a weight, a latent, or a sum of products of them.

    Args:
        rng: Draws the circuit.
        n_wires: How many.
        n_gates: Likewise.
        words: Letters of wires 0, 1, ...: at the end those wires are turned so that Z reads them.
    """
    # Without a first layer most of the state would be zero.
    gates = [qml.RY(0.3 + wire, wire) for wire in range(n_wires)] + random_gates(rng, n_wires, n_gates, None)
    drawn = [[_angle(rng, number) for number in gate.data] for gate in gates]

    def queue(latent: Tensor, weights: Mapping[str, Tensor]) -> None:
        for gate, angles in zip(gates, drawn, strict=True):
            if gate.name in NO_ANGLES or not angles:
                qml.apply(gate)
                continue
            values = [angle(latent, weights["w"]) for angle in angles]
            more = {"pauli_word": gate.hyperparameters["pauli_word"]} if gate.name == "PauliRot" else {}
            type(gate)(*values, **more, wires=gate.wires)
        for wire, letter in enumerate(words):
            if letter == "Y":
                qml.adjoint(qml.S(wire))
            if letter in "XY":
                qml.Hadamard(wire)

    return from_function(queue, n_wires=n_wires, latent_dim=LATENTS, weight_shapes={"w": (2, WEIGHTS // 2)}, name="any")


def _angle(rng: np.random.Generator, number: Any) -> Any:
    kind, index, row, column = (int(rng.integers(end)) for end in (4, LATENTS, 2, WEIGHTS // 2))
    return partial(_made, kind, number, index, row, column)


def _made(kind: int, number: float, index: int, row: int, column: int, latent: Tensor, weights: Tensor) -> Any:
    weight, feature = weights[..., row, column], latent[..., index]
    return [
        # A number alone is no tensor, and PennyLane would keep it as it is.
        lambda: 0 * weight + number,
        lambda: number * weight,
        lambda: feature - number,
        lambda: 0.5 * number + weight * feature - 0.7 * weight * weight,
    ][kind]()


def random_words(rng: np.random.Generator, n_wires: int) -> list[str]:
    """A few words of I, X, Y and Z on all wires."""
    return ["".join(rng.choice(list("IXYZ"), n_wires)) for _ in range(rng.integers(1, 4))]


def random_difference(seed: int, *, n_wires: int, n_gates: int, rows: int, sets: int, c_dtype: str) -> Disagreement:
    """Of one random circuit in torch's operations and a random read-out, for ``sets * rows`` rows.

    Gradients are those of a random cost by latents and weights, which default.qubit gets by backpropagation in float64.
    """
    rng = np.random.default_rng(seed)
    words = random_words(rng, n_wires) if rng.random() < 0.6 else None
    draw = int(rng.integers(2**32))
    make = partial(random_circuit, n_wires=n_wires, n_gates=n_gates)
    circuit = make(np.random.default_rng(draw))
    lead = (sets,) if sets > 1 else ()
    latent = torch.from_numpy(rng.normal(size=(sets * rows, LATENTS))).requires_grad_()
    weights = torch.from_numpy(rng.normal(size=(*lead, 2, WEIGHTS // 2))).requires_grad_()

    reference, gradient = resolve("default.qubit"), resolve("batched.qubit").gradient(None)
    turned = [circuit] if words is None else [make(np.random.default_rng(draw), words=word) for word in words]
    joint = [
        reference.executor(each, Probabilities(), shots=None)(latent, {"w": weights}, key=KEY).double()
        for each in turned
    ]
    expected = (
        joint[0] if words is None else torch.stack([p @ _signs(w) for p, w in zip(joint, words, strict=True)], dim=1)
    )
    asked = None if words is None else [{q: letter for q, letter in enumerate(w) if letter != "I"} for w in words]
    executor = torch_executor(circuit, asked, gradient, dtype=REAL[c_dtype], device=torch.device("cpu"))
    found = executor(latent, {"w": weights}, key=KEY)

    cost = torch.from_numpy(rng.normal(size=tuple(found.shape)))
    both = [_slopes(out, cost, [latent, weights]) for out in (found, expected)]
    gradients = max(float((one - other).abs().max()) for one, other in zip(*both, strict=True))
    return Disagreement(float((found - expected).detach().abs().max()), gradients)


def _slopes(out: Tensor, cost: Tensor, of: Sequence[Tensor]) -> Sequence[Tensor]:
    if not out.requires_grad:
        return [torch.zeros_like(each) for each in of]
    return torch.autograd.grad((out * cost).sum(), of, allow_unused=True, materialize_grads=True)


def _signs(word: str) -> Tensor:
    """Of all basis states."""
    signs = np.ones(1)
    for letter in word:
        signs = np.kron(signs, [1, 1] if letter == "I" else [1, -1])
    return torch.from_numpy(signs)
