"""What was measured of one job as a function of its angles, for torch."""

__all__ = ["Found", "measured"]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qgan._typing import Array
from qgan.backends.gradients import Term, add_slopes


def measured(angles: Tensor, found: "Found") -> Tensor:
    """Probabilities of shape (rows, 2**n_wires), differentiable by angles of shape (rows, n_angles)."""
    probabilities: Any = _Probabilities.apply(angles, found)
    return probabilities


class Found(NamedTuple):
    """What came of one job."""

    there: Array
    columns: Sequence[int]
    terms: Sequence[Term]
    shifted: Array


class _Probabilities(torch.autograd.Function):
    """Angles of shape (rows, n_angles) to probabilities of shape (rows, 2**n_wires), both known already."""

    @staticmethod
    def forward(ctx: Any, angles: Tensor, held: Found) -> Tensor:
        ctx.held, ctx.shape = held, angles.shape
        return torch.from_numpy(held.there)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        held, rows = ctx.held, ctx.shape[0]
        found = np.zeros((rows, len(held.columns)))
        add_slopes(found, held.terms, held.shifted, cotangents[0].contiguous().numpy())
        gradient = torch.zeros(ctx.shape, dtype=torch.float64)
        gradient[:, list(held.columns)] = torch.from_numpy(found)
        return gradient, None
