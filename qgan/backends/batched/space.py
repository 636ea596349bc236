"""Memory that kernels work in."""

__all__ = ["Space", "aligned"]

from typing import Any, final

import numpy as np

from qgan._typing import AnyArray
from qgan.backends.batched.groups import SPAN
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.plan import Plan
from qgan.backends.batched.walk import CARRIED
from qgan.backends.batched.words import Words

CACHE_LINE = 64


@final
class Space:
    """What one thread works in."""

    def __init__(self, plan: Plan, latents: int, words: Words, dtype: Any) -> None:
        n, states = len(plan.sums), 1 << plan.n_wires
        by_row = states * LANES if plan.by_row or words.n_slots else states if plan.n_tables else 0
        # In the order in which kernels take them: for latents, angles, chains, phases, a few vectors, cosets, a state.
        self.both_ways = (
            aligned((latents + 1) * LANES, np.float64),
            aligned(3 * n * LANES, dtype),
            np.zeros(n, dtype=np.uint8),
            aligned(4 * plan.n_wires * LANES, dtype),
            aligned(plan.n_tables * 2 * states, dtype).reshape(-1, 2, states),
            aligned(2 * by_row, dtype).reshape(2, by_row),
            aligned(max(plan.spare, words.n_slots, 1) * LANES, dtype),
            aligned(2 * LANES << SPAN, dtype).reshape(2, -1),
            aligned(LANES << plan.bits, dtype),
        )
        self.state = aligned(LANES << plan.bits, dtype)
        self.carried = aligned((plan.n_passes + 1) * CARRIED, dtype)
        self.slopes = aligned(plan.shares * n * LANES, dtype).reshape(plan.shares, n * LANES)
        self.wide = aligned(LANES, np.float64)


def aligned(n: int, dtype: Any) -> AnyArray:
    """Uninitialised numbers that begin on a cache line."""
    size = np.dtype(dtype).itemsize
    raw = np.empty(n + CACHE_LINE // size, dtype=dtype)
    skip = (-raw.ctypes.data % CACHE_LINE) // size
    return raw[skip : skip + n]
