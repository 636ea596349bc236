"""Kernels before the first gate: angles of latents and weights, what rotations they make, and the state they begin in.

Numbers of eight rows lie side by side: number i of lane l is at ``8 * i + l``.
"""

__all__ = ["angles", "begin", "chains", "gather"]

import math
from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.trig import half_turns
from qgan.backends.batched.vectors import all_above, fma, fnma, load, splat, store, total

FAR_ROUND, TWO_TURNS = 1e6, 4 * math.pi
# A cosine whose square is smaller than that is not left out of a rotation.
SMALL = 1 / 256


@inner
def gather(latent: Any, first: Any, rows: Any, columns: Any) -> None:
    """The latents of eight rows, or of the last one again where there are fewer, column by column."""
    for lane in range(LANES):
        row = first + min(lane, rows - 1)
        for column in range(latent.shape[1]):
            columns[column * LANES + lane] = latent[row, column]


@inner
def angles(
    terms: Any, numbers: Any, n_angles: Any, first: Any, last: Any, columns: Any, weights: Any, trig: Any, upright: Any
) -> Any:  # fmt: skip
    """Of half of each angle, a sum of products of latents and weights, cosine, sine and tangent. True if it is finite.

    Args:
        columns: Latents, column by column, and space for one column more.
        upright: For each angle, whether none of its cosines is small.
    """
    fine, small = True, splat(trig.dtype.type(SMALL))
    values = columns[len(columns) - LANES :]
    ids = n_angles + 2 + terms[n_angles]
    for angle in range(first, last):
        value = splat(numbers[angle])
        for term in range(terms[angle], terms[angle + 1]):
            product = splat(numbers[n_angles + term])
            for place in range(terms[n_angles + 1 + term], terms[n_angles + 2 + term]):
                factor = terms[ids + place]
                if factor >= 0:
                    product = product * load(columns, factor * LANES)
                else:
                    product = product * splat(weights[-1 - factor])
            value = value + product
        if not total(value * value) < FAR_ROUND * FAR_ROUND:
            store(values, 0, value)
            for lane in range(LANES):
                fine = fine and math.isfinite(values[lane])
                values[lane] = values[lane] % TWO_TURNS
            value = load(values, 0)
        c, s = half_turns(value, trig)
        at = 3 * angle * LANES
        store(trig, at, c)
        store(trig, at + LANES, s)
        store(trig, at + 2 * LANES, s / c)
        upright[angle] = all_above(c * c, small)
    return fine


@inner
def chains(chain: Any, factors: Any, fresh: Any, trig: Any, rotations: Any) -> None:
    """The first column (a, b) of each chain of rotations: the matrix is ((a, -b*), (b, a*)).

    Chains without latents are the same for all rows, and made only where the weights are ``fresh``.
    """
    for index in range(len(chain)):
        if chain[index, 2] and not fresh:
            continue
        ar, ai, br, bi = (
            splat(trig.dtype.type(1)),
            splat(trig.dtype.type(0)),
            splat(trig.dtype.type(0)),
            splat(trig.dtype.type(0)),
        )
        for place in range(chain[index, 0], chain[index, 1]):
            axis, angle = factors[place, 0], factors[place, 1]
            c, s = load(trig, 3 * angle * LANES), load(trig, (3 * angle + 1) * LANES)
            if axis == 0:
                ar, ai, br, bi = c * ar + s * bi, c * ai - s * br, c * br + s * ai, c * bi - s * ar
            elif axis == 1:
                ar, ai, br, bi = c * ar - s * br, c * ai - s * bi, c * br + s * ar, c * bi + s * ai
            else:
                ar, ai, br, bi = c * ar + s * ai, c * ai - s * ar, c * br - s * bi, c * bi + s * br
        at = 4 * index * LANES
        store(rotations, at, ar)
        store(rotations, at + LANES, ai)
        store(rotations, at + 2 * LANES, br)
        store(rotations, at + 3 * LANES, bi)


@inner
def begin(rotations: Any, re: Any, im: Any) -> None:
    """The product state in which each bit has been turned by its chain. ``im`` may be empty."""
    one, zero = splat(re.dtype.type(1)), splat(re.dtype.type(0))
    full = len(im) > 0
    store(re, 0, one)
    if full:
        store(im, 0, zero)
    at, size = 0, LANES
    while size < len(re):
        ar, ai = load(rotations, at), load(rotations, at + LANES)
        br, bi = load(rotations, at + 2 * LANES), load(rotations, at + 3 * LANES)
        if full:
            for place in range(0, size, LANES):
                r, i = load(re, place), load(im, place)
                store(re, place + size, fnma(bi, i, br * r))
                store(im, place + size, fma(bi, r, br * i))
                store(re, place, fnma(ai, i, ar * r))
                store(im, place, fma(ai, r, ar * i))
        else:
            for place in range(0, size, LANES):
                r = load(re, place)
                store(re, place + size, br * r)
                store(re, place, ar * r)
        at, size = at + 4 * LANES, 2 * size
