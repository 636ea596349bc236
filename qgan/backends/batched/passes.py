"""Kernels that take one pass over the states of eight rows, forwards.

Rotations by an angle whose cosine is not small are done without it: (a - t b, t a + b) with the tangent t is half the
work. What the state's length has then become too great by is made up for by a later rotation.
"""

__all__ = ["MOST", "first_place", "matrix", "move", "signs", "turn", "turn_longer", "turns", "turns_longer"]

from typing import Any

from qgan.backends.batched.groups import RUN
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.vectors import fma, fnma, load, parity, splat, store, trailing_zeros

# Cosines that are left out at once: all of them are at least 1/16, so that nothing comes near the limits of a float.
MOST = 8


@inner
def turn(code: Any, at: Any, i: Any, c: Any, s: Any, state: Any) -> None:
    """One rotation, from place ``i`` on."""
    free, mask, basis = code[at + 2], code[at + 6], at + 10
    for count in range(1, (1 << free) + 1):
        j = i ^ mask
        u, v = load(state, i), load(state, j)
        store(state, i, fnma(s, v, c * u))
        store(state, j, fma(s, u, c * v))
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]


@inner
def turn_longer(code: Any, at: Any, i: Any, t: Any, state: Any) -> None:
    """One rotation, and the state becomes as long as 1 / cosine."""
    free, mask, basis = code[at + 2], code[at + 6], at + 10
    for count in range(1, (1 << free) + 1):
        j = i ^ mask
        u, v = load(state, i), load(state, j)
        store(state, i, fnma(t, v, u))
        store(state, j, fma(t, u, v))
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]


@inner
def turns(code: Any, at: Any, i: Any, c: Any, s: Any, d: Any, r: Any, state: Any) -> None:
    """Two rotations, by c and s, and by d and r."""
    free, first, second, basis = code[at + 2], code[at + 6], code[at + 7], at + 10
    for count in range(1, (1 << free) + 1):
        j, k, m = i ^ first, i ^ second, i ^ first ^ second
        u, v, w, x = load(state, i), load(state, j), load(state, k), load(state, m)
        u, v = fnma(s, v, c * u), fma(s, u, c * v)
        w, x = fnma(s, x, c * w), fma(s, w, c * x)
        store(state, i, fnma(r, w, d * u))
        store(state, j, fnma(r, x, d * v))
        store(state, k, fma(r, u, d * w))
        store(state, m, fma(r, v, d * x))
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]


@inner
def turns_longer(code: Any, at: Any, i: Any, t: Any, r: Any, state: Any) -> None:
    """Two rotations, and the state becomes as long as 1 / both cosines."""
    free, first, second, basis = code[at + 2], code[at + 6], code[at + 7], at + 10
    for count in range(1, (1 << free) + 1):
        j, k, m = i ^ first, i ^ second, i ^ first ^ second
        u, v, w, x = load(state, i), load(state, j), load(state, k), load(state, m)
        u, v = fnma(t, v, u), fma(t, u, v)
        w, x = fnma(t, x, w), fma(t, w, x)
        store(state, i, fnma(r, w, u))
        store(state, j, fnma(r, x, v))
        store(state, k, fma(r, u, w))
        store(state, m, fma(r, v, x))
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]


@inner
def first_place(code: Any, at: Any, base: Any) -> Any:
    """Where a pass begins in the coset of ``base``, or -1 where it has nothing to do there."""
    i, row = code[at + 3], at + 10 + code[at + 2]
    for _ in range(code[at + 4]):
        if parity(code[row] & base) ^ code[row + 1]:
            i ^= code[row + 2]
        row += 3
    for _ in range(code[at + 5]):
        if parity(code[row] & base) ^ code[row + 1] ^ parity(code[row + 2] & (i // LANES)):
            return -1
        row += 3
    return i


@inner
def move(code: Any, basis: Any, bits: Any, base: Any, state: Any, coset: Any, back: Any) -> None:
    """Copies a coset to where it stays near, or ``back`` again, run by run of places side by side."""
    i, place, runs = 0, base, 1 << (bits - RUN)
    for count in range(1, runs + 1):
        for step in range(0, LANES << RUN, LANES):
            if back:
                store(state, place + step, load(coset, i + step))
            else:
                store(coset, i + step, load(state, place + step))
        if count < runs:
            i, place = i ^ (LANES << RUN << trailing_zeros(count)), place ^ code[basis + RUN + trailing_zeros(count)]


@inner
def signs(code: Any, at: Any, tables: Any, values: Any) -> None:
    """Changes of sign."""
    table = code[at + 1]
    for place in range(len(values) // LANES):
        store(values, place * LANES, splat(tables[table + place]) * load(values, place * LANES))


@inner
def matrix(code: Any, at: Any, inverse: Any, tables: Any, spare: Any, re: Any, im: Any) -> None:
    """A fixed matrix, or its inverse."""
    place, free, table, wires = code[at + 1], code[at + 2], code[at + 3], code[at + 4]
    size, full = 1 << wires, len(im) > 0
    basis, zero = at + 5 + size, splat(re.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        for index in range(size):
            source = place ^ code[at + 5 + index]
            store(spare, 2 * index * LANES, load(re, source))
            store(spare, (2 * index + 1) * LANES, load(im, source) if full else zero)
        for row in range(size):
            r, i = zero, zero
            for column in range(size):
                entry = table + 2 * (column * size + row if inverse else row * size + column)
                x, y = splat(tables[entry]), splat(-tables[entry + 1] if inverse else tables[entry + 1])
                p, q = load(spare, 2 * column * LANES), load(spare, (2 * column + 1) * LANES)
                r, i = fnma(y, q, fma(x, p, r)), fma(y, p, fma(x, q, i))
            target = place ^ code[at + 5 + row]
            store(re, target, r)
            if full:
                store(im, target, i)
        if count < 1 << free:
            place ^= code[basis + trailing_zeros(count)]
