"""Kernels from final states to numbers of each row, and from cotangents of those back to states."""

__all__ = ["probabilities", "pull_probabilities", "pull_states", "pull_words", "words"]

from typing import Any

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.vectors import load, parity, splat, store

# States that are read at once: of each row as many lie side by side, and those of eight rows stay in the first cache.
TILE = 16


@inner
def probabilities(places: Any, re: Any, im: Any, first: Any, rows: Any, out: Any) -> None:
    """Of each logical basis state, into ``out[first : first + rows]``."""
    full = len(im) > 0
    for begin in range(0, len(places), TILE):
        end = min(begin + TILE, len(places))
        for lane in range(rows):
            for state in range(begin, end):
                at = places[state] * LANES + lane
                value = re[at] * re[at]
                if full:
                    value += im[at] * im[at]
                out[first + lane, state] = value


@inner
def pull_probabilities(
    places: Any, cotangent: Any, first: Any, rows: Any, re: Any, im: Any, lre: Any, lim: Any
) -> None:
    """Lambda of a cotangent of the probabilities, of shape (all rows, states)."""
    full = len(im) > 0
    if rows < LANES:
        lre[:] = 0
        lim[:] = 0
    for begin in range(0, len(places), TILE):
        end = min(begin + TILE, len(places))
        for lane in range(rows):
            for state in range(begin, end):
                at = places[state] * LANES + lane
                weight = lre.dtype.type(cotangent[first + lane, state])
                lre[at] = weight * re[at]
                if full:
                    lim[at] = weight * im[at]


@inner
def words(word: Any, diagonal: Any, first: Any, rows: Any, re: Any, im: Any, spare: Any, out: Any) -> None:
    """The expectation values of Pauli words: of each the mask, the parity's mask and flip, and the number of Y.

    The first ``diagonal`` words have no mask, and are taken in one pass together.
    """
    zero, two, full = splat(re.dtype.type(0)), splat(re.dtype.type(2)), len(im) > 0
    for index in range(diagonal):
        store(spare, index * LANES, zero)
    for place in range(len(re) // LANES if diagonal else 0):
        r = load(re, place * LANES)
        value = r * r
        if full:
            i = load(im, place * LANES)
            value = value + i * i
        for index in range(diagonal):
            if parity(word[index, 1] & place) ^ word[index, 2]:
                store(spare, index * LANES, load(spare, index * LANES) - value)
            else:
                store(spare, index * LANES, load(spare, index * LANES) + value)
    for index in range(diagonal, len(word)):
        mask, look, flip, ys = word[index, 0], word[index, 1], word[index, 2], word[index, 3]
        value, low = zero, mask & -mask
        for place in range(len(re) // LANES):
            # Of two places that belong together one is enough: the other's share is the conjugate.
            if place & low:
                continue
            a, b = place * LANES, (place ^ mask) * LANES
            part = zero
            if ys & 1:
                if full:
                    part = load(im, b) * load(re, a) - load(re, b) * load(im, a)
            else:
                part = load(re, b) * load(re, a)
                if full:
                    part = part + load(im, b) * load(im, a)
            odd = parity(look & place) ^ flip ^ (ys >> 1 & 1)
            value = value - part if odd else value + part
        store(spare, index * LANES, two * value)
    for index in range(len(word)):
        for lane in range(rows):
            out[first + lane, index] = spare[index * LANES + lane]


@inner
def pull_words(
    word: Any, diagonal: Any, cotangent: Any, first: Any, rows: Any, re: Any, im: Any, lre: Any, lim: Any, spare: Any
) -> None:
    """Lambda of a cotangent of the expectation values, of shape (all rows, words)."""
    zero, full = splat(re.dtype.type(0)), len(im) > 0
    for index in range(len(word)):
        for lane in range(LANES):
            spare[index * LANES + lane] = cotangent[first + lane, index] if lane < rows else 0
    for place in range(len(re) // LANES):
        weight = zero
        for index in range(diagonal):
            if parity(word[index, 1] & place) ^ word[index, 2]:
                weight = weight - load(spare, index * LANES)
            else:
                weight = weight + load(spare, index * LANES)
        store(lre, place * LANES, weight * load(re, place * LANES))
        if full:
            store(lim, place * LANES, weight * load(im, place * LANES))
    for index in range(diagonal, len(word)):
        mask, look, flip, ys = word[index, 0], word[index, 1], word[index, 2], word[index, 3]
        plus = load(spare, index * LANES)
        minus = zero - plus
        for place in range(len(re) // LANES):
            a, b = place * LANES, (place ^ mask) * LANES
            weight = minus if parity(look & place) ^ flip ^ (ys >> 1 & 1) else plus
            if not ys & 1:
                store(lre, b, load(lre, b) + weight * load(re, a))
                if full:
                    store(lim, b, load(lim, b) + weight * load(im, a))
            elif full:
                store(lre, b, load(lre, b) - weight * load(im, a))
                store(lim, b, load(lim, b) + weight * load(re, a))


@inner
def pull_states(
    cotangent: Any, places: Any, signs: Any, first: Any, rows: Any, lre: Any, lim: Any
) -> None:  # fmt: skip
    """Lambda as it is given, complex, of shape (all rows, states)."""
    if rows < LANES:
        lre[:] = 0
        lim[:] = 0
    for state in range(len(places)):
        at = places[state] * LANES
        for lane in range(rows):
            value = cotangent[first + lane, state] * signs[state]
            lre[at + lane] = value.real
            if len(lim) > 0:
                lim[at + lane] = value.imag
