"""PennyLane devices as executors: traced in torch, run on arrays, differentiated by whatever suits the device."""

__all__ = ["TracedExecutor", "make_device", "pennylane_executor"]

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, final

import numpy as np
import pennylane as qml
import torch
from pennylane.devices import Device
from torch import Tensor
from torch.autograd.function import once_differentiable

from circuits import Circuit
from qgan.backends.bases import basis_by_basis
from qgan.backends.facts import facts_of
from qgan.backends.gradients import Adjoint, Differences, Shots, TermsOf, VectorJacobian, shift_terms
from qgan.backends.kernels import BroadcastKernel, Kernel, RowKernel
from qgan.backends.program import EveryCall, Program, Tracer
from qgan.readout import Counts, Executor, GradientMethod, ReadOut
from qgan.seeding import Key, stream


def make_device(name: str, n_wires: int) -> Device:
    """The PennyLane device, with NumPy's global random state left as it was.

    Raises:
        Exception: Whatever the plugin raises; a broken one raises nearly anything.
    """
    point = qml.plugin_devices[name]
    with warnings.catch_warnings(), _global_random_state_kept():
        warnings.simplefilter("ignore")
        # It samples nothing for us, but without a seed it draws one from NumPy's global state.
        seeded = {"seed": 0} if "seed" in inspect.signature(point.load().__init__).parameters else {}
        return qml.device(name, wires=n_wires, **seeded)


@contextmanager
def _global_random_state_kept() -> Iterator[None]:
    state = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002


def pennylane_executor(
    device: Device,
    circuit: Circuit,
    readout: ReadOut,
    *,
    shots: int | None,
    gradient: GradientMethod,
    terms_of: TermsOf = shift_terms,
) -> Executor:
    """One circuit on one device, which was made for its wires; ``terms_of`` says which differences are taken."""
    facts, n_wires, counts = facts_of(device.name), circuit.n_wires, Counts()
    drawn = Shots(shots, counts)
    kernel: Kernel = RowKernel(device, n_wires)
    backprop: BroadcastKernel | None = None
    if facts.broadcasting:
        kernel = broadcast = BroadcastKernel(device, n_wires, density=facts.density)
        backprop = broadcast if gradient.name == "backprop" else None
    backward: VectorJacobian = Differences(kernel, drawn, terms_of)
    if gradient.name == "adjoint":
        backward = Adjoint(device, n_wires, counts)

    def traced(circuit: Circuit, readout: ReadOut) -> Executor:
        tracer = EveryCall(circuit)
        return TracedExecutor(
            tracer, readout, kernel=kernel, shots=drawn, backward=backward, gradient=gradient, backprop=backprop
        )

    return basis_by_basis(circuit, readout, traced)


@final
class TracedExecutor(Executor):
    """A circuit as a table of angles.

    Executions are counted in rows. Forward: one a row. Backward: one adjoint sweep a row, or every shifted circuit, or
    none with backprop, which runs nothing again.

    Args:
        tracer: Makes that table.
        readout: What is made of the joint probabilities, in the basis of Z.
        kernel: Runs them.
        shots: How probabilities are drawn, and where all is counted.
        backward: How a cotangent of the probabilities is taken back.
        gradient: How that is called.
        backprop: Runs them in torch where that is the way back.
        precision: In which it is run.
    """

    def __init__(
        self,
        tracer: Tracer,
        readout: ReadOut,
        *,
        kernel: Kernel,
        shots: Shots,
        backward: VectorJacobian,
        gradient: GradientMethod,
        backprop: BroadcastKernel | None = None,
        precision: torch.dtype = torch.float64,
    ) -> None:
        self.counts, self.gradient, self.precision = shots.counts, gradient, precision
        self._tracer, self._readout, self._shots = tracer, readout, shots
        self._kernel, self._backward, self._backprop = kernel, backward, backprop

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:
        program = self._tracer(latent, weights)
        trainable = program.trainable
        if trainable and self._backprop:
            self.counts.executions += program.rows
            probabilities = self._backprop.differentiable(program)
        else:
            run = _Run(self._kernel, self._backward, self._shots, program, trainable, key)
            probabilities = _Probabilities.apply(program.angles, run) if trainable else run.forward(program.angles)
        return self._readout.read(probabilities).to(latent.device)


class _Run(NamedTuple):
    """One call of an executor, as its autograd function needs it."""

    kernel: Kernel
    backward_of: VectorJacobian
    shots: Shots
    program: Program
    columns: tuple[int, ...]
    key: Key

    def forward(self, angles: Tensor) -> Tensor:
        exact = self.kernel.probabilities(self.program.operators, angles.detach().numpy())
        own = self.key._replace(purpose=f"{self.key.purpose}:shots")
        return torch.from_numpy(self.shots.draw(exact, stream(own)))

    def backward(self, angles: Tensor, cotangent: Tensor) -> Tensor:
        table, weighted = angles.detach().numpy(), cotangent.contiguous().numpy()
        gradient = torch.zeros_like(angles)
        gradient[:, list(self.columns)] = torch.from_numpy(
            self.backward_of(self.program.operators, table, self.columns, weighted, self.key)
        )
        return gradient


class _Probabilities(torch.autograd.Function):
    """Angles of shape (rows, n_angles) to probabilities of shape (rows, 2**n_wires)."""

    @staticmethod
    def forward(ctx: Any, angles: Tensor, run: _Run) -> Tensor:
        ctx.run = run
        ctx.save_for_backward(angles)
        return run.forward(angles)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (angles,) = ctx.saved_tensors
        return ctx.run.backward(angles, cotangents[0]), None
