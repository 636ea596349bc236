"""Figure 2: every circuit, read-out and gradient method: how far values and gradients are apart in float64."""

__all__ = ["measure"]

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from benchmarks.evidence import Figure, Workplace, say, table
from circuits import CIRCUITS, Circuit
from qgan._typing import Json
from qgan.backends import resolve
from qgan.readout import ExpectationZ, Probabilities, ReadOut
from qgan.seeding import Key

N_WIRES, LAYERS, ROWS, STEP = 3, 2, 3, 1e-5
BOUND = 1e-6
READOUTS: Mapping[str, ReadOut] = {"probabilities": Probabilities(), "Z": ExpectationZ()}
METHODS = (
    ("default.qubit", "backprop"),
    ("default.qubit", "parameter-shift"),
    ("default.mixed", "backprop"),
    ("lightning.qubit", "adjoint"),
    ("lightning.qubit", "parameter-shift"),
)


def measure(place: Workplace) -> Figure:
    """The largest difference of each to finite differences, over latents and weights."""
    names = list(CIRCUITS)[:1] if place.quick else list(CIRCUITS)
    results: Json = {}
    for name in names:
        say(f"circuit gradients: {name}")
        circuit = CIRCUITS[name](n_wires=N_WIRES, layers=LAYERS)
        results[name] = {
            readout: {f"{device}, {method}": _difference(circuit, READOUTS[readout], device, method)
                      for device, method in METHODS}
            for readout in READOUTS
        }  # fmt: skip
    worst = max(value for some in results.values() for methods in some.values() for value in methods.values())
    rows = [
        (name, readout, *(f"{value:.1e}" for value in methods.values()))
        for name, some in results.items()
        for readout, methods in some.items()
    ]
    head = ("circuit", "read-out", *(f"{device}, {method}" for device, method in METHODS))
    body = "\n\n".join(
        [
            f"{N_WIRES} wires, {LAYERS} layers, {ROWS} rows, float64. Gradients of a fixed random linear function of "
            "the read-out with respect to latents and weights: the largest absolute difference to central finite "
            f"differences of {STEP:g} on `default.qubit`, whose own error is about 1e-10.",
            table(head, rows),
            f"Largest: {worst:.1e}; at most {BOUND:g} was asked for, which {'holds' if worst <= BOUND else 'FAILS'}.",
        ]
    )
    return Figure("Gradients of every circuit", {"largest": worst, "bound": BOUND, "differences": results}, body)


def _difference(circuit: Circuit, readout: ReadOut, device: str, method: str) -> float:
    leaves, cotangent = (
        _leaves(circuit),
        torch.from_numpy(np.random.default_rng(1).normal(size=(ROWS, readout.size(N_WIRES)))),
    )
    executor = resolve(device).executor(circuit, readout, shots=None, method=method)
    exact = resolve("default.qubit").executor(circuit, readout, shots=None)

    def value(tensors: Mapping[str, Tensor], run: object = exact) -> Tensor:
        weights = {name: tensor for name, tensor in tensors.items() if name != "latent"}
        return (run(tensors["latent"], weights, key=Key(0, "figure")) * cotangent).sum()  # type: ignore[operator]

    trained = {name: tensor.clone().requires_grad_() for name, tensor in leaves.items()}
    gradients = torch.autograd.grad(value(trained, executor), list(trained.values()), allow_unused=True)
    largest = 0.0
    for (name, leaf), gradient in zip(leaves.items(), gradients, strict=True):
        found = torch.zeros_like(leaf) if gradient is None else gradient
        for place in np.ndindex(*leaf.shape):
            ends = []
            for sign in (1, -1):
                moved = leaf.clone()
                moved[place] += sign * STEP
                with torch.no_grad():
                    ends.append(value({**leaves, name: moved}).item())
            slope = (ends[0] - ends[1]) / (2 * STEP)
            largest = max(largest, abs(slope - found[place].item()))
    return largest


def _leaves(circuit: Circuit) -> dict[str, Tensor]:
    rng = np.random.default_rng(0)
    weights = {name: torch.from_numpy(rng.uniform(-3, 3, shape)) for name, shape in circuit.weight_shapes.items()}
    return {"latent": torch.from_numpy(rng.uniform(-3, 3, (ROWS, circuit.latent_dim))), **weights}
