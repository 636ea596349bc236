"""Kernels that apply all passes of a circuit as one matrix, where they are the same for all rows.

A state of n numbers is multiplied by the real matrix of n x n, which lies in panels of eight of its rows: entry (i, j)
at ``(i // 8 * n + j) * 8 + i % 8``. Amplitudes that are complex are twice as many real numbers.
"""

__all__ = ["outer", "product"]

from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.vectors import fma, load, splat, store, transposed


@inner
def product(panels: Any, given: Any, made: Any) -> None:
    """The matrix times the states of eight rows."""
    zero, place = splat(given.dtype.type(0)), 0
    for first in range(0, len(given), LANES * LANES):
        a, b, c, d, e, f, g, h = zero, zero, zero, zero, zero, zero, zero, zero
        for at in range(0, len(given), LANES):
            x = load(given, at)
            a, b = fma(splat(panels[place]), x, a), fma(splat(panels[place + 1]), x, b)
            c, d = fma(splat(panels[place + 2]), x, c), fma(splat(panels[place + 3]), x, d)
            e, f = fma(splat(panels[place + 4]), x, e), fma(splat(panels[place + 5]), x, f)
            g, h = fma(splat(panels[place + 6]), x, g), fma(splat(panels[place + 7]), x, h)
            place += LANES
        store(made, first, a)
        store(made, first + LANES, b)
        store(made, first + 2 * LANES, c)
        store(made, first + 3 * LANES, d)
        store(made, first + 4 * LANES, e)
        store(made, first + 5 * LANES, f)
        store(made, first + 6 * LANES, g)
        store(made, first + 7 * LANES, h)


@inner
def outer(lam: Any, given: Any, panels: Any) -> None:
    """Adds the slopes by the transposed matrix: the sum over eight rows of given[i] lam[j], at (i, j)."""
    place = 0
    for first in range(0, len(given), LANES * LANES):
        a, b, c, d, e, f, g, h = transposed(
            load(given, first),
            load(given, first + LANES),
            load(given, first + 2 * LANES),
            load(given, first + 3 * LANES),
            load(given, first + 4 * LANES),
            load(given, first + 5 * LANES),
            load(given, first + 6 * LANES),
            load(given, first + 7 * LANES),
        )
        for at in range(0, len(lam), LANES):
            # Two sums, so that one need not wait for the other.
            one = fma(splat(lam[at]), a, load(panels, place))
            two = splat(lam[at + 1]) * b
            one, two = fma(splat(lam[at + 2]), c, one), fma(splat(lam[at + 3]), d, two)
            one, two = fma(splat(lam[at + 4]), e, one), fma(splat(lam[at + 5]), f, two)
            one, two = fma(splat(lam[at + 6]), g, one), fma(splat(lam[at + 7]), h, two)
            store(panels, place, one + two)
            place += LANES
