"""Kernels that take the states of eight rows through all passes of a circuit, forwards or backwards."""

__all__ = ["backwards", "forwards"]

from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.passes import MOST, matrix, signs, turn, turn_longer, turns, turns_longer
from qgan.backends.batched.phases import apply_rows, apply_shared, gather_rows, gather_shared, make_rows
from qgan.backends.batched.plan import LATER, MATRIX, NEVER, PHASES, SIGNS, TURN, TURNS
from qgan.backends.batched.slopes import back_turn, back_turn_longer, back_turns, back_turns_longer
from qgan.backends.batched.vectors import load, splat, store


@inner
def forwards(
    facts: Any, code: Any, diagonal: Any, tables: Any, trig: Any, upright: Any, shared: Any, phases: Any, spare: Any,
    state: Any, re: Any, im: Any,
) -> None:  # fmt: skip
    first_pass, n_passes, one = facts[8], facts[9], state.dtype.type(1)
    # What the state would have to be multiplied by: cosines that were left out.
    length, left_out = splat(one), 0
    for index in range(n_passes):
        at = code[first_pass + index]
        kind, form = code[at], code[at + 1]
        if kind == TURN:
            a = code[at + 5]
            t = 3 * a * LANES
            c, s = load(trig, t), load(trig, t + LANES)
            if form == NEVER:
                turn(code, at, c, s, state)
            elif form == LATER and upright[a] and left_out < MOST:
                turn_longer(code, at, load(trig, t + 2 * LANES), state)
                length, left_out = length * c, left_out + 1
            else:
                turn(code, at, length * c, length * s, state)
                length, left_out = splat(one), 0
        elif kind == TURNS:
            a, b = code[at + 6], code[at + 7]
            t, r = 3 * a * LANES, 3 * b * LANES
            c, d = load(trig, t), load(trig, r)
            if form == LATER and upright[a] and upright[b] and left_out < MOST:
                turns_longer(code, at, load(trig, t + 2 * LANES), load(trig, r + 2 * LANES), state)
                length, left_out = length * c * d, left_out + 2
            else:
                turns(code, at, length * c, length * load(trig, t + LANES), d, load(trig, r + LANES), state)
                length, left_out = splat(one), 0
        else:
            _other(code, at, diagonal, tables, trig, shared, phases, spare, re, im, one)


@inner
def backwards(
    facts: Any, code: Any, diagonal: Any, tables: Any, trig: Any, upright: Any, shared: Any, phases: Any, spare: Any,
    psi: Any, re: Any, im: Any, lam: Any, lre: Any, lim: Any, slopes: Any, last: Any,
) -> Any:  # fmt: skip
    """Undoes all passes down to ``last``; what slopes taken after that are to be multiplied by."""
    first_pass, n_passes, one = facts[8], facts[9], psi.dtype.type(1)
    length, left_out = splat(one), 0
    for index in range(n_passes - 1, last - 1, -1):
        at = code[first_pass + index]
        kind, weight = code[at], length * length
        if kind == TURN:
            a = code[at + 5]
            t = 3 * a * LANES
            c, s = load(trig, t), load(trig, t + LANES)
            if code[at + 1] == NEVER:
                y = back_turn(code, at, c, s, psi, lam)
            elif upright[a] and left_out < MOST:
                y = back_turn_longer(code, at, load(trig, t + 2 * LANES), psi, lam)
                length, left_out = length * c, left_out + 1
            else:
                y = back_turn(code, at, length * c, length * s, psi, lam)
                length, left_out = splat(one), 0
            store(slopes, a * LANES, weight * y)
        elif kind == TURNS:
            a, b = code[at + 6], code[at + 7]
            t, r = 3 * a * LANES, 3 * b * LANES
            c, d = load(trig, t), load(trig, r)
            if upright[a] and upright[b] and left_out < MOST:
                y, z = back_turns_longer(
                    code, at, load(trig, t + 2 * LANES), load(trig, r + 2 * LANES), psi, lam
                )  # fmt: skip
                length, left_out = length * c * d, left_out + 2
            else:
                y, z = back_turns(
                    code, at, length * c, length * load(trig, t + LANES), d, load(trig, r + LANES), psi, lam
                )  # fmt: skip
                length, left_out = splat(one), 0
            store(slopes, a * LANES, weight * y)
            store(slopes, b * LANES, weight * z)
        else:
            if kind == PHASES:
                first, end, table = code[at + 1], code[at + 2], code[at + 3]
                if table >= 0:
                    gather_shared(diagonal, first, end, re, im, lre, lim, weight, phases[0], slopes)
                else:
                    gather_rows(diagonal, first, end, re, im, lre, lim, weight, phases[0], slopes)
            _other(code, at, diagonal, tables, trig, shared, phases, spare, re, im, -one)
            _again(code, at, tables, shared, phases, spare, lre, lim)
    return length * length


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
