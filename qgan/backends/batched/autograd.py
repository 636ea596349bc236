"""A compiled circuit as one function of torch, from latents and weights to its read-out."""

__all__ = ["Inputs", "run"]

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qgan._typing import AnyArray
from qgan.backends.batched.engine import Engine, Held
from qgan.readout import Counts


@final
class Inputs:
    """What an engine is run with: how its weights lie, and which inputs any angle depends on.

    Args:
        engine: Of the circuit.
        latents: How many.
        sizes: Numbers in each weight of a set.
        counts: Of rows run, one for each row and direction.
    """

    def __init__(self, engine: Engine, latents: int, sizes: Sequence[int], counts: Counts) -> None:
        self.engine, self.counts = engine, counts
        ends = list(accumulate(sizes, initial=0))
        self.spans = list(pairwise(ends))
        self.size = ends[-1]
        # What no angle depends on has no slope, rather than one of zero.
        self.used = [engine.uses(range(-first - 1, -last - 1, -1)) for first, last in self.spans]
        self.uses_latents = engine.uses(range(latents))

    def push(self, latent: Tensor, weights: Sequence[Tensor], sets: int, *, keep: bool) -> tuple[AnyArray, Held | None]:
        """Runs the circuit; for copies of latents and weights where these may be changed before the way back."""
        rows = latent.shape[0]
        flat = np.empty((sets, self.size))
        for weight, (first, last) in zip(weights, self.spans, strict=True):
            flat[:, first:last] = weight.detach().numpy().reshape(-1, last - first)
        table = np.array(latent.detach().numpy(), order="C", copy=keep or None)
        found = self.engine.push(table, flat, batch=rows // sets, keep=keep)
        self.counts.executions += rows
        return found


def run(inputs: Inputs, latent: Tensor, weights: Sequence[Tensor], sets: int) -> Tensor:
    """The read-out, shape (rows, size), float64.

    Args:
        inputs: How the engine is run.
        latent: Shape (rows, latents), float64, on the CPU: equal runs of rows for the sets of weights.
        weights: Float64, on the CPU, each of its shape, or with a leading axis of ``sets``.
        sets: Of weights.
    """
    if torch.is_grad_enabled() and (latent.requires_grad or any(each.requires_grad for each in weights)):
        return _Run.apply(inputs, sets, latent, *weights)  # type: ignore[no-any-return]
    return torch.from_numpy(inputs.push(latent, weights, sets, keep=False)[0])


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Inputs, sets: int, latent: Tensor, *weights: Tensor) -> Tensor:
        out, held = inputs.push(latent, weights, sets, keep=True)
        ctx.inputs, ctx.held, ctx.shapes = inputs, held, [weight.shape for weight in weights]
        return torch.from_numpy(out)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Any, ...]:
        # What makes a second differentiation fail takes its time, and is needed only where there may be one.
        return (_slopes_once if torch.is_grad_enabled() else _slopes)(ctx, *cotangents)


def _slopes(ctx: Any, cotangent: Tensor) -> tuple[Any, ...]:
    inputs, held = ctx.inputs, ctx.held
    engine, sets = inputs.engine, len(held.weights)
    rows = sets * held.batch
    inputs.counts.executions += rows
    if held.states is None:
        # The way back used them up; a second one needs them again.
        inputs.counts.executions += rows
        _, held = engine.push(held.latent, held.weights, batch=held.batch, keep=True)
    of_row, *each = ctx.needs_input_grad[2:]
    by_latent, by_weights = engine.pull(held, cotangent.numpy(), by_latent=of_row, by_weights=any(each))
    slopes: list[Tensor | None] = []
    for wanted, used, (first, last), shape in zip(each, inputs.used, inputs.spans, ctx.shapes, strict=True):
        if not (wanted and used):
            slopes.append(None)
            continue
        part = by_weights[:, first:last]
        if shape.numel() != part.size:
            part = part.sum(axis=0)
        slopes.append(torch.from_numpy(np.ascontiguousarray(part).reshape(shape)))
    used = by_latent is not None and inputs.uses_latents
    return None, None, torch.from_numpy(by_latent) if used else None, *slopes


_slopes_once = once_differentiable(_slopes)
