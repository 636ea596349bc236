"""Kernels for layers of rotations about products of Z: tables of phases, and what they gather. See `diagonal`.

Where no latent is in a layer one table of numbers serves all rows; else eight rows have tables of their own.
"""

__all__ = ["apply_rows", "apply_shared", "gather", "gather_rows", "gather_shared", "make_rows", "make_shared", "spread"]

from typing import Any

from qgan.backends.batched.diagonal import BOTH, CONJUGATE, COPY, FILL, LIFT
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.vectors import fma, fnma, lane_sums, load, splat, store, total


@inner
def make_shared(diagonal: Any, first: Any, last: Any, trig: Any, re: Any, im: Any) -> None:
    """The table of operations ``first`` to ``last``, a number for each place."""
    for row in range(first, last):
        kind, at, half, angle = diagonal[row, 0], diagonal[row, 1], diagonal[row, 2], 3 * diagonal[row, 3] * LANES
        c = s = re.dtype.type(0)
        if kind in (FILL, LIFT):
            c, s = trig[angle], trig[angle + LANES]
            s = -s if diagonal[row, 4] else s
        if half >= LANES:
            _make(kind, at, half, splat(c), splat(s), re, im)
            continue
        for low in range(at, at + half):
            r, i, high = re[low], im[low], low + half
            if kind == FILL:
                re[low], im[low] = c, -s
            elif kind == LIFT:
                re[low], im[low], re[high], im[high] = c * r + s * i, c * i - s * r, c * r - s * i, c * i + s * r
            elif kind == BOTH:
                x, y = re[high], im[high]
                re[low], im[low], re[high], im[high] = r * x - i * y, r * y + i * x, r * x + i * y, i * x - r * y
            else:
                re[high], im[high] = r, i if kind == COPY else -i


@inner
def make_rows(diagonal: Any, first: Any, last: Any, trig: Any, re: Any, im: Any) -> None:
    """Likewise for eight rows, a vector for each place."""
    zero = splat(re.dtype.type(0))
    for row in range(first, last):
        kind, at, size = diagonal[row, 0], diagonal[row, 1] * LANES, diagonal[row, 2] * LANES
        c = s = zero
        if kind in (FILL, LIFT):
            angle = 3 * diagonal[row, 3] * LANES
            c, s = load(trig, angle), load(trig, angle + LANES)
            if diagonal[row, 4]:
                s = zero - s
        _make(kind, at, size, c, s, re, im)


@inner
def _make(kind: Any, at: Any, size: Any, c: Any, s: Any, re: Any, im: Any) -> None:
    zero = splat(re.dtype.type(0))
    for low in range(at, at + size, LANES):
        high = low + size
        if kind == FILL:
            store(re, low, c)
            store(im, low, zero - s)
            continue
        r, i = load(re, low), load(im, low)
        if kind == LIFT:
            store(re, low, fma(s, i, c * r))
            store(im, low, fnma(s, r, c * i))
            store(re, high, fnma(s, i, c * r))
            store(im, high, fma(s, r, c * i))
        elif kind == BOTH:
            x, y = load(re, high), load(im, high)
            store(re, low, fnma(i, y, r * x))
            store(im, low, fma(i, x, r * y))
            store(re, high, fma(i, y, r * x))
            store(im, high, fnma(r, y, i * x))
        else:
            store(re, high, r)
            store(im, high, i if kind == COPY else zero - i)


@inner
def apply_shared(table: Any, itable: Any, sign: Any, re: Any, im: Any) -> None:
    """Multiplies by the table, or with ``sign`` -1 by its conjugate."""
    for place in range(len(table)):
        c, s = splat(table[place]), splat(sign * itable[place])
        r, i = load(re, place * LANES), load(im, place * LANES)
        store(re, place * LANES, fnma(s, i, c * r))
        store(im, place * LANES, fma(s, r, c * i))


@inner
def apply_rows(table: Any, itable: Any, sign: Any, re: Any, im: Any) -> None:
    """Likewise for eight rows."""
    factor = splat(sign)
    for at in range(0, len(re), LANES):
        c, s = load(table, at), factor * load(itable, at)
        r, i = load(re, at), load(im, at)
        store(re, at, fnma(s, i, c * r))
        store(im, at, fma(s, r, c * i))


@inner
def _twist(re: Any, im: Any, lre: Any, lim: Any, at: Any) -> Any:
    return fnma(load(lim, at), load(re, at), load(lre, at) * load(im, at))


@inner
def gather_shared(
    diagonal: Any, first: Any, last: Any, re: Any, im: Any, lre: Any, lim: Any, weight: Any, sums: Any, slopes: Any
) -> None:  # fmt: skip
    """The slopes of all angles of a layer, of eight rows together, in the first lane."""
    n = len(re) // LANES
    if n >= LANES:
        for place in range(0, n, LANES):
            at = place * LANES
            store(
                sums,
                place,
                lane_sums(
                    weight * _twist(re, im, lre, lim, at),
                    weight * _twist(re, im, lre, lim, at + LANES),
                    weight * _twist(re, im, lre, lim, at + 2 * LANES),
                    weight * _twist(re, im, lre, lim, at + 3 * LANES),
                    weight * _twist(re, im, lre, lim, at + 4 * LANES),
                    weight * _twist(re, im, lre, lim, at + 5 * LANES),
                    weight * _twist(re, im, lre, lim, at + 6 * LANES),
                    weight * _twist(re, im, lre, lim, at + 7 * LANES),
                ),
            )
    else:
        for place in range(n):
            sums[place] = total(weight * _twist(re, im, lre, lim, place * LANES))
    zero = splat(re.dtype.type(0))
    for row in range(last - 1, first - 1, -1):
        kind, at, half, angle = diagonal[row, 0], diagonal[row, 1], diagonal[row, 2], diagonal[row, 3] * LANES
        value = sums.dtype.type(0)
        if half >= LANES:
            value = total(_gather(kind, at, half, sums))
        else:
            for low in range(at, at + half):
                one = sums[low]
                if kind == FILL:
                    value += one
                    continue
                two = sums[low + half]
                value += one - two
                sums[low] = one - two if kind == CONJUGATE else one + two
                if kind == BOTH:
                    sums[low + half] = one - two
        if kind in (FILL, LIFT):
            store(slopes, angle, zero)
            slopes[angle] = -value if diagonal[row, 4] else value


@inner
def gather_rows(
    diagonal: Any, first: Any, last: Any, re: Any, im: Any, lre: Any, lim: Any, weight: Any, sums: Any, slopes: Any
) -> None:  # fmt: skip
    """The slopes of all angles of a layer, of each of eight rows."""
    for at in range(0, len(re), LANES):
        store(sums, at, weight * _twist(re, im, lre, lim, at))
    gather(diagonal, first, last, sums, slopes)


@inner
def gather(diagonal: Any, first: Any, last: Any, sums: Any, found: Any) -> None:
    """What each parity picks out of a table of eight rows, which is used up: plus where it is 0, else minus."""
    zero = splat(sums.dtype.type(0))
    for row in range(last - 1, first - 1, -1):
        kind, at, size = diagonal[row, 0], diagonal[row, 1] * LANES, diagonal[row, 2] * LANES
        value = _gather(kind, at, size, sums)
        if kind in (FILL, LIFT):
            store(found, diagonal[row, 3] * LANES, zero - value if diagonal[row, 4] else value)


@inner
def spread(diagonal: Any, values: Any, sums: Any) -> None:
    """The mirror image: at each place the sum of all values, plus where a parity is 0, minus where it is 1."""
    zero = splat(sums.dtype.type(0))
    for row in range(len(diagonal)):
        kind, at, size = diagonal[row, 0], diagonal[row, 1] * LANES, diagonal[row, 2] * LANES
        value = zero
        if kind in (FILL, LIFT):
            value = load(values, diagonal[row, 3] * LANES)
            if diagonal[row, 4]:
                value = zero - value
        for low in range(at, at + size, LANES):
            if kind == FILL:
                store(sums, low, value)
                continue
            one, high = load(sums, low), low + size
            if kind == COPY:
                store(sums, high, one)
            elif kind == CONJUGATE:
                store(sums, high, zero - one)
            else:
                two = load(sums, high) if kind == BOTH else value
                store(sums, low, one + two)
                store(sums, high, one - two)


@inner
def _gather(kind: Any, at: Any, size: Any, sums: Any) -> Any:
    value = splat(sums.dtype.type(0))
    for low in range(at, at + size, LANES):
        one = load(sums, low)
        if kind == FILL:
            value = value + one
            continue
        two = load(sums, low + size)
        if kind == LIFT:
            value = value + (one - two)
        store(sums, low, one - two if kind == CONJUGATE else one + two)
        if kind == BOTH:
            store(sums, low + size, one - two)
    return value
