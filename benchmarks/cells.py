"""The circuits that simulators are compared on, run by `batched.qubit` as a generator runs them."""

__all__ = ["CELLS", "KINDS", "Cell", "Timed", "operations"]

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple, final

import numpy as np
import pennylane as qml
import torch
from torch import Tensor

from circuits import CIRCUITS, Circuit, from_function
from qgan.backends.batched.diagonal import BOTH, LIFT
from qgan.backends.batched.engine import Engine
from qgan.backends.batched.executor import BatchedExecutor, compiled_of
from qgan.backends.batched.plan import GROUP, LATER, MATRIX, PHASES, SIGNS, TURN, TURNS, Plan
from qgan.readout import GradientMethod
from qgan.seeding import Key

REAL = {"complex64": np.float32, "complex128": np.float64}


class Cell(NamedTuple):
    """A row of the table."""

    wires: int
    layers: int
    batch: int


CELLS = (Cell(5, 6, 32), Cell(8, 6, 64), Cell(10, 6, 64), Cell(12, 6, 64), Cell(14, 6, 16), Cell(18, 4, 4))


@final
@dataclass
class Timed:
    """One circuit on one cell: a forward and backward pass by the weights, as `torch.autograd.grad` runs it."""

    executor: BatchedExecutor
    plan: Plan
    latent: Tensor
    weights: dict[str, Tensor]
    cotangent: Tensor

    def once(self) -> float:
        """Seconds of a pass."""
        began = perf_counter()
        out = self.executor(self.latent, self.weights, key=KEY)
        torch.autograd.grad(out, list(self.weights.values()), self.cotangent)
        return perf_counter() - began

    def forward(self) -> float:
        """Seconds of a forward pass without gradients."""
        with torch.no_grad():
            began = perf_counter()
            self.executor(self.latent, self.weights, key=KEY)
            return perf_counter() - began

    def check(self) -> tuple[float, float]:
        """The cost, and the sum of the sizes of its slopes: the same for all who run this circuit."""
        cost = (self.executor(self.latent, self.weights, key=KEY) * self.cotangent).sum()
        slopes = torch.autograd.grad(cost, list(self.weights.values()))
        return cost.item(), sum(slope.abs().sum().item() for slope in slopes)

    @classmethod
    def of(cls, kind: str, cell: Cell, *, c_dtype: str = "complex64", threads: int = 1, seed: int = 0) -> "Timed":
        """Inputs are drawn as `benchmarks/peers` draws them."""
        circuit, words = KINDS[kind](cell)
        plan = compiled_of(circuit, dtype=REAL[c_dtype])
        engine = Engine(plan, dtype=REAL[c_dtype], words=words, threads=lambda: threads)
        rng = np.random.default_rng(seed)
        latent = torch.from_numpy(rng.uniform(0, 1, (cell.batch, cell.wires)))
        weights = {
            name: torch.from_numpy(rng.uniform(0, 1, shape)).requires_grad_()
            for name, shape in circuit.weight_shapes.items()
        }
        cotangent = torch.from_numpy(rng.normal(size=(cell.batch, engine.size)))
        executor = BatchedExecutor(circuit, engine, GradientMethod("adjoint", "measured here"))
        return cls(executor, plan, latent, weights, cotangent)


KEY = Key(0, "benchmark")


def probabilities(cell: Cell) -> tuple[Circuit, None]:
    """A: RY of the latents, then layers of RY and a line of CZ; all probabilities. Everything is real."""
    return CIRCUITS["hardware-efficient"](n_wires=cell.wires, layers=cell.layers), None


def style(cell: Cell) -> tuple[Circuit, list[dict[int, str]]]:
    """B: layers of RY, RZ and a ring of CRY, every angle affine in a latent; <Z> of each wire."""
    n = cell.wires
    gates = [
        (gate, wire)
        for _ in range(cell.layers)
        for gate, wire in [*((qml.RY, q) for q in range(n)), *((qml.RZ, q) for q in range(n))]
        + [(qml.CRY, q) for q in range(n)]
    ]

    def queue(latent: Any, weights: Any) -> None:
        for index, (gate, wire) in enumerate(gates):
            angle = weights["scale"][..., index] * latent[..., index % n] + weights["shift"][..., index]
            gate(angle, wires=[wire, (wire + 1) % n] if gate is qml.CRY else wire)

    shapes = {"scale": (len(gates),), "shift": (len(gates),)}
    return from_function(queue, n_wires=n, weight_shapes=shapes, name="style ring"), [{q: "Z"} for q in range(n)]


def entangling(cell: Cell) -> tuple[Circuit, list[dict[int, str]]]:
    """C: RY of the latents, then layers of any rotation and a ring of CNOT; <Z> and <X> of each wire."""
    circuit = CIRCUITS["strongly-entangling"](n_wires=cell.wires, layers=cell.layers)
    return circuit, [{q: letter} for letter in "ZX" for q in range(cell.wires)]


KINDS: dict[str, Callable[[Cell], tuple[Circuit, Any]]] = {"A": probabilities, "B": style, "C": entangling}


def operations(plan: Plan, rows: int) -> int:
    """Additions and multiplications of a forward pass as it is compiled, without the read-out.

    Rotations whose cosines are left out have four for a pair, as nearly all have; others have six.
    """
    size, code, parts = 2**plan.n_wires, plan.code.tolist(), 1 if plan.real else 2
    # A product state: each wire multiplies what there is by two numbers.
    total = 2 * size * (1 if plan.real else 6)
    for at in code[len(code) - plan.n_passes :]:
        kind = code[at]
        if kind in (TURN, TURNS):
            total += _turned(code, at)
        elif kind == GROUP:
            first = at + 4 + code[at + 2] + code[at + 3]
            total += sum(_turned(code, each) for each in code[first : first + code[at + 1]]) << code[at + 3]
        elif kind == SIGNS:
            total += size * parts
        elif kind == PHASES:
            total += size * 6
            if code[at + 3] < 0:
                total += sum(_made(*row) for row in plan.diagonal[code[at + 1] : code[at + 2], :3].tolist())
        elif kind == MATRIX:
            total += size * 8 * 2 ** code[at + 4]
    return total * rows


def _turned(code: list[int], at: int) -> int:
    """Of rotations in each coset, some of which may be left out by controls that are 0 in it."""
    pairs = (1 if code[at] == TURN else 4) << code[at + 2]
    return pairs * (4 if code[at + 1] == LATER else 6) >> code[at + 5]


def _made(kind: int, _: int, size: int) -> int:
    """Of an operation on a table of phases."""
    return size * {LIFT: 8, BOTH: 8}.get(kind, 0)
