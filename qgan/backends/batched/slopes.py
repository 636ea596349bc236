"""Kernels for the gradient: rotations undone, and how their angles turn the states (Jones and Gacon, arXiv:2009.02823).

With the state psi and the cotangent's lambda as real vectors, the derivative of the cost by the angle of a rotation is
the sum of lambda[b] psi[a] - lambda[a] psi[b] over its pairs (a, b), taken where it has just been done.
"""

__all__ = ["along_chain", "back_turn", "back_turn_longer", "back_turns", "back_turns_longer", "slopes_of_bit"]

from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.vectors import load, splat, store, trailing_zeros


@inner
def back_turn(code: Any, at: Any, i: Any, c: Any, s: Any, psi: Any, lam: Any) -> Any:
    """Undoes one rotation; its slope."""
    free, mask, basis = code[at + 2], code[at + 6], at + 10
    slope = splat(psi.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        j = i ^ mask
        u, v, a, b = load(psi, i), load(psi, j), load(lam, i), load(lam, j)
        slope = slope + b * u - a * v
        store(psi, i, c * u + s * v)
        store(psi, j, c * v - s * u)
        store(lam, i, c * a + s * b)
        store(lam, j, c * b - s * a)
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]
    return slope


@inner
def back_turn_longer(code: Any, at: Any, i: Any, t: Any, psi: Any, lam: Any) -> Any:
    """Likewise, and both become as long as 1 / cosine."""
    free, mask, basis = code[at + 2], code[at + 6], at + 10
    slope = splat(psi.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        j = i ^ mask
        u, v, a, b = load(psi, i), load(psi, j), load(lam, i), load(lam, j)
        slope = slope + b * u - a * v
        store(psi, i, u + t * v)
        store(psi, j, v - t * u)
        store(lam, i, a + t * b)
        store(lam, j, b - t * a)
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]
    return slope


@inner
def back_turns(code: Any, at: Any, i: Any, c: Any, s: Any, d: Any, r: Any, psi: Any, lam: Any) -> Any:
    """Undoes two rotations; their slopes."""
    free, first, second, basis = code[at + 2], code[at + 6], code[at + 7], at + 10
    y = z = splat(psi.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        j, k, m = i ^ first, i ^ second, i ^ first ^ second
        u, v, w, x = load(psi, i), load(psi, j), load(psi, k), load(psi, m)
        a, b, e, f = load(lam, i), load(lam, j), load(lam, k), load(lam, m)
        y = y + b * u - a * v + f * w - e * x
        z = z + e * u - a * w + f * v - b * x
        u, v, w, x = c * u + s * v, c * v - s * u, c * w + s * x, c * x - s * w
        store(psi, i, d * u + r * w)
        store(psi, j, d * v + r * x)
        store(psi, k, d * w - r * u)
        store(psi, m, d * x - r * v)
        a, b, e, f = c * a + s * b, c * b - s * a, c * e + s * f, c * f - s * e
        store(lam, i, d * a + r * e)
        store(lam, j, d * b + r * f)
        store(lam, k, d * e - r * a)
        store(lam, m, d * f - r * b)
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]
    return y, z


@inner
def back_turns_longer(code: Any, at: Any, i: Any, t: Any, r: Any, psi: Any, lam: Any) -> Any:
    """Likewise, and both become as long as 1 / both cosines."""
    free, first, second, basis = code[at + 2], code[at + 6], code[at + 7], at + 10
    y = z = splat(psi.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        j, k, m = i ^ first, i ^ second, i ^ first ^ second
        u, v, w, x = load(psi, i), load(psi, j), load(psi, k), load(psi, m)
        a, b, e, f = load(lam, i), load(lam, j), load(lam, k), load(lam, m)
        y = y + b * u - a * v + f * w - e * x
        z = z + e * u - a * w + f * v - b * x
        u, v, w, x = u + t * v, v - t * u, w + t * x, x - t * w
        store(psi, i, u + r * w)
        store(psi, j, v + r * x)
        store(psi, k, w - r * u)
        store(psi, m, x - r * v)
        a, b, e, f = a + t * b, b - t * a, e + t * f, f - t * e
        store(lam, i, a + r * e)
        store(lam, j, b + r * f)
        store(lam, k, e - r * a)
        store(lam, m, f - r * b)
        if count < 1 << free:
            i ^= code[basis + trailing_zeros(count)]
    return y, z


@inner
def slopes_of_bit(bit: Any, re: Any, im: Any, lre: Any, lim: Any) -> Any:
    """Those of rotations about X, Y and Z of bit ``bit`` of the places; without ``im`` for Y alone."""
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
def along_chain(x: Any, y: Any, z: Any, first: Any, last: Any, factors: Any, trig: Any, slopes: Any) -> None:
    """The slopes of all angles of a chain, from those about each axis after its last rotation."""
    for place in range(last - 1, first - 1, -1):
        axis, angle = factors[place, 0], factors[place, 1]
        cosine, sine = load(trig, 3 * angle * LANES), load(trig, (3 * angle + 1) * LANES)
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
