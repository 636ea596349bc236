"""The executor of `batched.qubit`: a circuit is traced and compiled once, and from then on only angles move."""

__all__ = ["BatchedExecutor", "batched_executor", "compiled_of"]

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from circuits import Circuit
from qgan._typing import Array
from qgan.backends.bases import basis_by_basis
from qgan.backends.batched import autograd
from qgan.backends.batched.checks import PRECISION, REAL, require_agreement
from qgan.backends.batched.engine import Engine
from qgan.backends.batched.kernel import BatchedKernel, KernelAdjoint
from qgan.backends.batched.lowering import NATIVE, lower
from qgan.backends.batched.on_torch.executor import torch_executor
from qgan.backends.batched.plan import Plan, compiled
from qgan.backends.batched.tracing import TracedOnce, traced
from qgan.backends.executor import TracedExecutor
from qgan.backends.gradients import Differences, Shots, TermsOf, shift_terms
from qgan.backends.program import EveryCall, Tracer, require_fitting
from qgan.errors import QganError
from qgan.readout import Counts, Executor, GradientMethod, Probabilities, ReadOut
from qgan.seeding import Key

# Why a circuit that was wanted on a device is not there.
NOT_THERE = "on the CPU: on {device} gradients are exact and adjoint, and angles are sums of products"


def batched_executor(
    circuit: Circuit,
    readout: ReadOut,
    *,
    shots: int | None,
    gradient: GradientMethod,
    c_dtype: str,
    device: torch.device | None = None,
    terms_of: TermsOf = shift_terms,
) -> Executor:
    """The fastest executor that is right for the circuit, the read-out and the shots.

    With a device of torch's, circuits run on it if they can; without, in kernels on the CPU. Where differences of
    circuits are taken, ``terms_of`` says which.
    """
    dtype = REAL[c_dtype]
    if shots is None and gradient.name == "adjoint" and (executor := _fast(circuit, readout, dtype, gradient, device)):
        return executor
    if device is not None:
        gradient = gradient._replace(why=f"{gradient.why}; {NOT_THERE.format(device=device)}")
    drawn, kernel = Shots(shots, Counts()), BatchedKernel(circuit.n_wires, dtype=dtype)
    adjoint = gradient.name == "adjoint"
    backward = KernelAdjoint(kernel, drawn.counts) if adjoint else Differences(kernel, drawn, terms_of)

    def by_angles(circuit: Circuit, readout: ReadOut) -> Executor:
        tracer, precision = _tracer(circuit, kernel, dtype), PRECISION[np.dtype(dtype).name]
        return TracedExecutor(
            tracer, readout, kernel=kernel, shots=drawn, backward=backward, gradient=gradient, precision=precision
        )

    return basis_by_basis(circuit, readout, by_angles)


def _tracer(circuit: Circuit, kernel: BatchedKernel, dtype: Any) -> Tracer:
    """One that traces once, if the circuit's angles are sums of products of latents and weights."""
    try:
        tracer = TracedOnce(circuit)
        require_agreement(circuit, partial(_probabilities, tracer, kernel), dtype)
    except QganError:
        raise
    except Exception:
        return EveryCall(circuit)
    return tracer


def _probabilities(tracer: Tracer, kernel: BatchedKernel, latent: Tensor, weights: Mapping[str, Tensor]) -> Array:
    program = tracer(latent, weights)
    return kernel.probabilities(program.operators, program.angles.numpy())


def _fast(
    circuit: Circuit, readout: ReadOut, dtype: Any, gradient: GradientMethod, device: torch.device | None
) -> Executor | None:
    """For a circuit whose angles are sums of products of latents and weights; None if they are not."""
    words = readout.words(circuit.n_wires)
    if words is None and not isinstance(readout, Probabilities):
        return None
    try:
        if device is not None:
            return torch_executor(circuit, words, gradient, dtype=dtype, device=device)
        plan = compiled_of(circuit, dtype=dtype)
    except QganError:
        raise
    except Exception:
        # The executor that traces in every call takes more, and tells what is wrong.
        return None
    return BatchedExecutor(circuit, Engine(plan, dtype=dtype, words=words, threads=torch.get_num_threads), gradient)


def compiled_of(circuit: Circuit, *, dtype: Any) -> Plan:
    """A circuit, traced, compiled, and checked against PennyLane, in the precision in which it will be run.

    Raises:
        NotPolynomial: If an angle is no sum of products of latents and weights.
        BackendError: If there is a gate that cannot be taken.
    """
    operators, sums = traced(circuit, NATIVE)
    plan = compiled(lower(operators, circuit.n_wires), sums)

    def run(latent: Tensor, weights: Mapping[str, Tensor]) -> Array:
        flat = np.concatenate([*(values.numpy().ravel() for values in weights.values()), np.zeros(0)])
        return Engine(plan, dtype=dtype).push(latent.numpy(), flat[None], batch=len(latent), keep=False)[0]

    require_agreement(circuit, run, dtype)
    return plan


@final
class BatchedExecutor(Executor):
    """A compiled circuit.

    Args:
        circuit: Which.
        engine: Of it and the read-out.
        gradient: Adjoint.
    """

    def __init__(self, circuit: Circuit, engine: Engine, gradient: GradientMethod) -> None:
        self.counts, self.gradient, self.precision = Counts(), gradient, PRECISION[engine.dtype.name]
        self._circuit, self._engine = circuit, engine
        self._shapes = {name: tuple(shape) for name, shape in circuit.weight_shapes.items()}
        sizes = [math.prod(shape) for shape in self._shapes.values()]
        self._inputs = autograd.Inputs(engine, circuit.latent_dim, sizes, self.counts)
        self._sets: dict[tuple[torch.Size, ...], int] = {}

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:  # noqa: ARG002
        named, shapes = [], [latent.shape]
        for name in self._shapes:
            weight = weights[name]
            shapes.append(weight.shape)
            named.append(_as_double(weight))
        known = tuple(shapes)
        if known not in self._sets:
            require_fitting(self._circuit, latent, weights)
            deep = [
                shape[0] for shape, one in zip(shapes[1:], self._shapes.values(), strict=True) if len(shape) > len(one)
            ]
            self._sets[known] = max(deep, default=1)
        sets = self._sets[known]
        out = autograd.run(self._inputs, _as_double(latent), named, sets)
        return out if latent.is_cpu else out.to(latent.device)


def _as_double(values: Tensor) -> Tensor:
    # Asking costs less than a conversion that does nothing.
    return values if values.dtype is torch.float64 and values.is_cpu else values.to("cpu", torch.float64)
