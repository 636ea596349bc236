"""Many tests at once: Holm's correction (*Scandinavian Journal of Statistics* 6, 65, 1979)."""

__all__ = ["Holm", "holm"]

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from qgan._typing import Array


@final
@dataclass(frozen=True, eq=False)
class Holm:
    """Of p values, in the order that they were given in.

    Attributes:
        adjusted: Shape (..., m). Those of alpha or less are rejected: however the tests hang together, the chance that
            any of them should not have been is alpha at most.
        alphas: At which level each was tested, shape (..., m): alpha / m for the smallest p, alpha / (m - 1) for the
            next, and so on; those after the first that is not rejected are held to the level of that one. An interval
            of coverage 1 - this level excludes 0 just where the test is rejected. Each of these intervals is a fair one
            by itself; that *all* of them hold their means at once is promised only of alpha / m for each.
    """

    adjusted: Array
    alphas: Array


def holm(p_values: ArrayLike, alpha: float = 0.05) -> Holm:
    """Holm's step-down correction along the last axis.

    Args:
        p_values: Shape (..., m).
        alpha: For all of them together.
    """
    p = np.asarray(p_values, dtype=np.float64)
    m = p.shape[-1]
    order = np.argsort(p, axis=-1, kind="stable")
    divisors = m - np.arange(m)
    steps = np.minimum(divisors * np.take_along_axis(p, order, axis=-1), 1.0)
    adjusted = np.maximum.accumulate(steps, axis=-1) if m else steps
    rejected = np.count_nonzero(adjusted <= alpha, axis=-1, keepdims=True)
    tested_at = np.minimum(np.arange(m), rejected)
    back = np.argsort(order, axis=-1, kind="stable")
    return Holm(np.take_along_axis(adjusted, back, axis=-1), np.take_along_axis(alpha / (m - tested_at), back, axis=-1))
