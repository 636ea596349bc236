"""How long it takes to simulate a circuit on more and more wires: measured on a few, and carried on from there."""

__all__ = ["MEASURED", "Growth", "circuit_of", "grown", "growth_of", "simulated_operations"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from types import SimpleNamespace
from typing import Any, cast, final

import numpy as np
import torch

from qgan.backends import resolve
from qgan.circuitry import make_circuit
from qgan.compare.operations import sweep, whole_pass
from qgan.errors import QganError
from qgan.generators.base import CircuitOptions, Ingredients
from qgan.machine import threads
from qgan.readout import Executor, Probabilities
from qgan.seeding import Key, stream

MEASURED = (4, 6, 8, 10, 12)
ROUNDS, MOST_ROWS = 5, 64


@final
@dataclass(frozen=True)
class Growth:
    r"""Seconds of the circuits of one training step as they are simulated here: an extrapolation.

    .. math:: t(W) = a + b W

    for W operations, by the rules of :mod:`qgan.compare.operations`: it is as if a state of any size were worked
    through as fast as those that were measured, which is kind to the simulator once a state outgrows the caches, and as
    if memory had no end.

    Attributes:
        wires: Of the circuits that were measured.
        seconds: Of each, the fastest of a few passes of ``batched.qubit`` over the same rows: what others do meanwhile
            only adds to it.
        overhead: a, seconds, fitted with b to all of them by least squares of relative errors, both at least 0.
        seconds_per_operation: b.
    """

    wires: tuple[int, ...]
    seconds: tuple[float, ...]
    overhead: float
    seconds_per_operation: float

    def at(self, operations: float) -> float:
        """Seconds of a step of so many operations."""
        return self.overhead + self.seconds_per_operation * operations


def grown(wires: Sequence[int], operations: Sequence[float], seconds: Sequence[float]) -> Growth:
    """Fits a growth to what was measured."""
    from scipy.optimize import nnls

    taken, work = np.asarray(seconds, dtype=np.float64), np.asarray(operations, dtype=np.float64)
    # In parts of the largest, lest one column be 1e9 times the other.
    largest = work.max()
    table = np.stack([np.ones_like(taken), work / largest], axis=1) / taken[:, None]
    (overhead, slope), _ = nnls(table, np.ones_like(taken))
    return Growth(tuple(wires), tuple(map(float, seconds)), float(overhead), float(slope / largest))


def circuit_of(options: CircuitOptions, n_wires: int) -> Any | None:
    """The circuit of these options on so many wires; None where it leaves no choice."""
    named = cast(Ingredients, SimpleNamespace(circuit=partial(make_circuit, None)))
    try:
        circuit = options.make(named, n_wires=n_wires)
    except QganError:
        return None
    return circuit if circuit.n_wires == n_wires else None


def simulated_operations(circuit: Any, *, rows: int, updates: int) -> float:
    """Of the circuits of one step: a pass for each row of each discriminator update, then a pass and a sweep."""
    facts = circuit.resources()._asdict()
    return rows * ((updates + 1) * whole_pass(facts) + sweep(facts))


def growth_of(
    options: CircuitOptions, *, rows: int, updates: int, count: int, wires: Sequence[int] = MEASURED
) -> Growth | None:
    """Measures the circuits of one step on a few sizes, by turns; None where fewer than two can be made.

    Args:
        options: Of the circuit.
        rows: Circuits for one batch; at most 64 are run, and the fit goes by operations.
        updates: Of the discriminator, in a step.
        count: Threads.
        wires: The sizes.
    """
    rows = min(rows, MOST_ROWS)
    circuits = {n: circuit for n in wires if (circuit := circuit_of(options, n)) is not None}
    if len(circuits) < 2:
        return None
    passes = {n: _Pass(circuit, rows=rows, updates=updates) for n, circuit in circuits.items()}
    with threads(count):
        for each in passes.values():
            each.seconds()
        taken = [{n: each.seconds() for n, each in passes.items()} for _ in range(ROUNDS)]
    work = [simulated_operations(circuit, rows=rows, updates=updates) for circuit in circuits.values()]
    return grown(list(circuits), work, [min(turn[n] for turn in taken) for n in circuits])


@final
class _Pass:
    """The circuits of one step, simulated."""

    def __init__(self, circuit: Any, *, rows: int, updates: int) -> None:
        rng = stream(Key(0, "simulated circuits"))
        self._executor: Executor = resolve("batched.qubit").executor(circuit, Probabilities(), shots=None)
        self._latent = torch.from_numpy(rng.uniform(0.5, 1.5, (rows, circuit.latent_dim)))
        self._weights: Mapping[str, torch.Tensor] = {
            name: torch.from_numpy(rng.uniform(0.5, 1.5, shape)).requires_grad_()
            for name, shape in circuit.weight_shapes.items()
        }
        self._cotangent = torch.from_numpy(rng.normal(size=(rows, 2**circuit.n_wires)))
        self._updates, self._key = updates, Key(0, "simulated circuits")

    def seconds(self) -> float:
        """Of one step."""
        began = perf_counter()
        with torch.no_grad():
            for _ in range(self._updates):
                self._executor(self._latent, self._weights, key=self._key)
        with torch.enable_grad():
            read = self._executor(self._latent, self._weights, key=self._key)
            torch.autograd.grad((read * self._cotangent).sum(), list(self._weights.values()), allow_unused=True)
        return perf_counter() - began
