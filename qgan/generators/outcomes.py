"""Outcomes of a measurement with their probabilities: all of them, or some that were drawn."""

__all__ = ["MOST", "Output", "Registers", "mixed", "outcomes_of"]

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Literal, TypeAlias, final

import numpy as np
import torch
from torch import Tensor

from qgan._typing import Array
from qgan.generators.base import one_for_zero
from qgan.seeding import Key, stream

Output: TypeAlias = Literal["distribution", "samples"]

# More points than these are not given whole: every one of them would be shown to the discriminator in each update.
MOST = 2**16


def mixed(joint: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """One distribution over the valid outcomes.

    Args:
        joint: Shape (rows, outcomes): the distribution of each latent, which are mixed in equal parts.
        valid: Shape (outcomes,), which outcomes mean something; None where all do.

    Returns:
        Probabilities of shape (outcomes,), zero where not valid, even where nothing valid was measured; and the
        probability that a valid outcome was measured.
    """
    mean = joint.mean(0).clamp_min(0)
    if valid is None:
        return mean / mean.sum(), torch.ones((), dtype=mean.dtype)
    kept = mean * valid
    success = kept.sum()
    return torch.where(success > 0, kept / one_for_zero(success), valid / valid.sum()), success


def outcomes_of(
    probabilities: Tensor, *, output: Output, n: int, key: Key, valid: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    r"""Numbers of outcomes, and their weights, through which the gradient flows.

    Drawn outcomes :math:`x_i` have the weight :math:`p(x_i) / n \hat p(x_i)`, where :math:`\hat p` is p without its
    gradient: 1/n each, and the gradient of a weighted mean of f over them is the score-function estimate
    :math:`\frac1n \sum_i f(x_i) \nabla \ln p(x_i)`. It is unbiased where p is exact; with finite shots it lacks the
    outcomes that were never seen.

    Args:
        probabilities: Shape (outcomes,), summing to 1.
        output: All outcomes that there can be, or n that are drawn.
        n: How many to draw.
        key: Names the stream they are drawn from.
        valid: Shape (outcomes,), which of them there can be; None for all.

    Returns:
        Two tensors of shape (k,): int64, and the weights, which sum to 1.

    References:
        Foerster J. et al., DiCE: The infinitely differentiable Monte Carlo estimator (2018), arXiv:1802.05098.
    """
    if output == "distribution":
        rows = torch.arange(len(probabilities)) if valid is None else valid.nonzero().squeeze(-1)
        return rows, probabilities[rows]
    fixed = probabilities.detach()
    exact = fixed.numpy()
    rng = stream(key._replace(purpose=f"{key.purpose}:outcomes"))
    rows = torch.from_numpy(rng.choice(len(exact), size=n, p=exact / exact.sum()))
    return rows, probabilities[rows] / fixed[rows] / n


@final
class Registers:
    """Bit strings as points of a product grid: each feature has a register, and wire 0 is the first one's highest bit.

    A register of m wires has 2**m outcomes; those beyond its levels mean nothing. Its tables follow from the data, and
    so belong in no checkpoint.

    Args:
        levels: Values of each feature, in increasing order.

    Attributes:
        widths: Wires of each register; none for a feature with one level.
        n_wires: Of all together.
        points: Of the grid.
    """

    def __init__(self, levels: Sequence[Array]) -> None:
        counts = [len(values) for values in levels]
        self.widths = [(count - 1).bit_length() for count in counts]
        self.n_wires, self.points = sum(self.widths), math.prod(counts)
        self._counts = counts
        self._shifts = [self.n_wires - int(end) for end in np.cumsum(self.widths)]
        self._table = torch.zeros(len(counts), max(counts), dtype=torch.float64)
        for row, values in zip(self._table, levels, strict=True):
            row[: len(values)] = torch.as_tensor(values)

    @cached_property
    def valid(self) -> Tensor | None:
        """Which outcomes are points of the grid, shape (2**n_wires,), or None where all are."""
        if self.points == 2**self.n_wires:
            return None
        outcomes = torch.arange(2**self.n_wires)
        fits = torch.ones(len(outcomes), dtype=torch.bool)
        for count, shift, width in zip(self._counts, self._shifts, self.widths, strict=True):
            fits &= (outcomes >> shift & (2**width - 1)) < count
        return fits

    def values(self, outcomes: Tensor) -> Tensor:
        """Valid outcomes of shape (k,) to values of shape (k, features), float64."""
        shifts, masks = torch.tensor(self._shifts), 2 ** torch.tensor(self.widths) - 1
        places = outcomes[:, None] >> shifts & masks
        return self._table[torch.arange(len(self._table)), places]

    def padded(self, distributions: Sequence[Array]) -> list[Array]:
        """A distribution over the levels of each feature, with zeros for the outcomes beyond them."""
        pairs = zip(distributions, self.widths, strict=True)
        return [np.pad(distribution, (0, 2**width - len(distribution))) for distribution, width in pairs]
