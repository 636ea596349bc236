"""Places at which given parities are 1."""

__all__ = ["places_where"]

from collections.abc import Sequence

from qgan.backends.batched.frame import Parity


def places_where(conditions: Sequence[Parity], bits: int) -> tuple[int, list[int]]:
    """One place where all parities are 1, and masks by which all others are reached from it."""
    rows: list[list[int]] = []
    for mask, flip in conditions:
        value = flip ^ 1
        for pivot, other, known in rows:
            if mask & pivot:
                mask, value = mask ^ other, value ^ known
        if not mask:
            # A parity that follows from the others, as they never contradict each other here.
            continue
        pivot = 1 << (mask.bit_length() - 1)
        for row in rows:
            if row[1] & pivot:
                row[1], row[2] = row[1] ^ mask, row[2] ^ value
        rows.append([pivot, mask, value])
    place = sum(pivot for pivot, _, value in rows if value)
    pivots = sum(pivot for pivot, _, _ in rows)
    basis = []
    for bit in range(bits):
        free = 1 << bit
        if not free & pivots:
            basis.append(free | sum(pivot for pivot, mask, _ in rows if mask & free))
    return place, basis
