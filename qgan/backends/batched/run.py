"""The two kernels that Python calls: blocks of eight rows from latents to a read-out, and from its cotangent back.

Whatever the number of threads, each block is done by one of them in the same way, and leaves its share of the slopes of
the weights in a place of its own.
"""

__all__ = ["NOTHING", "PROBABILITIES", "STATES", "WORDS", "pull", "push"]

from typing import Any

from qgan.backends.batched.facts import (
    BATCH,
    END_STEP,
    FIRST_PASS,
    FIRST_STEP,
    KIND,
    N_ANGLES,
    N_BITS,
    N_MIXED,
    N_PARTS,
    N_PASSES,
    N_SHARED,
    N_WIRES,
    SIZE,
    STRIDE,
)
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import inner, kernel
from qgan.backends.batched.phases import make_shared
from qgan.backends.batched.plan import PHASES
from qgan.backends.batched.prepare import angles, begin, chains, gather
from qgan.backends.batched.products import outer, product
from qgan.backends.batched.readouts import probabilities, pull_probabilities, pull_states, pull_words, words
from qgan.backends.batched.slopes import along_chain, contracted, to_inputs
from qgan.backends.batched.vectors import load, splat, store
from qgan.backends.batched.walk import backwards, forwards

# What is read out.
NOTHING, PROBABILITIES, WORDS, STATES = range(4)


@kernel
def push(
    facts: Any, terms: Any, numbers: Any, chain: Any, factors: Any, code: Any, diagonal: Any, tables: Any, places: Any,
    parities: Any, picks: Any, mixed: Any, latent: Any, weights: Any, initial: Any, begins: Any, ends: Any, kept: Any,
    columns: Any, trig: Any, upright: Any, rotations: Any, shared: Any, phases: Any, spare: Any, cosets: Any,
    started: Any, carried: Any, matrices: Any, states: Any, out: Any,
) -> Any:  # fmt: skip
    """Runs blocks ``begins`` to ``ends``. True if all their angles are finite.

    Args:
        facts: Numbers; `facts` says which.
        terms: Which products of latents and weights make which angle.
        numbers: Their coefficients.
        chain: Of rotations that each bit begins with: the first factor, the one after the last, whether it has no
            latents.
        factors: Axis and angle of each.
        code: The passes, and where each of them begins.
        diagonal: Operations that make tables of phases.
        tables: Signs and matrices.
        places: Where the amplitude of each logical basis state is.
        parities: Words, see there: what is gathered from probabilities.
        picks: Which words are such numbers.
        mixed: The other words.
        latent: Shape (rows, latents).
        weights: Shape (sets, weights).
        initial: Shape (1 or rows, 2, states): a state to begin with, in the order of its places, or no rows.
        kept: Whether every block has a state of its own in ``states``, or all share one.
        columns: Space for latents, and for one more.
        trig: For cosines, sines and tangents.
        upright: For whether cosines are not small.
        rotations: For the chains.
        shared: For tables of phases that serve all rows, shape (tables, 2, states).
        phases: For those of eight rows, shape (2, numbers).
        spare: For a few vectors.
        cosets: For two parts of a state.
        started: For one state.
        carried: What calls for some steps leave to the next.
        matrices: For each set one that does what all passes do, see `products`; or no rows, and passes are taken.
        states: For real parts and, unless all is real, imaginary ones of each block.
        out: Row after row of the read-out, in which set follows upon set.
    """
    batch, stride, kind = facts[BATCH], facts[STRIDE], facts[KIND]
    size, half, per_set, done, fine = LANES << facts[N_BITS], LANES << facts[N_WIRES], -(-batch // LANES), -1, True
    for block in range(begins, ends):
        which, at = block // per_set, block % per_set * LANES
        rows, row = min(LANES, batch - at), which * batch + at
        fine &= _prepare(
            facts, terms, numbers, chain, factors, code, diagonal, latent, stride * which + at, rows, weights[which],
            which != done, columns, trig, upright, rotations, shared,
        )  # fmt: skip
        done = which
        first = block * size if kept else 0
        state = states[first : first + size]
        re, im = state[:half], state[half:]
        if len(matrices):
            begin(rotations, started[:half], started[half:size])
            product(matrices[which], started, state)
        else:
            if facts[FIRST_STEP] == 0:
                if len(initial):
                    _load_states(initial, row, rows, re, im)
                else:
                    begin(rotations, re, im)
            forwards(
                facts, code, diagonal, tables, trig, upright, shared, phases, spare, cosets, carried, state, re, im
            )  # fmt: skip
        if facts[END_STEP] < facts[N_PASSES] + 2:
            continue
        if kind == PROBABILITIES:
            probabilities(places, re, im, row, rows, out)
        elif kind == WORDS:
            words(parities, picks, mixed, facts[N_MIXED], row, rows, state, re, im, phases[0], spare, facts[SIZE], out)
    return fine


@kernel
def pull(
    facts: Any, terms: Any, numbers: Any, chain: Any, factors: Any, code: Any, diagonal: Any, tables: Any, places: Any,
    parities: Any, picks: Any, mixed: Any, latent: Any, weights: Any, begins: Any, ends: Any, columns: Any, trig: Any,
    upright: Any, rotations: Any, shared: Any, phases: Any, spare: Any, cosets: Any, started: Any, carried: Any,
    matrices: Any, states: Any, lam: Any, slopes: Any, wide: Any, wanted: Any, last: Any, cotangent: Any, sign: Any,
    of_latent: Any, of_weights: Any, of_matrices: Any,
) -> None:  # fmt: skip
    """The slopes of a cost by latents and weights, from its cotangent by the read-out.

    Args:
        matrices: The transposes of what :func:`push` had.
        states: Those that :func:`push` kept; they are used up.
        lam: Space for one state.
        slopes: Space for those of the angles, for each share of cosets.
        wide: Space for one vector.
        wanted: For each angle whether its slope is wanted.
        last: The earliest pass that has one, or -1 where the start has.
        cotangent: Row after row of the read-out; or lambda where states are read out, its parts side by side.
        sign: Of each logical basis state's amplitude, 1 or -1.
        of_latent: Shape (all rows, latents), or no rows where they are not wanted.
        of_weights: Shape (blocks, weights), or no rows.
        of_matrices: By the transposes, shape (shares of all sets, numbers): the shares of a set have equal runs of its
            blocks, and are added to.
    """
    batch, stride, kind, shares = facts[BATCH], facts[STRIDE], facts[KIND], facts[N_PARTS]
    size, half, per_set, done = LANES << facts[N_BITS], LANES << facts[N_WIRES], -(-batch // LANES), -1
    for block in range(begins, ends):
        which, at = block // per_set, block % per_set * LANES
        rows, row = min(LANES, batch - at), which * batch + at
        _prepare(
            facts, terms, numbers, chain, factors, code, diagonal, latent, stride * which + at, rows, weights[which],
            which != done, columns, trig, upright, rotations, shared,
        )  # fmt: skip
        done = which
        psi = states[block * size : (block + 1) * size]
        re, im, lre, lim = psi[:half], psi[half:], lam[:half], lam[half:]
        if facts[END_STEP] == facts[N_PASSES] + 2:
            slopes[:] = 0
        if facts[END_STEP] < facts[N_PASSES] + 2:
            pass
        elif kind == PROBABILITIES:
            pull_probabilities(places, cotangent, row, rows, re, im, lre, lim)
        elif kind == WORDS:
            pull_words(
                parities, picks, mixed, facts[N_MIXED], cotangent, row, rows, psi, re, im, lam, lre, lim, phases[0],
                spare, facts[SIZE],
            )  # fmt: skip
        else:
            pull_states(cotangent, places, sign, row, rows, lre, lim)
        if len(matrices):
            begin(rotations, started[:half], started[half:size])
            if len(of_matrices):
                share = which * shares + ((block % per_set + 1) * shares - 1) // per_set
                outer(lam, started, of_matrices[share])
            # What there was at the end is needed no more; what there was at the beginning is.
            product(matrices[which], lam, psi)
            re, im, lre, lim = started[:half], started[half:size], psi[:half], psi[half:]
            length = splat(psi.dtype.type(1))
        else:
            length = backwards(
                facts, code, diagonal, tables, trig, upright, shared, phases, spare, cosets, carried, psi, re, im, lam,
                lre, lim, slopes, max(last, 0),
            )  # fmt: skip
        if facts[FIRST_STEP] > 0:
            continue
        all_slopes = slopes[0]
        for share in range(1, len(slopes)):
            for place in range(0, len(all_slopes), LANES):
                store(all_slopes, place, load(all_slopes, place) + load(slopes[share], place))
        if last < 0:
            for bit in range(facts[N_WIRES] - 1, -1, -1):
                x, y, z = contracted(bit, rotations, re, im, lre, lim)
                if chain[bit, 1] > chain[bit, 0]:
                    x, y, z = length * x, length * y, length * z
                    along_chain(x, y, z, chain[bit, 0], chain[bit, 1], factors, trig, all_slopes)
        to_inputs(
            terms, numbers, facts[N_ANGLES], wanted, all_slopes, wide, columns, weights[which], row, rows, block,
            of_latent, of_weights,
        )  # fmt: skip


@inner
def _prepare(
    facts: Any, terms: Any, numbers: Any, chain: Any, factors: Any, code: Any, diagonal: Any, latent: Any, first: Any,
    rows: Any, weights: Any, fresh: Any, columns: Any, trig: Any, upright: Any, rotations: Any, shared: Any,
) -> Any:  # fmt: skip
    n_angles, n_shared, first_pass, n_passes = facts[N_ANGLES], facts[N_SHARED], facts[FIRST_PASS], facts[N_PASSES]
    gather(latent, first, rows, columns)
    fine = angles(
        terms, numbers, n_angles, 0 if fresh else n_shared, n_angles, columns, weights, trig, upright
    )  # fmt: skip
    chains(chain, factors, fresh, trig, rotations)
    low, high = max(facts[FIRST_STEP], 1) - 1, min(facts[END_STEP], n_passes + 1) - 1
    for index in range(low, high if fresh and len(shared) else low):
        at = code[first_pass + index]
        if code[at] == PHASES and code[at + 3] >= 0:
            table = shared[code[at + 3]]
            make_shared(diagonal, code[at + 1], code[at + 2], trig, table[0], table[1])
    return fine


@inner
def _load_states(initial: Any, first: Any, rows: Any, re: Any, im: Any) -> None:
    for lane in range(LANES):
        row = 0 if len(initial) == 1 else first + min(lane, rows - 1)
        for place in range(len(re) // LANES):
            re[place * LANES + lane] = initial[row, 0, place]
            if len(im):
                im[place * LANES + lane] = initial[row, 1, place]
