"""Which passes are done part by part of a large state, so that it goes through the caches less often.

All pairs of some rotations lie in cosets of the span of their masks. Such a coset is copied to where it stays near, all
of the rotations are done on it, and it is copied back.
"""

__all__ = ["RUN", "SHARES", "SPAN", "Group", "Span", "coset_code", "grouped"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from qgan.backends.batched.frame import Parity, even
from qgan.backends.batched.gates import Rotation
from qgan.backends.batched.places import places_where
from qgan.backends.batched.schedule import Pass, Turns

# Bits of a place from which on that pays, and bits of a coset: two states of so many places fit into the first caches.
LARGE, SPAN = 16, 10
# Into so many shares the cosets of a pass are counted out, each of which adds up slopes of its own: whoever does them.
SHARES = 16
# Lowest bits, in which places lie side by side: they are always in a coset.
RUN = 3


class Span:
    """The places that are reached by some masks, in coordinates of their own.

    Each vector of its basis has a bit that no other one has: so a place's coordinates are some of its bits, and the
    remaining bits tell the coset.

    Args:
        masks: They and the lowest bits span it: what lies side by side is copied together.
    """

    def __init__(self, masks: Sequence[int]) -> None:
        rows: list[int] = []
        for mask in (*(1 << bit for bit in range(RUN)), *masks):
            for row in rows:
                mask ^= row if mask & _pivot(row) else 0
            if mask:
                rows = [row ^ mask if row & _pivot(mask) else row for row in rows]
                rows.append(mask)
        self.basis = sorted(rows, key=_pivot)

    def __len__(self) -> int:
        return len(self.basis)

    def coordinates(self, mask: int) -> int:
        """Of a mask that is in it."""
        return sum(1 << index for index, row in enumerate(self.basis) if mask & _pivot(row))

    def restricted(self, parity: Parity) -> int:
        """The mask of a parity as coordinates see it."""
        return sum(1 << index for index, row in enumerate(self.basis) if not even(row, parity.mask))

    def cosets(self, bits: int) -> list[int]:
        """Masks by which one coset is reached from another."""
        pivots = sum(map(_pivot, self.basis))
        return [1 << bit for bit in range(bits) if not pivots >> bit & 1]


@dataclass
class Group:
    """Passes of rotations that are done coset by coset."""

    passes: list[Turns]
    span: Span


Grouped: TypeAlias = Pass | Group


def grouped(passes: Sequence[Pass], bits: int) -> list[Grouped]:
    """Puts neighbours together, as many as there is room for."""
    found: list[Grouped] = []
    open_: list[Turns] = []

    def close() -> None:
        if len(open_) > 1:
            found.append(Group(list(open_), Span(_masks(open_))))
        else:
            found.extend(open_)
        open_.clear()

    for step in passes:
        if bits < LARGE or not isinstance(step, Turns):
            close()
            found.append(step)
            continue
        if len(Span(_masks([*open_, step]))) > SPAN:
            close()
        open_.append(step)
    close()
    return found


def coset_code(rotations: Sequence[Rotation], span: Span) -> tuple[list[int], list[tuple[int, int, int]], list[int]]:
    """How the places of a pass are found in a coset.

    Returns:
        Directions; of each parity that can be mended its mask, its flip and what mends it; and the mask, the flip and
        the restriction of each that cannot, without which there is nothing to be done: all flips so that 0 is right.
    """
    conditions = [*(rotation.level for rotation in rotations), *(each.turned() for each in rotations[0].where)]
    mended: list[Parity] = []
    left: list[Parity] = []
    for parity in conditions:
        restricted = [Parity(span.restricted(each)) for each in (*mended, parity)]
        (mended if _independent([each.mask for each in restricted]) else left).append(parity)
    local = [Parity(span.restricted(each)) for each in mended]
    fixes = []
    for index, parity in enumerate(mended):
        only = [each if other == index else each.turned() for other, each in enumerate(local)]
        fixes.append((parity.mask, parity.flip, places_where(only, len(span))[0]))
    _, basis = places_where(local, len(span))
    checks = [number for each in left for number in (each.mask, each.flip, span.restricted(each))]
    return basis, fixes, checks


def _pivot(mask: int) -> int:
    return mask & -mask


def _masks(passes: Sequence[Turns]) -> list[int]:
    return [rotation.mask for step in passes for rotation in step.rotations]


def _independent(masks: Sequence[int]) -> bool:
    rows: list[int] = []
    for mask in masks:
        for row in rows:
            mask = min(mask, mask ^ row)
        if not mask:
            return False
        rows.append(mask)
    return True
