"""Kernels that take one pass over the states of eight rows, forwards or backwards."""

__all__ = ["apply", "undo"]

from typing import Any

from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.plan import PHASES, SIGNS, TURN, TURNS
from qgan.backends.batched.vectors import LANES, load, parity, splat, store, trailing_zeros


@inner
def apply(code: Any, at: Any, rotations: Any, trig: Any, tables: Any, spare: Any, re: Any, im: Any) -> None:
    """One pass, in place. Without ``im`` all is real."""
    kind = code[at]
    if kind == TURN:
        if code[at + 6] == 0:
            _turn_real(code, at, rotations, re)
            if len(im) > 0:
                _turn_real(code, at, rotations, im)
        else:
            _turn(code, at, rotations, re, im)
    elif kind == TURNS:
        if code[at + 8] == 0:
            _turns_real(code, at, rotations, re)
            if len(im) > 0:
                _turns_real(code, at, rotations, im)
        else:
            _turns(code, at, rotations, re, im)
    elif kind == SIGNS:
        _signs(code, at, tables, re)
        if len(im) > 0:
            _signs(code, at, tables, im)
    elif kind == PHASES:
        _phases(code, at, 0, trig, re, im)
    else:
        _matrix(code, at, False, tables, spare, re, im)


@inner
def undo(code: Any, at: Any, trig: Any, tables: Any, spare: Any, re: Any, im: Any) -> None:
    """The inverse of a pass of signs, phases or a matrix, in place."""
    if code[at] == SIGNS:
        _signs(code, at, tables, re)
        if len(im) > 0:
            _signs(code, at, tables, im)
    elif code[at] == PHASES:
        _phases(code, at, 1, trig, re, im)
    else:
        _matrix(code, at, True, tables, spare, re, im)


@inner
def _turn_real(code: Any, at: Any, rotations: Any, re: Any) -> None:
    mask, place, free, chain = code[at + 2], code[at + 3], code[at + 4], 4 * code[at + 5] * LANES
    c, s = load(rotations, chain), load(rotations, chain + 2 * LANES)
    for count in range(1, (1 << free) + 1):
        a, b = place * LANES, (place ^ mask) * LANES
        u, v = load(re, a), load(re, b)
        store(re, a, c * u - s * v)
        store(re, b, s * u + c * v)
        if count < 1 << free:
            place ^= code[at + 7 + trailing_zeros(count)]


@inner
def _turns_real(code: Any, at: Any, rotations: Any, re: Any) -> None:
    first, second, place, free = code[at + 2], code[at + 3], code[at + 4], code[at + 5]
    one, two = 4 * code[at + 6] * LANES, 4 * code[at + 7] * LANES
    c, s = load(rotations, one), load(rotations, one + 2 * LANES)
    d, t = load(rotations, two), load(rotations, two + 2 * LANES)
    for count in range(1, (1 << free) + 1):
        i, j = place * LANES, (place ^ first) * LANES
        k, m = (place ^ second) * LANES, (place ^ first ^ second) * LANES
        u, v, w, x = load(re, i), load(re, j), load(re, k), load(re, m)
        u, v = c * u - s * v, s * u + c * v
        w, x = c * w - s * x, s * w + c * x
        store(re, i, d * u - t * w)
        store(re, k, t * u + d * w)
        store(re, j, d * v - t * x)
        store(re, m, t * v + d * x)
        if count < 1 << free:
            place ^= code[at + 9 + trailing_zeros(count)]


@inner
def _turn(code: Any, at: Any, rotations: Any, re: Any, im: Any) -> None:
    mask, place, free, chain = code[at + 2], code[at + 3], code[at + 4], code[at + 5]
    ar, ai, br, bi = _rotation(rotations, chain)
    for count in range(1, (1 << free) + 1):
        a, b = place * LANES, (place ^ mask) * LANES
        u, v, x, y = _rotated(ar, ai, br, bi, load(re, a), load(im, a), load(re, b), load(im, b))
        store(re, a, u)
        store(im, a, v)
        store(re, b, x)
        store(im, b, y)
        if count < 1 << free:
            place ^= code[at + 7 + trailing_zeros(count)]


@inner
def _turns(code: Any, at: Any, rotations: Any, re: Any, im: Any) -> None:
    first, second, place, free = code[at + 2], code[at + 3], code[at + 4], code[at + 5]
    ar, ai, br, bi = _rotation(rotations, code[at + 6])
    cr, ci, dr, di = _rotation(rotations, code[at + 7])
    for count in range(1, (1 << free) + 1):
        i, j = place * LANES, (place ^ first) * LANES
        k, m = (place ^ second) * LANES, (place ^ first ^ second) * LANES
        p, q, r, s = _rotated(ar, ai, br, bi, load(re, i), load(im, i), load(re, j), load(im, j))
        u, v, x, y = _rotated(ar, ai, br, bi, load(re, k), load(im, k), load(re, m), load(im, m))
        p, q, u, v = _rotated(cr, ci, dr, di, p, q, u, v)
        store(re, i, p)
        store(im, i, q)
        store(re, k, u)
        store(im, k, v)
        r, s, x, y = _rotated(cr, ci, dr, di, r, s, x, y)
        store(re, j, r)
        store(im, j, s)
        store(re, m, x)
        store(im, m, y)
        if count < 1 << free:
            place ^= code[at + 9 + trailing_zeros(count)]


@inner
def _rotation(rotations: Any, chain: Any) -> Any:
    at = 4 * chain * LANES
    ar, ai = load(rotations, at), load(rotations, at + LANES)
    br, bi = load(rotations, at + 2 * LANES), load(rotations, at + 3 * LANES)
    return ar, ai, br, bi


@inner
def _rotated(ar: Any, ai: Any, br: Any, bi: Any, pr: Any, pi: Any, qr: Any, qi: Any) -> Any:
    """((a, -b*), (b, a*)) times (p, q)."""
    return (
        ar * pr - ai * pi - br * qr - bi * qi,
        ar * pi + ai * pr - br * qi + bi * qr,
        br * pr - bi * pi + ar * qr + ai * qi,
        br * pi + bi * pr + ar * qi - ai * qr,
    )


@inner
def _signs(code: Any, at: Any, tables: Any, values: Any) -> None:
    table = code[at + 2]
    for place in range(len(values) // LANES):
        store(values, place * LANES, splat(tables[table + place]) * load(values, place * LANES))


@inner
def _phases(code: Any, at: Any, inverse: Any, trig: Any, re: Any, im: Any) -> None:
    count = code[at + 2]
    zero = splat(re.dtype.type(0))
    for place in range(len(re) // LANES):
        r, i = load(re, place * LANES), load(im, place * LANES)
        for term in range(at + 3, at + 3 + 3 * count, 3):
            angle = 2 * code[term + 2] * LANES
            c, s = load(trig, angle), load(trig, angle + LANES)
            # exp(-i angle / 2) where the parity is 0, its conjugate where it is 1.
            if (parity(code[term] & place) ^ code[term + 1] ^ inverse) != 0:
                s = zero - s
            r, i = c * r + s * i, c * i - s * r
        store(re, place * LANES, r)
        store(im, place * LANES, i)


@inner
def _matrix(code: Any, at: Any, inverse: Any, tables: Any, spare: Any, re: Any, im: Any) -> None:
    place, free, table, wires = code[at + 2], code[at + 3], code[at + 4], code[at + 5]
    size, full = 1 << wires, len(im) > 0
    basis, zero = at + 6 + size, splat(re.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        for index in range(size):
            source = (place ^ code[at + 6 + index]) * LANES
            store(spare, 2 * index * LANES, load(re, source))
            store(spare, (2 * index + 1) * LANES, load(im, source) if full else zero)
        for row in range(size):
            r, i = zero, zero
            for column in range(size):
                entry = table + 2 * (column * size + row if inverse else row * size + column)
                x, y = splat(tables[entry]), splat(-tables[entry + 1] if inverse else tables[entry + 1])
                p, q = load(spare, 2 * column * LANES), load(spare, (2 * column + 1) * LANES)
                r, i = r + x * p - y * q, i + x * q + y * p
            target = (place ^ code[at + 6 + row]) * LANES
            store(re, target, r)
            if full:
                store(im, target, i)
        if count < 1 << free:
            place ^= code[basis + trailing_zeros(count)]
