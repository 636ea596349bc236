"""Kernels for the gradient: rotations undone, and how their angles turn the states (Jones and Gacon, arXiv:2009.02823).

With the state psi and the cotangent's lambda as real vectors, the derivative of the cost by the angle of a rotation is
the sum of lambda[b] psi[a] - lambda[a] psi[b] over its pairs (a, b), taken where it has just been done.
"""

__all__ = ["along_chain", "back_turn", "back_turn_longer", "back_turns", "back_turns_longer", "contracted", "to_inputs"]

from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.prepare import begin
from qgan.backends.batched.vectors import fma, fnma, load, splat, store, total, trailing_zeros, widen


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
def contracted(bit: Any, rotations: Any, re: Any, im: Any, lre: Any, lim: Any) -> Any:
    """Takes the highest bit out of the lambda of a product state; the slopes of its rotations about X, Y and Z.

    The state is not read but made again, without that bit, in the space that is ``re`` and ``im``: so each bit takes
    half as long as the one before, and lambda of those below it is in the lower half in the end. Without ``im`` there
    is Y alone.
    """
    size, at, full = LANES << bit, 4 * bit * LANES, len(im) > 0
    ar, ai = load(rotations, at), load(rotations, at + LANES)
    br, bi = load(rotations, at + 2 * LANES), load(rotations, at + 3 * LANES)
    begin(rotations, re[:size], im[:size])
    # Overlaps of both halves with that state.
    zero = splat(re.dtype.type(0))
    cr, ci, dr, di = zero, zero, zero, zero
    for place in range(0, size, LANES):
        r, lr, mr = load(re, place), load(lre, place), load(lre, place + size)
        cr, dr = fma(lr, r, cr), fma(mr, r, dr)
        lower = fma(br, mr, ar * lr)
        if full:
            i, li, mi = load(im, place), load(lim, place), load(lim, place + size)
            cr, dr = fma(li, i, cr), fma(mi, i, dr)
            ci, di = fnma(li, r, fma(lr, i, ci)), fnma(mi, r, fma(mr, i, di))
            lower = fma(bi, mi, fma(ai, li, lower))
            store(lim, place, fnma(bi, mr, fma(br, mi, fnma(ai, lr, ar * li))))
        store(lre, place, lower)
    x = fma(br, ci, fma(bi, cr, fma(ar, di, ai * dr)))
    y = fma(bi, ci, fnma(br, cr, fnma(ai, di, ar * dr)))
    z = fnma(br, di, fnma(bi, dr, fma(ar, ci, ai * cr)))
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


@inner
def to_inputs(
    terms: Any, numbers: Any, n_angles: Any, wanted: Any, slopes: Any, wide: Any, columns: Any, weights: Any, row: Any,
    rows: Any, block: Any, of_latent: Any, of_weights: Any,
) -> None:  # fmt: skip
    """The chain rule through the products that make the angles."""
    if len(of_latent):
        of_latent[row : row + rows] = 0
    if len(of_weights):
        of_weights[block] = 0
    ids = n_angles + 2 + terms[n_angles]
    for angle in range(n_angles):
        if not wanted[angle]:
            continue
        slope = widen(load(slopes, angle * LANES), wide)
        for term in range(terms[angle], terms[angle + 1]):
            begin_, end = terms[n_angles + 1 + term], terms[n_angles + 2 + term]
            for place in range(begin_, end):
                factor = terms[ids + place]
                if len(of_weights if factor < 0 else of_latent) == 0:
                    continue
                product = slope * splat(numbers[n_angles + term])
                for other in range(begin_, end):
                    by = terms[ids + other]
                    if other == place:
                        continue
                    product = product * (load(columns, by * LANES) if by >= 0 else splat(weights[-1 - by]))
                if factor < 0:
                    of_weights[block, -1 - factor] += total(product)
                else:
                    store(wide, 0, product)
                    for lane in range(rows):
                        of_latent[row + lane, factor] += wide[lane]
