"""A layer of rotations about products of Z as one table of phases, made by doubling.

The phases of places that differ in one bit only share those of all parities that do not look at that bit, and have
conjugate ones of those that do. So a table is made of two of half its size, bit by bit; and its mirror image, done
backwards, gathers what each parity picks out of a table of numbers, as a fast Walsh-Hadamard transform does.
"""

__all__ = ["BOTH", "CONJUGATE", "COPY", "FILL", "LIFT", "operations"]

from collections.abc import Sequence
from typing import TypeAlias

from qgan.backends.batched.frame import Parity

# All from one phase; two tables made of one and a phase; two of two; of one its copy; of one its conjugate.
FILL, LIFT, BOTH, COPY, CONJUGATE = range(5)

Operation: TypeAlias = tuple[int, int, int, int, int]
"""Kind, first place, how many places (in FILL) or in one half, angle and whether it is turned round, or -1 and 0."""


def operations(terms: Sequence[tuple[Parity, int]], n_wires: int) -> list[Operation]:
    """What makes exp(-i/2 sum of +-angles) of 2**n_wires places, + where a parity is 0.

    Args:
        terms: Parities, of different masks, and the numbers of their angles.
        n_wires: Bits of a place.
    """
    return _made([(parity.mask, parity.flip, angle) for parity, angle in terms], n_wires, 0)


def _made(terms: list[tuple[int, int, int]], bits: int, first: int) -> list[Operation]:
    if not terms[0][0] and len(terms) == 1:
        _, flip, angle = terms[0]
        return [(FILL, first, 1 << bits, angle, flip)]
    half = 1 << (bits - 1)
    same = [term for term in terms if not term[0] & half]
    other = [(mask ^ half, flip, angle) for mask, flip, angle in terms if mask & half]
    if not other:
        return [*_made(same, bits - 1, first), (COPY, first, half, -1, 0)]
    if not same:
        return [*_made(other, bits - 1, first), (CONJUGATE, first, half, -1, 0)]
    if len(other) == 1 and not other[0][0]:
        _, flip, angle = other[0]
        return [*_made(same, bits - 1, first), (LIFT, first, half, angle, flip)]
    return [*_made(same, bits - 1, first), *_made(other, bits - 1, first + half), (BOTH, first, half, -1, 0)]
