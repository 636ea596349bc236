"""Programs on compiled kernels: their probabilities, and the way back through them."""

__all__ = ["BatchedKernel", "KernelAdjoint"]

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch
from pennylane.operation import Operator

from qgan._typing import Array
from qgan.backends.batched.engine import Engine
from qgan.backends.batched.lowering import lower
from qgan.backends.batched.plan import Product, Sum, compiled
from qgan.backends.gradients import VectorJacobian
from qgan.backends.kernels import Kernel
from qgan.readout import Counts
from qgan.seeding import Key


@final
class BatchedKernel(Kernel):
    """Compiles the operators of a program when they are others than the last time."""

    def __init__(self, n_wires: int, *, dtype: Any) -> None:
        self._n_wires, self._dtype = n_wires, dtype
        self._last: Sequence[Operator] = ()
        self._gates: Any = None
        self._engine: Engine | None = None

    def probabilities(self, operators: Sequence[Operator], angles: Array) -> Array:
        engine, table = self.engine(operators), np.ascontiguousarray(angles)
        return engine.push(table, np.zeros((1, 0)), batch=len(table), keep=False)[0]

    def engine(self, operators: Sequence[Operator]) -> Engine:
        """That of those gates, whose latents are their angles."""
        if self._engine is None or operators is not self._last:
            # Of the gates of a program, names and wires say all but the angles.
            gates = [(gate.name, gate.wires) for gate in operators]
            if self._engine is None or gates != self._gates:
                self._engine = self._made(operators)
            self._last, self._gates = operators, gates
        return self._engine

    def _made(self, operators: Sequence[Operator]) -> Engine:
        angles = sum(gate.num_params for gate in operators)
        sums = [Sum(0.0, (Product(1.0, (index,)),)) for index in range(angles)]
        plan = compiled(lower(operators, self._n_wires), sums)
        return Engine(plan, dtype=self._dtype, threads=torch.get_num_threads)


@final
class KernelAdjoint(VectorJacobian):
    """The adjoint method on those."""

    def __init__(self, kernel: BatchedKernel, counts: Counts) -> None:
        self._kernel, self._counts = kernel, counts

    def __call__(
        self,
        operators: Sequence[Operator],
        angles: Array,
        columns: Sequence[int],
        cotangent: Array,
        key: Key,  # noqa: ARG002
    ) -> Array:
        self._counts.executions += len(angles)
        engine, table = self._kernel.engine(operators), np.ascontiguousarray(angles)
        _, held = engine.push(table, np.zeros((1, 0)), batch=len(table), keep=True)
        assert held is not None
        slopes, _ = engine.pull(held, np.ascontiguousarray(cotangent), by_latent=True, by_weights=False)
        assert slopes is not None
        return slopes[:, list(columns)]
