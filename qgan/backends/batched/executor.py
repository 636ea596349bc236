"""The executor of `batched.qubit`: a circuit is traced and compiled once, and from then on only angles move."""

__all__ = ["BatchedExecutor", "batched_executor", "compiled_of"]

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, final

import numpy as np
import pennylane as qml
import torch
from pennylane.tape import QuantumScript
from pennylane.transforms import convert_to_numpy_parameters
from torch import Tensor

from circuits import Circuit
from qgan._typing import Array
from qgan.backends.bases import basis_by_basis
from qgan.backends.batched import autograd
from qgan.backends.batched.engine import Engine
from qgan.backends.batched.kernel import BatchedKernel, KernelAdjoint
from qgan.backends.batched.lowering import NATIVE, lower
from qgan.backends.batched.plan import Plan, compiled
from qgan.backends.batched.tracing import TracedOnce, traced
from qgan.backends.executor import TracedExecutor
from qgan.backends.gradients import ParameterShift, Shots
from qgan.backends.program import EveryCall, Tracer, queued, require_fitting
from qgan.errors import BackendError, QganError
from qgan.readout import Counts, Executor, GradientMethod, Probabilities, ReadOut
from qgan.seeding import Key

# Up to so many wires the compiled circuit is compared with PennyLane's when it is made; beyond, only its angles are.
CHECKED, TOLERANCE = 12, {np.float32: 1e-4, np.float64: 1e-9}
PRECISION = {"float32": torch.float32, "float64": torch.float64}
REAL = {"complex64": np.float32, "complex128": np.float64}


def batched_executor(
    circuit: Circuit, readout: ReadOut, *, shots: int | None, gradient: GradientMethod, c_dtype: str
) -> Executor:
    """The fastest executor that is right for the circuit, the read-out and the shots."""
    dtype = REAL[c_dtype]
    if shots is None and gradient.name == "adjoint" and (executor := _fast(circuit, readout, dtype, gradient)):
        return executor
    drawn, kernel = Shots(shots, Counts()), BatchedKernel(circuit.n_wires, dtype=dtype)
    adjoint = gradient.name == "adjoint"
    backward = KernelAdjoint(kernel, drawn.counts) if adjoint else ParameterShift(kernel, drawn)

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
        _require_agreement(circuit, partial(_probabilities, tracer, kernel), dtype)
    except QganError:
        raise
    except Exception:
        return EveryCall(circuit)
    return tracer


def _probabilities(tracer: Tracer, kernel: BatchedKernel, latent: Tensor, weights: Mapping[str, Tensor]) -> Array:
    program = tracer(latent, weights)
    return kernel.probabilities(program.operators, program.angles.numpy())


def _fast(circuit: Circuit, readout: ReadOut, dtype: Any, gradient: GradientMethod) -> "BatchedExecutor | None":
    """For a circuit whose angles are sums of products of latents and weights; None if they are not."""
    words = readout.words(circuit.n_wires)
    if words is None and not isinstance(readout, Probabilities):
        return None
    try:
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

    _require_agreement(circuit, run, dtype)
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
        self._inputs = autograd.Inputs(engine, [math.prod(shape) for shape in self._shapes.values()], self.counts)

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:  # noqa: ARG002
        require_fitting(self._circuit, latent, weights)
        sets, named = 1, []
        for name, shape in self._shapes.items():
            weight = weights[name]
            if weight.ndim > len(shape):
                sets = weight.shape[0]
            named.append(_as_double(weight))
        out = autograd.run(self._inputs, _as_double(latent), named, sets)
        return out if latent.is_cpu else out.to(latent.device)


def _as_double(values: Tensor) -> Tensor:
    # Asking costs less than a conversion that does nothing.
    return values if values.dtype is torch.float64 and values.is_cpu else values.to("cpu", torch.float64)


def _require_agreement(circuit: Circuit, run: Callable[[Tensor, Mapping[str, Tensor]], Array], dtype: Any) -> None:
    """Compares the probabilities of a compiled circuit with those of PennyLane's own at two random places.

    Raises:
        BackendError: If they differ, which would be a mistake of this package.
    """
    if circuit.n_wires > CHECKED:
        return
    rng = np.random.default_rng(0)
    latent = torch.from_numpy(rng.uniform(-3, 3, (2, circuit.latent_dim)))
    weights = {name: torch.from_numpy(rng.uniform(-3, 3, shape)) for name, shape in circuit.weight_shapes.items()}
    found, gates = run(latent, weights), queued(circuit, latent, weights, NATIVE)
    # Of a single torch number PennyLane 0.45 works out the eigenvalues of RZ in single precision.
    convert: Any = convert_to_numpy_parameters
    tapes, _ = convert(QuantumScript(gates, [qml.probs(wires=range(circuit.n_wires))]))
    expected = np.asarray(qml.device("default.qubit", wires=circuit.n_wires, seed=0).execute(tapes[0]))
    worst = float(np.abs(found - expected).max())
    if not worst < TOLERANCE[dtype]:
        raise BackendError(
            f"The circuit '{circuit.name}' was compiled wrongly for batched.qubit: please report it",
            got=f"probabilities that differ by {worst:.1e} from default.qubit's",
            cure="Use --backend default.qubit until it is mended",
        )
