"""Kernels for the gradient: rotations undone, and how their angles turn the states (Jones and Gacon, arXiv:2009.02823).

With the state psi and the cotangent's lambda as real vectors, the derivative of the cost by the angle of a rotation is
the sum of lambda[b] psi[a] - lambda[a] psi[b] over its pairs (a, b), taken where it has just been done.
"""

__all__ = ["along_chain", "back_turn", "back_turn_longer", "back_turns", "back_turns_longer", "slopes_of_bit"]

from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.vectors import fma, fnma, load, splat, store, trailing_zeros


@inner
def back_turn(code: Any, at: Any, i: Any, c: Any, s: Any, psi: Any, lam: Any) -> Any:
    """Undoes one rotation; its slope."""
    free, mask, basis = code[at + 2], code[at + 6], at + 10
    slope = splat(psi.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        j = i ^ mask
        u, v, a, b = load(psi, i), load(psi, j), load(lam, i), load(lam, j)
        slope = slope + fnma(a, v, b * u)
        store(psi, i, fma(s, v, c * u))
        store(psi, j, fnma(s, u, c * v))
        store(lam, i, fma(s, b, c * a))
        store(lam, j, fnma(s, a, c * b))
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
        slope = slope + fnma(a, v, b * u)
        store(psi, i, fma(t, v, u))
        store(psi, j, fnma(t, u, v))
        store(lam, i, fma(t, b, a))
        store(lam, j, fnma(t, a, b))
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
        y = y + fnma(e, x, fma(f, w, fnma(a, v, b * u)))
        z = z + fnma(b, x, fma(f, v, fnma(a, w, e * u)))
        u, v, w, x = fma(s, v, c * u), fnma(s, u, c * v), fma(s, x, c * w), fnma(s, w, c * x)
        store(psi, i, fma(r, w, d * u))
        store(psi, j, fma(r, x, d * v))
        store(psi, k, fnma(r, u, d * w))
        store(psi, m, fnma(r, v, d * x))
        a, b, e, f = fma(s, b, c * a), fnma(s, a, c * b), fma(s, f, c * e), fnma(s, e, c * f)
        store(lam, i, fma(r, e, d * a))
        store(lam, j, fma(r, f, d * b))
        store(lam, k, fnma(r, a, d * e))
        store(lam, m, fnma(r, b, d * f))
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
        y = y + fnma(e, x, fma(f, w, fnma(a, v, b * u)))
        z = z + fnma(b, x, fma(f, v, fnma(a, w, e * u)))
        u, v, w, x = fma(t, v, u), fnma(t, u, v), fma(t, x, w), fnma(t, w, x)
        store(psi, i, fma(r, w, u))
        store(psi, j, fma(r, x, v))
        store(psi, k, fnma(r, u, w))
        store(psi, m, fnma(r, v, x))
        a, b, e, f = fma(t, b, a), fnma(t, a, b), fma(t, f, e), fnma(t, e, f)
        store(lam, i, fma(r, e, a))
        store(lam, j, fma(r, f, b))
        store(lam, k, fnma(r, a, e))
        store(lam, m, fnma(r, b, f))
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
            y = fnma(lr, qr, fma(mr, pr, y))
            if len(im) > 0:
                pi, qi, li, mi = load(im, i), load(im, j), load(lim, i), load(lim, j)
                y = fnma(li, qi, fma(mi, pi, y))
                x = fnma(mi, pr, fma(mr, pi, fnma(li, qr, fma(lr, qi, x))))
                z = fma(mi, qr, fnma(mr, qi, fnma(li, pr, fma(lr, pi, z))))
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
