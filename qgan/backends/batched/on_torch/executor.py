"""The executor that runs a circuit on a device of torch's."""

__all__ = ["TorchExecutor", "torch_executor"]

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from circuits import Circuit
from qgan._typing import Array
from qgan.backends.batched.checks import PRECISION, not_finite, require_agreement
from qgan.backends.batched.lowering import NATIVE, lower
from qgan.backends.batched.on_torch.form import Form
from qgan.backends.batched.on_torch.replays import Replays
from qgan.backends.batched.tracing import traced
from qgan.backends.program import require_fitting
from qgan.errors import BackendError
from qgan.readout import Counts, Executor, GradientMethod
from qgan.seeding import Key


def torch_executor(
    circuit: Circuit,
    words: Sequence[dict[int, str]] | None,
    gradient: GradientMethod,
    *,
    dtype: Any,
    device: torch.device,
) -> "TorchExecutor":
    """A circuit, traced, compiled, and checked against PennyLane on that device, in the precision it will be run in.

    Args:
        circuit: Which.
        words: Pauli words, wires to letters, whose expectation values are read out; None for joint probabilities.
        gradient: Adjoint.
        dtype: ``numpy.float32`` or ``numpy.float64``, of real and imaginary parts.
        device: Where it is run.

    Raises:
        NotPolynomial: If an angle is no sum of products of latents and weights.
        BackendError: If there is a gate that cannot be taken, or the device fails.
    """
    operators, sums = traced(circuit, NATIVE)
    sizes = {"latents": circuit.latent_dim, "weights": sum(map(math.prod, circuit.weight_shapes.values()))}

    def form(words: Sequence[dict[int, str]] | None) -> Form:
        # Scheduling joins the gates that it is given.
        gates = lower(operators, circuit.n_wires)
        return Form(gates, sums, words=words, dtype=dtype, device=device, **sizes)

    try:
        whole = form(None)
        require_agreement(circuit, partial(_probabilities, whole), dtype)
        asked = whole if words is None else form(words)
    except RuntimeError as error:
        # Of the device, then: the circuit has been traced.
        raise BackendError(
            f"The circuit '{circuit.name}' cannot be run in torch on {device}",
            got=error,
            cure="Run it on the CPU: --set backend.device=cpu",
        ) from error
    why = f"{gradient.why}; all rows at once in torch on {device}"
    return TorchExecutor(circuit, asked, gradient._replace(why=why), dtype=dtype)


def _probabilities(form: Form, latent: Tensor, weights: Mapping[str, Tensor]) -> Array:
    flat = torch.cat([*(values.flatten() for values in weights.values()), torch.zeros(0, dtype=torch.float64)])
    return form(latent.to(form.device), flat[None].to(form.device), Counts()).numpy(force=True)


@final
class TorchExecutor(Executor):
    """A compiled circuit on a device of torch's.

    Args:
        circuit: Which.
        form: Of it and the read-out.
        gradient: Adjoint.
        dtype: Of the form.
    """

    def __init__(self, circuit: Circuit, form: Form, gradient: GradientMethod, *, dtype: Any) -> None:
        self.counts, self.gradient, self.precision = Counts(), gradient, PRECISION[np.dtype(dtype).name]
        self._circuit, self._form = circuit, form
        self._run = Replays(form) if form.device.type == "cuda" else form
        self._shapes = {name: tuple(shape) for name, shape in circuit.weight_shapes.items()}
        ends = np.cumsum([0, *map(math.prod, self._shapes.values())]).tolist()
        used = [form.uses(range(-1 - first, -1 - last, -1)) for first, last in pairwise(ends)]
        # What no angle depends on has no slope, rather than one of zero.
        self._used = dict(zip(self._shapes, used, strict=True))
        self._latent_used = form.uses(range(circuit.latent_dim))

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:  # noqa: ARG002
        require_fitting(self._circuit, latent, weights)
        stacked = [len(weights[name]) for name, shape in self._shapes.items() if weights[name].ndim > len(shape)]
        named = [
            self._there(weights[name], used=self._used[name]).reshape(-1, math.prod(shape))
            for name, shape in self._shapes.items()
        ]
        named = [each.expand(max([1, *stacked]), -1) for each in named]
        flat = torch.cat(named, dim=1) if named else torch.zeros(1, 0, dtype=torch.float64, device=self._form.device)
        rows = self._there(latent, used=self._latent_used)
        found = self._run(rows, flat, self.counts).to(latent.device)
        # Angles that are not finite make rows that are not. They are told from what has come back: latents on the CPU
        # wait for their numbers anyway. With latents on a GPU this is the one place that waits for it, in every call.
        if not math.isfinite(found.detach().sum().item()):
            raise not_finite()
        return found

    def _there(self, values: Tensor, *, used: bool) -> Tensor:
        return (values if used else values.detach()).to(self._form.device, torch.float64)
