"""Kernels that take the states of eight rows through all passes of a circuit, forwards or backwards."""

__all__ = ["CARRIED", "backwards", "forwards"]

from typing import Any

import numpy as np

from qgan.backends.batched.facts import END_SHARE, END_STEP, FIRST_PASS, FIRST_SHARE, FIRST_STEP, N_PASSES
from qgan.backends.batched.groups import SHARES
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.passes import (
    MOST,
    first_place,
    matrix,
    move,
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

# Of the type of every other number: a function is compiled once more for each constant that it is called with.
ZERO = np.int64(0)
# Numbers that one call leaves to the next: of eight rows a length, and how many cosines are left out.
CARRIED = 2 * LANES


@inner
def forwards(
    facts: Any, code: Any, diagonal: Any, tables: Any, trig: Any, upright: Any, shared: Any, phases: Any, spare: Any,
    cosets: Any, carried: Any, state: Any, re: Any, im: Any,
) -> None:  # fmt: skip
    """The passes of a circuit that are asked for; see :func:`qgan.backends.batched.run.push` for the arguments."""
    first_pass, n_passes, one = facts[FIRST_PASS], facts[N_PASSES], state.dtype.type(1)
    first, end = max(facts[FIRST_STEP], 1) - 1, min(facts[END_STEP], n_passes + 1) - 1
    # What the state would have to be multiplied by: cosines that were left out.
    length, left_out = splat(one), ZERO
    if first > 0:
        length, left_out = load(carried, first * CARRIED), np.int64(carried[first * CARRIED + LANES])
    for index in range(first, end):
        at = code[first_pass + index]
        if code[at] not in (TURN, TURNS, GROUP):
            _other(code, at, diagonal, tables, trig, shared, phases, spare, re, im, one, ZERO)
            continue
        bits, free, inner_passes, count_inner = _parts(code, at)
        near, begin, begin_left_out = cosets[0] if bits else state, length, left_out
        from_, to = _mine(facts, bits, free)
        base = _coset(code, at + 4 + bits, from_)
        for count in range(from_ + 1, to + 1):
            if bits:
                move(code, at + 4, bits, base, state, near, False)
            length, left_out = begin, begin_left_out
            for each in range(count_inner):
                where = code[inner_passes + each] if bits else at
                i = first_place(code, where, base // LANES)
                length, left_out = _turned(code, where, i, trig, upright, length, left_out, near)
            if bits:
                move(code, at + 4, bits, base, state, near, True)
            if count < to:
                base ^= code[at + 4 + bits + trailing_zeros(count)]
    if end < n_passes and facts[END_SHARE] == SHARES:
        store(carried, end * CARRIED, length)
        carried[end * CARRIED + LANES] = left_out


@inner
def backwards(
    facts: Any, code: Any, diagonal: Any, tables: Any, trig: Any, upright: Any, shared: Any, phases: Any, spare: Any,
    cosets: Any, carried: Any, psi: Any, re: Any, im: Any, lam: Any, lre: Any, lim: Any, slopes: Any, last: Any,
) -> Any:  # fmt: skip
    """Undoes those passes down to ``last``; how long states would be that are now 1."""
    first_pass, n_passes, one = facts[FIRST_PASS], facts[N_PASSES], psi.dtype.type(1)
    first, end = max(facts[FIRST_STEP], 1) - 1, min(facts[END_STEP], n_passes + 1) - 1
    length, left_out = splat(one), ZERO
    if end < n_passes:
        length, left_out = load(carried, end * CARRIED), np.int64(carried[end * CARRIED + LANES])
    for index in range(end - 1, max(first, last) - 1, -1):
        at = code[first_pass + index]
        if code[at] not in (TURN, TURNS, GROUP):
            if code[at] == PHASES:
                low, high, weight = code[at + 1], code[at + 2], length * length
                if code[at + 3] >= 0:
                    gather_shared(diagonal, low, high, re, im, lre, lim, weight, phases[0], slopes[0])
                else:
                    gather_rows(diagonal, low, high, re, im, lre, lim, weight, phases[0], slopes[0])
            for which in range(2):
                r, i = (lre, lim) if which else (re, im)
                _other(code, at, diagonal, tables, trig, shared, phases, spare, r, i, -one, which)
            continue
        bits, free, inner_passes, count_inner = _parts(code, at)
        near, other = (cosets[0], cosets[1]) if bits else (psi, lam)
        begin, begin_left_out = length, left_out
        from_, to = _mine(facts, bits, free)
        base = _coset(code, at + 4 + bits, from_)
        for count in range(from_ + 1, to + 1):
            share = (count - 1) * SHARES >> free if bits else ZERO
            for which in range(2 if bits else 0):
                move(code, at + 4, bits, base, lam if which else psi, cosets[which], False)
            length, left_out = begin, begin_left_out
            for each in range(count_inner - 1, -1, -1):
                where = code[inner_passes + each] if bits else at
                i = first_place(code, where, base // LANES)
                length, left_out = _turned_back(
                    code, where, i, trig, upright, length, left_out, near, other, slopes[share]
                )  # fmt: skip
            for which in range(2 if bits else 0):
                move(code, at + 4, bits, base, lam if which else psi, cosets[which], True)
            if count < to:
                base ^= code[at + 4 + bits + trailing_zeros(count)]
    if facts[FIRST_STEP] > 0 and facts[END_SHARE] == SHARES:
        store(carried, first * CARRIED, length)
        carried[first * CARRIED + LANES] = left_out
    return length


@inner
def _mine(facts: Any, bits: Any, free: Any) -> Any:
    """Which cosets of a pass are done in this call, one after the other; there is one where ``bits`` is 0."""
    if bits == 0:
        return ZERO, np.int64(1)
    return (facts[FIRST_SHARE] << free) // SHARES, (facts[END_SHARE] << free) // SHARES


@inner
def _coset(code: Any, basis: Any, number: Any) -> Any:
    """Where one begins: neighbours differ in one direction, as in a Gray code."""
    base, gray = ZERO, number ^ (number >> 1)
    while gray:
        base ^= code[basis + trailing_zeros(gray)]
        gray &= gray - 1
    return base


@inner
def _parts(code: Any, at: Any) -> Any:
    """Bits of a coset, or 0 for the whole state; bits that tell cosets; where passes are named; how many there are."""
    if code[at] == GROUP:
        return code[at + 2], code[at + 3], at + 4 + code[at + 2] + code[at + 3], code[at + 1]
    return 0, 0, at, 1


@inner
def _turned(
    code: Any, at: Any, i: Any, trig: Any, upright: Any, length: Any, left_out: Any, state: Any
) -> Any:  # fmt: skip
    """One pass of rotations from place ``i`` on, if that is not -1; the length and what is left out after it."""
    form, a, b, one = code[at + 1], code[at + 8], code[at + 9], splat(state.dtype.type(1))
    t, r = 3 * a * LANES, 3 * b * LANES
    c, s = load(trig, t), load(trig, t + LANES)
    if code[at] == TURN:
        if form == LATER and upright[a] and left_out < MOST:
            turn_longer(code, at, i, load(trig, t + 2 * LANES), state)
            return length * c, left_out + 1
        if i >= 0:
            factor = one if form == NEVER else length
            turn(code, at, i, factor * c, factor * s, state)
        return (length, left_out) if form == NEVER else (one, ZERO)
    d = load(trig, r)
    if form == LATER and upright[a] and upright[b] and left_out < MOST:
        turns_longer(code, at, i, load(trig, t + 2 * LANES), load(trig, r + 2 * LANES), state)
        return length * c * d, left_out + 2
    turns(code, at, i, length * c, length * s, d, load(trig, r + LANES), state)
    return one, ZERO


@inner
def _turned_back(
    code: Any, at: Any, i: Any, trig: Any, upright: Any, length: Any, left_out: Any, psi: Any, lam: Any, slopes: Any
) -> Any:  # fmt: skip
    """Likewise backwards; the slopes are added to what there is."""
    form, a, b, weight = code[at + 1], code[at + 8], code[at + 9], length * length
    t, r, one, y = 3 * a * LANES, 3 * b * LANES, splat(psi.dtype.type(1)), splat(psi.dtype.type(0))
    c, s = load(trig, t), load(trig, t + LANES)
    if code[at] == TURN:
        if form != NEVER and upright[a] and left_out < MOST:
            y = back_turn_longer(code, at, i, load(trig, t + 2 * LANES), psi, lam)
            length, left_out = length * c, left_out + 1
        else:
            if i >= 0:
                factor = one if form == NEVER else length
                y = back_turn(code, at, i, factor * c, factor * s, psi, lam)
            if form != NEVER:
                length, left_out = one, ZERO
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
        length, left_out = one, ZERO
    store(slopes, a * LANES, load(slopes, a * LANES) + weight * y)
    store(slopes, b * LANES, load(slopes, b * LANES) + weight * z)
    return length, left_out


@inner
def _other(
    code: Any, at: Any, diagonal: Any, tables: Any, trig: Any, shared: Any, phases: Any, spare: Any, re: Any, im: Any,
    sign: Any, which: Any,
) -> None:  # fmt: skip
    """A pass that is no rotation, or with ``sign`` -1 its inverse. For state 0 phases of rows are made, then kept."""
    if code[at] == SIGNS:
        signs(code, at, tables, re)
        signs(code, at, tables, im)
    elif code[at] == MATRIX:
        matrix(code, at, sign < 0, tables, spare, re, im)
    elif code[at + 3] >= 0:
        table = shared[code[at + 3]]
        apply_shared(table[0], table[1], sign, re, im)
    else:
        if which == 0:
            make_rows(diagonal, code[at + 1], code[at + 2], trig, phases[0], phases[1])
        apply_rows(phases[0], phases[1], sign, re, im)
