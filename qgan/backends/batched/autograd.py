"""A compiled circuit as one function of torch, from latents and weights to its read-out."""

__all__ = ["run"]

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qgan._typing import AnyArray
from qgan.backends.batched.engine import Engine, Held
from qgan.readout import Counts


def run(engine: Engine, latent: Tensor, weights: Sequence[Tensor], *, sets: int, counts: Counts) -> Tensor:
    """The read-out, shape (rows, size), float64.

    Args:
        engine: Of the circuit.
        latent: Shape (rows, latents), float64, on the CPU: equal runs of rows for the sets of weights.
        weights: Float64, on the CPU, each with a leading axis of ``sets``, or of 1.
        sets: Of weights.
        counts: Of rows run, one for each row and direction.
    """
    if torch.is_grad_enabled() and (latent.requires_grad or any(each.requires_grad for each in weights)):
        return _Run.apply(engine, sets, counts, latent, *weights)  # type: ignore[no-any-return]
    out, _ = _push(engine, sets, counts, latent, weights, keep=False)
    return torch.from_numpy(out)


def _push(
    engine: Engine, sets: int, counts: Counts, latent: Tensor, weights: Sequence[Tensor], *, keep: bool
) -> tuple[AnyArray, Held | None]:
    counts.executions += len(latent)
    rows = np.ascontiguousarray(latent.detach().numpy())
    return engine.push(rows, _flat(weights, sets), batch=len(latent) // sets, keep=keep)


def _flat(weights: Sequence[Tensor], sets: int) -> AnyArray:
    """All weights of a set in a row."""
    arrays = [each.detach().numpy().reshape(len(each), -1) for each in weights]
    if len(arrays) == 1 and len(arrays[0]) == sets:
        return np.ascontiguousarray(arrays[0])
    return np.concatenate(
        [np.broadcast_to(array, (sets, array.shape[1])) for array in arrays] or [np.zeros((sets, 0))], axis=1
    )


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, engine: Engine, sets: int, counts: Counts, latent: Tensor, *weights: Tensor) -> Tensor:
        out, held = _push(engine, sets, counts, latent, weights, keep=True)
        ctx.engine, ctx.sets, ctx.counts, ctx.held = engine, sets, counts, held
        ctx.save_for_backward(latent, *weights)
        return torch.from_numpy(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        latent, *weights = ctx.saved_tensors
        held, ctx.held = ctx.held, None
        if held is None:
            # The way back used the states up; a second one needs them again.
            _, held = _push(ctx.engine, ctx.sets, ctx.counts, latent, weights, keep=True)
        ctx.counts.executions += len(latent)
        by_latent, by_weights = ctx.needs_input_grad[3], any(ctx.needs_input_grad[4:])
        cotangent = np.ascontiguousarray(cotangents[0].double().numpy())
        of_latent, of_weights = ctx.engine.pull(held, cotangent, by_latent=by_latent, by_weights=by_weights)
        slopes: list[Tensor | None] = [None] * len(weights)
        at = 0
        for index, weight in enumerate(weights):
            size = weight[0].numel()
            # What no angle depends on has no slope, rather than one of zero.
            used = ctx.engine.uses(range(-1 - at, -1 - at - size, -1))
            if used and ctx.needs_input_grad[4 + index] and of_weights is not None:
                part = of_weights[:, at : at + size]
                part = part if len(weight) == ctx.sets else part.sum(axis=0, keepdims=True)
                slopes[index] = torch.from_numpy(np.ascontiguousarray(part)).reshape(weight.shape)
            at += size
        by_row = None
        if of_latent is not None and ctx.engine.uses(range(latent.shape[1])):
            by_row = torch.from_numpy(of_latent)
        return None, None, None, by_row, *slopes
