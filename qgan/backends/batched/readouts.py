"""Kernels from final states to numbers of each row, and from cotangents of those back to states."""

__all__ = ["probabilities", "pull_probabilities", "pull_states", "pull_words", "words"]

from typing import Any

import numpy as np

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner
from qgan.backends.batched.phases import gather, spread
from qgan.backends.batched.vectors import fma, load, splat, store, trailing_zeros, transposed, widen


@inner
def probabilities(places: Any, re: Any, im: Any, first: Any, rows: Any, out: Any) -> None:
    """Of each logical basis state, into rows ``first`` to ``first + rows`` of ``out``."""
    n = len(places)
    if n < LANES:
        for lane in range(rows):
            for state in range(n):
                at = places[state] * LANES + lane
                out[(first + lane) * n + state] = re[at] * re[at] + (im[at] * im[at] if len(im) else 0)
        return
    for state in range(0, n, LANES):
        columns = transposed(
            _probability(places[state], re, im),
            _probability(places[state + 1], re, im),
            _probability(places[state + 2], re, im),
            _probability(places[state + 3], re, im),
            _probability(places[state + 4], re, im),
            _probability(places[state + 5], re, im),
            _probability(places[state + 6], re, im),
            _probability(places[state + 7], re, im),
        )
        for lane in range(rows):
            store(out, (first + lane) * n + state, widen(columns[lane], out))


@inner
def _probability(place: Any, re: Any, im: Any) -> Any:
    r = load(re, place * LANES)
    value = r * r
    if len(im) > 0:
        i = load(im, place * LANES)
        value = fma(i, i, value)
    return value


@inner
def pull_probabilities(
    places: Any, cotangent: Any, first: Any, rows: Any, re: Any, im: Any, lre: Any, lim: Any
) -> None:  # fmt: skip
    """Lambda of a cotangent of the probabilities, row after row."""
    n = len(places)
    if n < LANES:
        lre[:] = 0
        lim[:] = 0
        for lane in range(rows):
            for state in range(n):
                at = places[state] * LANES + lane
                weight = lre.dtype.type(cotangent[(first + lane) * n + state])
                lre[at] = weight * re[at]
                if len(im) > 0:
                    lim[at] = weight * im[at]
        return
    for state in range(0, n, LANES):
        weights = transposed(
            _slopes(cotangent, first + 0, first + rows, n, state, re),
            _slopes(cotangent, first + 1, first + rows, n, state, re),
            _slopes(cotangent, first + 2, first + rows, n, state, re),
            _slopes(cotangent, first + 3, first + rows, n, state, re),
            _slopes(cotangent, first + 4, first + rows, n, state, re),
            _slopes(cotangent, first + 5, first + rows, n, state, re),
            _slopes(cotangent, first + 6, first + rows, n, state, re),
            _slopes(cotangent, first + 7, first + rows, n, state, re),
        )
        for each in range(LANES):
            place = places[state + each] * LANES
            store(lre, place, weights[each] * load(re, place))
            if len(im) > 0:
                store(lim, place, weights[each] * load(im, place))


@inner
def _slopes(cotangent: Any, row: Any, rows: Any, n: Any, state: Any, like: Any) -> Any:
    """Of eight states of one row, or zeros where there is none."""
    if row >= rows:
        return splat(like.dtype.type(0))
    return widen(load(cotangent, row * n + state), like)


@inner
def words(
    diagonal: Any, picks: Any, mixed: Any, n_mixed: Any, first: Any, rows: Any, state: Any, re: Any, im: Any,
    sums: Any, spare: Any, size: Any, out: Any,
) -> None:  # fmt: skip
    """The expectation values of Pauli words, see `words`; ``size`` numbers in a row."""
    zero, two = splat(state.dtype.type(0)), splat(state.dtype.type(2))
    if len(diagonal):
        for place in range(len(re) // LANES):
            store(sums, place * LANES, _probability(place, re, im))
        gather(diagonal, np.int64(0), len(diagonal), sums, spare)
    for index in range(len(picks)):
        column, slot = picks[index, 0], picks[index, 1]
        for lane in range(rows):
            value = spare[slot * LANES + lane] if slot >= 0 else 0
            out[(first + lane) * size + column] = -value if picks[index, 2] else value
    for index in range(n_mixed):
        at = mixed[len(mixed) - n_mixed + index]
        value = zero
        if mixed[at + 2] >= 0:
            value = value + _overlap(mixed, at, mixed[at + 2], state)
        if mixed[at + 3] >= 0:
            value = value - _overlap(mixed, at, mixed[at + 3], state)
        store(spare, 0, two * value)
        for lane in range(rows):
            out[(first + lane) * size + mixed[at]] = spare[lane]


@inner
def _overlap(mixed: Any, at: Any, place: Any, state: Any) -> Any:
    free, mask, value = mixed[at + 1], mixed[at + 4], splat(state.dtype.type(0))
    for count in range(1, (1 << free) + 1):
        value = fma(load(state, place), load(state, place ^ mask), value)
        if count < 1 << free:
            place ^= mixed[at + 5 + trailing_zeros(count)]
    return value


@inner
def pull_words(
    diagonal: Any, picks: Any, mixed: Any, n_mixed: Any, cotangent: Any, first: Any, rows: Any, psi: Any, re: Any,
    im: Any, lam: Any, lre: Any, lim: Any, sums: Any, spare: Any, size: Any,
) -> None:  # fmt: skip
    """Lambda of a cotangent of the expectation values, row after row of ``size`` numbers."""
    if len(diagonal):
        for index in range(len(picks)):
            slot = picks[index, 1]
            if slot >= 0:
                for lane in range(LANES):
                    spare[slot * LANES + lane] = 0
        for index in range(len(picks)):
            column, slot = picks[index, 0], picks[index, 1]
            if slot >= 0:
                for lane in range(rows):
                    value = cotangent[(first + lane) * size + column]
                    spare[slot * LANES + lane] += -value if picks[index, 2] else value
        spread(diagonal, spare, sums)
        for place in range(0, len(re), LANES):
            weight = load(sums, place)
            store(lre, place, weight * load(re, place))
            if len(im) > 0:
                store(lim, place, weight * load(im, place))
    else:
        lam[:] = 0
    for index in range(n_mixed):
        at = mixed[len(mixed) - n_mixed + index]
        for lane in range(LANES):
            spare[lane] = cotangent[(first + lane) * size + mixed[at]] if lane < rows else 0
        weight = load(spare, 0)
        if mixed[at + 2] >= 0:
            _pull_overlap(mixed, at, mixed[at + 2], weight, psi, lam)
        if mixed[at + 3] >= 0:
            _pull_overlap(mixed, at, mixed[at + 3], splat(psi.dtype.type(0)) - weight, psi, lam)


@inner
def _pull_overlap(mixed: Any, at: Any, i: Any, weight: Any, psi: Any, lam: Any) -> None:
    free, mask = mixed[at + 1], mixed[at + 4]
    for count in range(1, (1 << free) + 1):
        j = i ^ mask
        store(lam, i, fma(weight, load(psi, j), load(lam, i)))
        store(lam, j, fma(weight, load(psi, i), load(lam, j)))
        if count < 1 << free:
            i ^= mixed[at + 5 + trailing_zeros(count)]


@inner
def pull_states(
    cotangent: Any, places: Any, signs: Any, first: Any, rows: Any, lre: Any, lim: Any
) -> None:  # fmt: skip
    """Lambda as it is given, row after row, real and imaginary part of each state side by side."""
    if rows < LANES:
        lre[:] = 0
        lim[:] = 0
    for state in range(len(places)):
        at = places[state] * LANES
        for lane in range(rows):
            place = 2 * ((first + lane) * len(places) + state)
            lre[at + lane] = signs[state] * cotangent[place]
            if len(lim) > 0:
                lim[at + lane] = signs[state] * cotangent[place + 1]
