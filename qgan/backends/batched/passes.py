"""Kernels that take one pass over the states of eight rows, forwards.

Rotations by an angle whose cosine is not small are done without it: (a - t b, t a + b) with the tangent t is half the
work. What the state's length has then become too great by is made up for by a later rotation.
"""

__all__ = ["MOST", "matrix", "signs", "turn", "turn_longer", "turns", "turns_longer"]

from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.vectors import load, splat, store, trailing_zeros

# Cosines that are left out at once: all of them are at least 1/16, so that nothing comes near the limits of a float.
MOST = 8


@inner
def turn(code: Any, at: Any, c: Any, s: Any, state: Any) -> None:
    """One rotation."""
    free, i, mask, basis = code[at + 2], code[at + 3], code[at + 4], at + 6
    for count in range(1, (1 << free) + 1):
        j = i ^ mask
        u, v = load(state, i), load(state, j)
        store(state, i, c * u - s * v)
        store(state, j, s * u + c * v)
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]


@inner
def turn_longer(code: Any, at: Any, t: Any, state: Any) -> None:
    """One rotation, and the state becomes as long as 1 / cosine."""
    free, i, mask, basis = code[at + 2], code[at + 3], code[at + 4], at + 6
    for count in range(1, (1 << free) + 1):
        j = i ^ mask
        u, v = load(state, i), load(state, j)
        store(state, i, u - t * v)
        store(state, j, v + t * u)
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]


@inner
def turns(code: Any, at: Any, c: Any, s: Any, d: Any, r: Any, state: Any) -> None:
    """Two rotations, by c and s, and by d and r."""
    free, i, first, second, basis = code[at + 2], code[at + 3], code[at + 4], code[at + 5], at + 8
    for count in range(1, (1 << free) + 1):
        j, k, m = i ^ first, i ^ second, i ^ first ^ second
        u, v, w, x = load(state, i), load(state, j), load(state, k), load(state, m)
        u, v = c * u - s * v, s * u + c * v
        w, x = c * w - s * x, s * w + c * x
        store(state, i, d * u - r * w)
        store(state, j, d * v - r * x)
        store(state, k, r * u + d * w)
        store(state, m, r * v + d * x)
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]


@inner
def turns_longer(code: Any, at: Any, t: Any, r: Any, state: Any) -> None:
    """Two rotations, and the state becomes as long as 1 / both cosines."""
    free, i, first, second, basis = code[at + 2], code[at + 3], code[at + 4], code[at + 5], at + 8
    for count in range(1, (1 << free) + 1):
        j, k, m = i ^ first, i ^ second, i ^ first ^ second
        u, v, w, x = load(state, i), load(state, j), load(state, k), load(state, m)
        u, v = u - t * v, v + t * u
        w, x = w - t * x, x + t * w
        store(state, i, u - r * w)
        store(state, j, v - r * x)
        store(state, k, w + r * u)
        store(state, m, x + r * v)
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]


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
                r, i = r + x * p - y * q, i + x * q + y * p
            target = place ^ code[at + 5 + row]
            store(re, target, r)
            if full:
                store(im, target, i)
        if count < 1 << free:
            place ^= code[basis + trailing_zeros(count)]
