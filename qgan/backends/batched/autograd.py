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


def run(
    engine: Engine, latent: Tensor, weights: Sequence[Tensor], *, sizes: Sequence[int], sets: int, counts: Counts
) -> Tensor:
    """The read-out, shape (rows, size), float64.

    Args:
        engine: Of the circuit.
        latent: Shape (rows, latents), float64, on the CPU: equal runs of rows for the sets of weights.
        weights: Float64, on the CPU, each of its shape, or with a leading axis of ``sets``.
        sizes: Numbers in each of them, without that axis.
        sets: Of weights.
        counts: Of rows run, one for each row and direction.
    """
    if torch.is_grad_enabled() and (latent.requires_grad or any(each.requires_grad for each in weights)):
        return _Run.apply(engine, sets, sizes, counts, latent, *weights)  # type: ignore[no-any-return]
    out, _ = _push(engine, sets, sizes, counts, latent, weights, keep=False)
    return torch.from_numpy(out)


def _push(
    engine: Engine,
    sets: int,
    sizes: Sequence[int],
    counts: Counts,
    latent: Tensor,
    weights: Sequence[Tensor],
    *,
    keep: bool,
) -> tuple[AnyArray, Held | None]:
    rows = latent.shape[0]
    counts.executions += rows
    table = np.ascontiguousarray(latent.detach().numpy())
    return engine.push(table, _flat(weights, sizes, sets), batch=rows // sets, keep=keep)


def _flat(weights: Sequence[Tensor], sizes: Sequence[int], sets: int) -> AnyArray:
    """All weights of a set in a row, shape (sets, weights)."""
    arrays = [each.detach().numpy().reshape(-1, size) for each, size in zip(weights, sizes, strict=True)]
    if len(arrays) == 1 and len(arrays[0]) == sets:
        return np.ascontiguousarray(arrays[0])
    flat = np.empty((sets, sum(sizes)))
    at = 0
    for array, size in zip(arrays, sizes, strict=True):
        flat[:, at : at + size] = array
        at += size
    return flat


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, engine: Engine, sets: int, sizes: Sequence[int], counts: Counts, latent: Tensor, *weights: Tensor
    ) -> Tensor:
        out, held = _push(engine, sets, sizes, counts, latent, weights, keep=True)
        ctx.asked, ctx.held = (engine, sets, sizes, counts), held
        ctx.save_for_backward(latent, *weights)
        return torch.from_numpy(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        latent, *weights = ctx.saved_tensors
        engine, sets, sizes, counts = ctx.asked
        held, ctx.held = ctx.held, None
        if held is None:
            # The way back used the states up; a second one needs them again.
            _, held = _push(engine, sets, sizes, counts, latent, weights, keep=True)
        counts.executions += latent.shape[0]
        by_latent, *each = ctx.needs_input_grad[4:]
        cotangent = np.ascontiguousarray(cotangents[0].numpy(), dtype=np.float64)
        of_latent, of_weights = engine.pull(held, cotangent, by_latent=by_latent, by_weights=any(each))
        slopes: list[Tensor | None] = []
        at = 0
        for weight, size, wanted in zip(weights, sizes, each, strict=True):
            # What no angle depends on has no slope, rather than one of zero.
            if wanted and engine.uses(range(-1 - at, -1 - at - size, -1)):
                part = of_weights[:, at : at + size]
                part = part if weight.numel() == sets * size else part.sum(axis=0)
                slopes.append(torch.from_numpy(np.ascontiguousarray(part).reshape(weight.shape)))
            else:
                slopes.append(None)
            at += size
        by_row = None
        if of_latent is not None and engine.uses(range(latent.shape[1])):
            by_row = torch.from_numpy(of_latent)
        return None, None, None, None, by_row, *slopes
