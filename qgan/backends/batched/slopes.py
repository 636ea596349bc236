"""Kernels for the gradient: how the angles of a pass turn the states of eight rows (Jones and Gacon, arXiv:2009.02823).

With the state psi and the cotangent's lambda, the derivative of the cost by the angle of exp(-i angle P / 2) is
Im <lambda| P |psi>, taken where that gate has just been done.
"""

__all__ = ["along_chain", "back_turn", "back_turn_real", "back_turns_real", "of_phases", "slopes_of_bit"]

from typing import Any

from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.vectors import LANES, load, parity, splat, store, trailing_zeros


@inner
def back_turns_real(code: Any, at: Any, rotations: Any, re: Any, lre: Any) -> Any:
    """Undoes two real rotations of real states; Im <lambda| Y |psi> of both before that."""
    first, second, place, free = code[at + 2], code[at + 3], code[at + 4], code[at + 5]
    one, two = 4 * code[at + 6] * LANES, 4 * code[at + 7] * LANES
    c, s = load(rotations, one), load(rotations, one + 2 * LANES)
    d, t = load(rotations, two), load(rotations, two + 2 * LANES)
    zero = splat(re.dtype.type(0))
    y, z = zero, zero
    for count in range(1, (1 << free) + 1):
        i, j = place * LANES, (place ^ first) * LANES
        k, m = (place ^ second) * LANES, (place ^ first ^ second) * LANES
        u, v, w, x = load(re, i), load(re, j), load(re, k), load(re, m)
        a, b, e, f = load(lre, i), load(lre, j), load(lre, k), load(lre, m)
        y = y + (b * u - a * v) + (f * w - e * x)
        z = z + (e * u - a * w) + (f * v - b * x)
        u, v, w, x = c * u + s * v, c * v - s * u, c * w + s * x, c * x - s * w
        store(re, i, d * u + t * w)
        store(re, k, d * w - t * u)
        store(re, j, d * v + t * x)
        store(re, m, d * x - t * v)
        a, b, e, f = c * a + s * b, c * b - s * a, c * e + s * f, c * f - s * e
        store(lre, i, d * a + t * e)
        store(lre, k, d * e - t * a)
        store(lre, j, d * b + t * f)
        store(lre, m, d * f - t * b)
        if count < 1 << free:
            place ^= code[at + 9 + trailing_zeros(count)]
    return y, z


@inner
def back_turn_real(
    code: Any, basis: Any, place: Any, free: Any, mask: Any, other: Any, chain: Any, rotations: Any, re: Any, lre: Any
) -> Any:
    """Undoes a real rotation of a real part or an imaginary one; its share of Im <lambda| Y |psi> before that.

    ``other`` is a further free direction, or 0.
    """
    c, s = load(rotations, 4 * chain * LANES), load(rotations, (4 * chain + 2) * LANES)
    y = splat(re.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        for half in range(2 if other else 1):
            base = place ^ (other if half else 0)
            i, j = base * LANES, (base ^ mask) * LANES
            u, v, a, b = load(re, i), load(re, j), load(lre, i), load(lre, j)
            y = y + (b * u - a * v)
            store(re, i, c * u + s * v)
            store(re, j, c * v - s * u)
            store(lre, i, c * a + s * b)
            store(lre, j, c * b - s * a)
        if count < 1 << free:
            place ^= code[basis + trailing_zeros(count)]
    return y


@inner
def back_turn(
    code: Any, basis: Any, place: Any, free: Any, mask: Any, other: Any, chain: Any, rotations: Any, re: Any, im: Any,
    lre: Any, lim: Any,
) -> Any:  # fmt: skip
    """Undoes any rotation; Im <lambda| P |psi> for P = X, Y, Z before that."""
    at = 4 * chain * LANES
    ar, ai = load(rotations, at), load(rotations, at + LANES)
    br, bi = load(rotations, at + 2 * LANES), load(rotations, at + 3 * LANES)
    zero = splat(re.dtype.type(0))
    x, y, z = zero, zero, zero
    for count in range(1, (1 << free) + 1):
        for half in range(2 if other else 1):
            base = place ^ (other if half else 0)
            i, j = base * LANES, (base ^ mask) * LANES
            pr, pi, qr, qi = load(re, i), load(im, i), load(re, j), load(im, j)
            lr, li, mr, mi = load(lre, i), load(lim, i), load(lre, j), load(lim, j)
            x = x + (lr * qi - li * qr) + (mr * pi - mi * pr)
            y = y + (mr * pr + mi * pi) - (lr * qr + li * qi)
            z = z + (lr * pi - li * pr) - (mr * qi - mi * qr)
            # ((a*, b*), (-b, a)) is the inverse.
            store(re, i, ar * pr + ai * pi + br * qr + bi * qi)
            store(im, i, ar * pi - ai * pr + br * qi - bi * qr)
            store(re, j, ar * qr - ai * qi - br * pr + bi * pi)
            store(im, j, ar * qi + ai * qr - br * pi - bi * pr)
            store(lre, i, ar * lr + ai * li + br * mr + bi * mi)
            store(lim, i, ar * li - ai * lr + br * mi - bi * mr)
            store(lre, j, ar * mr - ai * mi - br * lr + bi * li)
            store(lim, j, ar * mi + ai * mr - br * li - bi * lr)
        if count < 1 << free:
            place ^= code[basis + trailing_zeros(count)]
    return x, y, z


@inner
def slopes_of_bit(bit: Any, re: Any, im: Any, lre: Any, lim: Any) -> Any:
    """Im <lambda| P |psi> for P = X, Y, Z of bit ``bit`` of the places; without ``im`` for Y alone."""
    zero, size = splat(re.dtype.type(0)), 1 << bit
    x, y, z = zero, zero, zero
    for high in range(0, len(re) // LANES, 2 * size):
        for place in range(high, high + size):
            i, j = place * LANES, (place + size) * LANES
            pr, qr, lr, mr = load(re, i), load(re, j), load(lre, i), load(lre, j)
            y = y + (mr * pr - lr * qr)
            if len(im) > 0:
                pi, qi, li, mi = load(im, i), load(im, j), load(lim, i), load(lim, j)
                y = y + (mi * pi - li * qi)
                x = x + (lr * qi - li * qr) + (mr * pi - mi * pr)
                z = z + (lr * pi - li * pr) - (mr * qi - mi * qr)
    return x, y, z


@inner
def of_phases(code: Any, at: Any, re: Any, im: Any, lre: Any, lim: Any, slopes: Any) -> None:
    """Im <lambda| Z.. |psi> for each term of a pass of phases, into the slope of its angle."""
    first, last = at + 3, at + 3 + 3 * code[at + 2]
    zero = splat(re.dtype.type(0))
    for term in range(first, last, 3):
        store(slopes, code[term + 2] * LANES, zero)
    for place in range(len(re) // LANES):
        p = place * LANES
        value = load(lre, p) * load(im, p) - load(lim, p) * load(re, p)
        for term in range(first, last, 3):
            slope = code[term + 2] * LANES
            if parity(code[term] & place) ^ code[term + 1]:
                store(slopes, slope, load(slopes, slope) - value)
            else:
                store(slopes, slope, load(slopes, slope) + value)


@inner
def along_chain(x: Any, y: Any, z: Any, first: Any, last: Any, factors: Any, trig: Any, slopes: Any) -> None:
    """The slopes of all angles of a chain, from Im <lambda| P |psi> after its last rotation."""
    for place in range(last - 1, first - 1, -1):
        axis, angle = factors[place, 0], factors[place, 1]
        cosine, sine = load(trig, 2 * angle * LANES), load(trig, (2 * angle + 1) * LANES)
        c, s = cosine * cosine - sine * sine, cosine * sine + cosine * sine
        if axis == 0:
            store(slopes, angle * LANES, x)
            y, z = c * y + s * z, c * z - s * y
        elif axis == 1:
            store(slopes, angle * LANES, y)
            z, x = c * z + s * x, c * x - s * z
        else:
            store(slopes, angle * LANES, z)
            x, y = c * x + s * y, c * y - s * x
