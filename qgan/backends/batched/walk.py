"""Kernels that take the states of eight rows through all passes of a circuit, forwards or backwards."""

__all__ = ["backwards", "forwards"]

from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.passes import (
    MOST,
    bring,
    fetch,
    first_place,
    matrix,
    signs,
    turn,
    turn_longer,
    turns,
    turns_longer,
)
from qgan.backends.batched.phases import apply_rows, apply_shared, gather_rows, gather_shared, make_rows
from qgan.backends.batched.plan import GROUP, LATER, MATRIX, NEVER, PHASES, SIGNS, TURN, TURNS
from qgan.backends.batched.slopes import back_turn, back_turn_longer, back_turns, back_turns_longer
from qgan.backends.batched.vectors import load, splat, store, trailing_zeros


@inner
def forwards(
    facts: Any, code: Any, diagonal: Any, tables: Any, trig: Any, upright: Any, shared: Any, phases: Any, spare: Any,
    cosets: Any, state: Any, re: Any, im: Any,
) -> None:  # fmt: skip
    first_pass, n_passes, one = facts[8], facts[9], state.dtype.type(1)
    # What the state would have to be multiplied by: cosines that were left out.
    length, left_out = splat(one), 0
    for index in range(n_passes):
        at = code[first_pass + index]
        if code[at] in (TURN, TURNS):
            length, left_out = _turned(code, at, code[at + 3], trig, upright, length, left_out, state)
        elif code[at] == GROUP:
            bits, free, near, base = code[at + 2], code[at + 3], cosets[0], 0
            inner_passes = at + 4 + bits + free
            begin, begin_left_out = length, left_out
            for count in range(1, (1 << free) + 1):
                fetch(code, at + 4, bits, base, state, near)
                length, left_out = begin, begin_left_out
                for each in range(code[at + 1]):
                    where = code[inner_passes + each]
                    i = first_place(code, where, base // LANES)
                    length, left_out = _turned(code, where, i, trig, upright, length, left_out, near)
                bring(code, at + 4, bits, base, state, near)
                if count < 1 << free:
                    base ^= code[at + 4 + bits + trailing_zeros(count)]
        else:
            _other(code, at, diagonal, tables, trig, shared, phases, spare, re, im, one)


@inner
def backwards(
    facts: Any, code: Any, diagonal: Any, tables: Any, trig: Any, upright: Any, shared: Any, phases: Any, spare: Any,
    cosets: Any, psi: Any, re: Any, im: Any, lam: Any, lre: Any, lim: Any, slopes: Any, last: Any,
) -> Any:  # fmt: skip
    """Undoes all passes down to ``last``; what slopes taken after that are to be multiplied by."""
    first_pass, n_passes, one = facts[8], facts[9], psi.dtype.type(1)
    length, left_out = splat(one), 0
    slopes[:] = 0
    for index in range(n_passes - 1, last - 1, -1):
        at = code[first_pass + index]
        if code[at] in (TURN, TURNS):
            length, left_out = _turned_back(code, at, code[at + 3], trig, upright, length, left_out, psi, lam, slopes)
        elif code[at] == GROUP:
            bits, free, near, other, base = code[at + 2], code[at + 3], cosets[0], cosets[1], 0
            inner_passes = at + 4 + bits + free
            begin, begin_left_out = length, left_out
            for count in range(1, (1 << free) + 1):
                fetch(code, at + 4, bits, base, psi, near)
                fetch(code, at + 4, bits, base, lam, other)
                length, left_out = begin, begin_left_out
                for each in range(code[at + 1] - 1, -1, -1):
                    where = code[inner_passes + each]
                    i = first_place(code, where, base // LANES)
                    length, left_out = _turned_back(
                        code, where, i, trig, upright, length, left_out, near, other, slopes
                    )  # fmt: skip
                bring(code, at + 4, bits, base, psi, near)
                bring(code, at + 4, bits, base, lam, other)
                if count < 1 << free:
                    base ^= code[at + 4 + bits + trailing_zeros(count)]
        else:
            if code[at] == PHASES:
                first, end, table, weight = code[at + 1], code[at + 2], code[at + 3], length * length
                if table >= 0:
                    gather_shared(diagonal, first, end, re, im, lre, lim, weight, phases[0], slopes)
                else:
                    gather_rows(diagonal, first, end, re, im, lre, lim, weight, phases[0], slopes)
            _other(code, at, diagonal, tables, trig, shared, phases, spare, re, im, -one)
            _again(code, at, tables, shared, phases, spare, lre, lim)
    return length * length


@inner
def _turned(
    code: Any, at: Any, i: Any, trig: Any, upright: Any, length: Any, left_out: Any, state: Any
) -> Any:  # fmt: skip
    """One pass of rotations from place ``i`` on, if that is not -1; the length and what is left out after it."""
    form, a, b, one = code[at + 1], code[at + 8], code[at + 9], splat(state.dtype.type(1))
    t, r = 3 * a * LANES, 3 * b * LANES
    c, s = load(trig, t), load(trig, t + LANES)
    if code[at] == TURN:
        if form == NEVER:
            if i >= 0:
                turn(code, at, i, c, s, state)
        elif form == LATER and upright[a] and left_out < MOST:
            turn_longer(code, at, i, load(trig, t + 2 * LANES), state)
            length, left_out = length * c, left_out + 1
        else:
            turn(code, at, i, length * c, length * s, state)
            length, left_out = one, 0
        return length, left_out
    d = load(trig, r)
    if form == LATER and upright[a] and upright[b] and left_out < MOST:
        turns_longer(code, at, i, load(trig, t + 2 * LANES), load(trig, r + 2 * LANES), state)
        return length * c * d, left_out + 2
    turns(code, at, i, length * c, length * s, d, load(trig, r + LANES), state)
    return one, 0


@inner
def _turned_back(
    code: Any, at: Any, i: Any, trig: Any, upright: Any, length: Any, left_out: Any, psi: Any, lam: Any, slopes: Any
) -> Any:  # fmt: skip
    """Likewise backwards; the slopes are added to what there is."""
    a, b, one, weight = code[at + 8], code[at + 9], splat(psi.dtype.type(1)), length * length
    t, r = 3 * a * LANES, 3 * b * LANES
    c, s = load(trig, t), load(trig, t + LANES)
    if code[at] == TURN:
        y = splat(psi.dtype.type(0))
        if code[at + 1] == NEVER:
            if i >= 0:
                y = back_turn(code, at, i, c, s, psi, lam)
        elif upright[a] and left_out < MOST:
            y = back_turn_longer(code, at, i, load(trig, t + 2 * LANES), psi, lam)
            length, left_out = length * c, left_out + 1
        else:
            y = back_turn(code, at, i, length * c, length * s, psi, lam)
            length, left_out = one, 0
        store(slopes, a * LANES, load(slopes, a * LANES) + weight * y)
        return length, left_out
    d = load(trig, r)
    if upright[a] and upright[b] and left_out < MOST:
        y, z = back_turns_longer(
            code, at, i, load(trig, t + 2 * LANES), load(trig, r + 2 * LANES), psi, lam
        )  # fmt: skip
        length, left_out = length * c * d, left_out + 2
    else:
        y, z = back_turns(code, at, i, length * c, length * s, d, load(trig, r + LANES), psi, lam)
        length, left_out = one, 0
    store(slopes, a * LANES, load(slopes, a * LANES) + weight * y)
    store(slopes, b * LANES, load(slopes, b * LANES) + weight * z)
    return length, left_out


@inner
def _other(
    code: Any, at: Any, diagonal: Any, tables: Any, trig: Any, shared: Any, phases: Any, spare: Any, re: Any, im: Any,
    sign: Any,
) -> None:  # fmt: skip
    """A pass that is no rotation, or with ``sign`` -1 its inverse."""
    if code[at] == SIGNS:
        signs(code, at, tables, re)
        signs(code, at, tables, im)
    elif code[at] == MATRIX:
        matrix(code, at, sign < 0, tables, spare, re, im)
    elif code[at + 3] >= 0:
        table = shared[code[at + 3]]
        apply_shared(table[0], table[1], sign, re, im)
    else:
        make_rows(diagonal, code[at + 1], code[at + 2], trig, phases[0], phases[1])
        apply_rows(phases[0], phases[1], sign, re, im)


@inner
def _again(
    code: Any, at: Any, tables: Any, shared: Any, phases: Any, spare: Any, re: Any, im: Any
) -> None:  # fmt: skip
    """The inverse that has just been done, of another state."""
    sign = re.dtype.type(-1)
    if code[at] == SIGNS:
        signs(code, at, tables, re)
        signs(code, at, tables, im)
    elif code[at] == MATRIX:
        matrix(code, at, True, tables, spare, re, im)
    elif code[at + 3] >= 0:
        table = shared[code[at + 3]]
        apply_shared(table[0], table[1], sign, re, im)
    else:
        apply_rows(phases[0], phases[1], sign, re, im)
