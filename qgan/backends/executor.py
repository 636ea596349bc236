"""PennyLane devices as executors: traced in torch, run on arrays, differentiated by whatever suits the device."""

__all__ = ["PennyLaneExecutor", "make_device"]

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
from qgan.backends.facts import facts_of
from qgan.backends.gradients import Adjoint, ParameterShift, Shots, VectorJacobian
from qgan.backends.kernels import BroadcastKernel, Kernel, RowKernel
from qgan.backends.program import Program, check_indexing, trace
from qgan.errors import ConfigError
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


@final
class PennyLaneExecutor(Executor):
    """One circuit on one device.

    Executions are counted in rows. Forward: one a row. Backward: one adjoint sweep a row, or every shifted circuit, or
    none with backprop, which runs nothing again.

    Args:
        device: Made for the circuit's wires.
        circuit: Queues the gates.
        readout: What is made of the joint probabilities.
        shots: For each circuit; None is exact.
        gradient: One that suits the device and the shots.
    """

    def __init__(
        self, device: Device, circuit: Circuit, readout: ReadOut, *, shots: int | None, gradient: GradientMethod
    ) -> None:
        facts, n_wires = facts_of(device.name), circuit.n_wires
        self.counts, self.gradient = Counts(), gradient
        self._circuit, self._readout, self._shots = circuit, readout, Shots(shots, self.counts)
        self._backprop: BroadcastKernel | None = None
        self._kernel: Kernel = RowKernel(device, n_wires)
        if facts.broadcasting:
            self._kernel = kernel = BroadcastKernel(device, n_wires, density=facts.density)
            self._backprop = kernel if gradient.name == "backprop" else None
        self._backward: VectorJacobian = ParameterShift(self._kernel, self._shots)
        if gradient.name == "adjoint":
            self._backward = Adjoint(device, n_wires, self.counts)
        self._checked = False

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:
        if latent.ndim != 2 or latent.shape[1] != self._circuit.latent_dim or not len(latent):
            raise ConfigError(
                "The latents do not fit the circuit",
                got=f"shape {tuple(latent.shape)}",
                allowed=f"(batch, {self._circuit.latent_dim}), with a batch of at least 1",
                cure="Draw them with the circuit's latent_dim",
            )
        on_cpu = {name: values.to("cpu", torch.float64) for name, values in weights.items()}
        program = self._trace(latent.to("cpu", torch.float64), on_cpu)
        trainable = program.trainable
        if trainable and self._backprop:
            self.counts.executions += program.rows
            probabilities = self._backprop.differentiable(program)
        else:
            run = _Run(self._kernel, self._backward, self._shots, program, trainable, key)
            probabilities = _Probabilities.apply(program.angles, run) if trainable else run.forward(program.angles)
        return self._readout.read(probabilities).to(latent.device)

    def _trace(self, latent: Tensor, weights: Mapping[str, Tensor]) -> Program:
        if not self._checked:
            check_indexing(self._circuit, latent, weights)
            self._checked = True
        return trace(self._circuit, latent, weights)


class _Run(NamedTuple):
    """One call of an executor, as its autograd function needs it."""

    kernel: Kernel
    backward_of: VectorJacobian
    shots: Shots
    program: Program
    columns: list[int]
    key: Key

    def forward(self, angles: Tensor) -> Tensor:
        exact = self.kernel.probabilities(self.program, angles.detach().numpy())
        own = self.key._replace(purpose=f"{self.key.purpose}:shots")
        return torch.from_numpy(self.shots.draw(exact, stream(own)))

    def backward(self, angles: Tensor, cotangent: Tensor) -> Tensor:
        table, weighted = angles.detach().numpy(), cotangent.contiguous().numpy()
        gradient = torch.zeros_like(angles)
        gradient[:, self.columns] = torch.from_numpy(
            self.backward_of(self.program, table, self.columns, weighted, self.key)
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
