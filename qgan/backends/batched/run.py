"""The two kernels that Python calls: blocks of eight rows from latents to a read-out, and from its cotangent back.

Whatever the number of threads, each block is done by one of them in the same way, and leaves its share of the slopes of
the weights in a place of its own.
"""

__all__ = ["NOTHING", "PROBABILITIES", "STATES", "WORDS", "pull", "push"]

from typing import Any

from qgan.backends.batched.numba_typed import inner, kernel
from qgan.backends.batched.passes import apply, undo
from qgan.backends.batched.plan import PHASES, TURN, TURNS
from qgan.backends.batched.prepare import angles, begin, chains, gather
from qgan.backends.batched.readouts import probabilities, pull_probabilities, pull_states, pull_words, words
from qgan.backends.batched.slopes import (
    along_chain,
    back_turn,
    back_turn_real,
    back_turns_real,
    of_phases,
    slopes_of_bit,
)
from qgan.backends.batched.vectors import LANES, load, splat, store, total, widen

# What is read out.
NOTHING, PROBABILITIES, WORDS, STATES = range(4)


@kernel
def push(
    plan: Any, terms: Any, numbers: Any, chain: Any, factors: Any, code: Any, tables: Any, places: Any, word: Any,
    latent: Any, weights: Any, initial: Any, begins: Any, ends: Any, kept: Any, columns: Any, trig: Any, rotations: Any,
    spare: Any, re: Any, im: Any, out: Any,
) -> Any:  # fmt: skip
    """Runs blocks ``begins`` to ``ends``. True if all their angles are finite.

    Args:
        plan: Numbers of angles, of angles without latents, of diagonal words, of rows in a set, of latents in a set (0
            where all sets share them), what is read out, and the first of: start, passes, their offsets.
        terms: Which products of latents and weights make which angle.
        numbers: Their coefficients.
        chain: Of rotations: the first factor, the one after the last, whether it has no latents.
        factors: Axis and angle of each.
        code: The start, the passes, and where each of them begins.
        tables: Signs and matrices.
        places: Where the amplitude of each logical basis state is.
        word: What is read out as expectation values.
        latent: Shape (rows, latents).
        weights: Shape (sets, weights).
        initial: Shape (1 or rows, 2, states): a state to begin with, in the order of its places, or no rows.
        kept: Whether every block has a state of its own in ``re`` and ``im``, or all share one.
        columns: Space for latents.
        trig: For cosines and sines.
        rotations: For the chains.
        spare: For a few vectors.
        re: For the real parts.
        im: For the imaginary ones, or nothing where all is real.
        out: Shape (all rows, size of the read-out), in which set follows upon set.
    """
    n_angles, n_shared, diagonal, batch, stride, kind = plan[0], plan[1], plan[2], plan[3], plan[4], plan[5]
    n_wires, first_pass, n_passes = plan[6], plan[7], plan[8]
    size, per_set, done, fine = LANES << n_wires, -(-batch // LANES), -1, True
    for block in range(begins, ends):
        which, at = block // per_set, block % per_set * LANES
        rows, fresh = min(LANES, batch - at), which != done
        fine &= _prepare(
            terms, numbers, n_angles, n_shared, chain, factors, latent, stride * which + at, rows, weights[which],
            fresh, columns, trig, rotations,
        )  # fmt: skip
        done = which
        a = block * size if kept else 0
        r, i = re[a : a + size], im[a : a + size]
        if len(initial):
            _load_states(initial, which * batch + at, rows, r, i)
        else:
            begin(code[:n_wires], rotations, r, i)
        for index in range(n_passes):
            apply(code, code[first_pass + index], rotations, trig, tables, spare, r, i)
        row = which * batch + at
        if kind == PROBABILITIES:
            probabilities(places, r, i, row, rows, out)
        elif kind == WORDS:
            words(word, diagonal, row, rows, r, i, spare, out)
    return fine


@kernel
def pull(
    plan: Any, terms: Any, numbers: Any, chain: Any, factors: Any, code: Any, tables: Any, places: Any, word: Any,
    latent: Any, weights: Any, begins: Any, ends: Any, columns: Any, trig: Any, rotations: Any, spare: Any, re: Any,
    im: Any, lre: Any, lim: Any, slopes: Any, wide: Any, wanted: Any, last: Any, cotangent: Any, states: Any,
    of_latent: Any, of_weights: Any,
) -> None:  # fmt: skip
    """The slopes of a cost by latents and weights, from its cotangent by the read-out.

    Args:
        re: The states that :func:`push` kept; they are used up.
        lre: Space for one state, as ``re``; ``lim`` likewise.
        slopes: Space for those of the angles.
        wide: Space for one vector.
        wanted: For each angle whether its slope is wanted.
        last: The earliest pass that has one, or -1 where the start has.
        cotangent: Shape (all rows, size of the read-out).
        states: Shape (all rows, states), complex: lambda where states are read out.
        of_latent: Shape (all rows, latents), or no rows where they are not wanted.
        of_weights: Shape (blocks, weights), or no rows.
    """
    n_angles, n_shared, diagonal, batch, stride, kind = plan[0], plan[1], plan[2], plan[3], plan[4], plan[5]
    n_wires, first_pass, n_passes = plan[6], plan[7], plan[8]
    size, per_set, done = LANES << n_wires, -(-batch // LANES), -1
    for block in range(begins, ends):
        which, at = block // per_set, block % per_set * LANES
        rows, row = min(LANES, batch - at), which * batch + at
        _prepare(
            terms, numbers, n_angles, n_shared, chain, factors, latent, stride * which + at, rows, weights[which],
            which != done, columns, trig, rotations,
        )  # fmt: skip
        done = which
        r, i = re[block * size : (block + 1) * size], im[block * size : min(len(im), (block + 1) * size)]
        if kind == PROBABILITIES:
            pull_probabilities(places, cotangent, row, rows, r, i, lre, lim)
        elif kind == WORDS:
            pull_words(word, diagonal, cotangent, row, rows, r, i, lre, lim, spare)
        else:
            pull_states(states, places, row, rows, lre, lim)
        for index in range(n_passes - 1, max(last, 0) - 1, -1):
            where = code[first_pass + index]
            if code[where] == TURN or code[where] == TURNS:
                _back_turns(code, where, chain, factors, rotations, trig, r, i, lre, lim, slopes)
            else:
                if code[where] == PHASES:
                    of_phases(code, where, r, i, lre, lim, slopes)
                undo(code, where, trig, tables, spare, r, i)
                undo(code, where, trig, tables, spare, lre, lim)
        if last < 0:
            for bit in range(n_wires):
                if code[bit] >= 0:
                    x, y, z = slopes_of_bit(bit, r, i, lre, lim)
                    along_chain(x, y, z, chain[code[bit], 0], chain[code[bit], 1], factors, trig, slopes)
        _to_inputs(
            terms, numbers, n_angles, wanted, slopes, wide, columns, weights[which], row, rows, block, of_latent,
            of_weights,
        )  # fmt: skip


@inner
def _prepare(
    terms: Any, numbers: Any, n_angles: Any, n_shared: Any, chain: Any, factors: Any, latent: Any, first: Any,
    rows: Any, weights: Any, fresh: Any, columns: Any, trig: Any, rotations: Any,
) -> Any:  # fmt: skip
    gather(latent, first, rows, columns)
    fine = angles(terms, numbers, n_angles, 0 if fresh else n_shared, n_angles, columns, weights, trig)
    chains(chain, factors, fresh, trig, rotations)
    return fine


@inner
def _load_states(initial: Any, first: Any, rows: Any, re: Any, im: Any) -> None:
    for lane in range(LANES):
        row = 0 if len(initial) == 1 else first + min(lane, rows - 1)
        for place in range(len(re) // LANES):
            re[place * LANES + lane] = initial[row, 0, place]
            if len(im):
                im[place * LANES + lane] = initial[row, 1, place]


@inner
def _back_turns(
    code: Any, at: Any, chain: Any, factors: Any, rotations: Any, trig: Any, re: Any, im: Any, lre: Any, lim: Any,
    slopes: Any,
) -> None:  # fmt: skip
    zero = splat(re.dtype.type(0))
    if code[at] == TURNS and len(im) == 0:
        one, two = code[at + 6], code[at + 7]
        y, z = back_turns_real(code, at, rotations, re, lre)
        along_chain(zero, y, zero, chain[one, 0], chain[one, 1], factors, trig, slopes)
        along_chain(zero, z, zero, chain[two, 0], chain[two, 1], factors, trig, slopes)
        return
    count = 1 if code[at] == TURN else 2
    place, free, general, basis = (
        code[at + 2 + count],
        code[at + 3 + count],
        code[at + 4 + 2 * count],
        at + 5 + 2 * count,
    )
    for which in range(count):
        mask, other = code[at + 2 + which], code[at + 3 - which] if count == 2 else 0
        index = code[at + 4 + count + which]
        x, z = zero, zero
        if general:
            x, y, z = back_turn(code, basis, place, free, mask, other, index, rotations, re, im, lre, lim)
        else:
            y = back_turn_real(code, basis, place, free, mask, other, index, rotations, re, lre)
            if len(im) > 0:
                y = y + back_turn_real(code, basis, place, free, mask, other, index, rotations, im, lim)
        along_chain(x, y, z, chain[index, 0], chain[index, 1], factors, trig, slopes)


@inner
def _to_inputs(
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
                product = slope * splat(numbers[n_angles + term])
                for other in range(begin_, end):
                    factor = terms[ids + other]
                    if other == place:
                        continue
                    if factor >= 0:
                        product = product * load(columns, factor * LANES)
                    else:
                        product = product * splat(weights[-1 - factor])
                factor = terms[ids + place]
                if factor < 0:
                    if len(of_weights):
                        of_weights[block, -1 - factor] += total(product)
                elif len(of_latent):
                    store(wide, 0, product)
                    for lane in range(rows):
                        of_latent[row + lane, factor] += wide[lane]
