"""Expectation values of Pauli words, as the kernels read them out."""

__all__ = ["Words", "compiled_words", "placed"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qgan._typing import AnyArray
from qgan.backends.batched.diagonal import operations
from qgan.backends.batched.frame import Frame, Parity
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.places import places_where


@dataclass(frozen=True)
class Words:
    """Where each word is found.

    Attributes:
        diagonal: Operations on a table of probabilities, see `diagonal`: they gather a number for each slot.
        picks: Of each word that has one its column, its slot and whether its sign changes; slot -1 is nothing.
        mixed: The others: column, free directions, a place where the sign is plus and one where it is minus (or -1),
            the mask, the directions; and where each of them begins.
        n_mixed: How many of those.
        n_slots: Numbers that are gathered.
    """

    diagonal: AnyArray
    picks: AnyArray
    mixed: AnyArray
    n_mixed: int
    n_slots: int


def compiled_words(frame: Frame, words: Sequence[dict[int, str]], *, real: bool) -> Words:
    """The words, wires to letters, at the end of a circuit.

    Args:
        frame: At the end.
        words: In the order in which they are read out.
        real: Whether all amplitudes are.
    """
    slots: dict[int, int] = {}
    picks: list[tuple[int, int, int]] = []
    mixed: list[int] = []
    offsets: list[int] = []
    imaginary = Parity(1 << len(frame.masks))
    for column, word in enumerate(words):
        mask, parity, ys = placed(frame, word)
        if ys % 2:
            # i times a real matrix that is not symmetric: it takes real parts to imaginary ones, and those back.
            mask, parity = mask | imaginary.mask, parity + imaginary
        if ys % 4 in (2, 3):
            parity = parity.turned()
        if not mask:
            picks.append((column, slots.setdefault(parity.mask, len(slots)), parity.flip))
        elif real and ys % 2:
            picks.append((column, -1, 0))
        else:
            offsets.append(len(mixed))
            mixed += _code(column, mask, parity, len(frame.masks) + (not real))
    made = operations([(Parity(mask), slot) for mask, slot in slots.items()], len(frame.masks)) if slots else []
    return Words(
        diagonal=np.array(made, dtype=np.int64).reshape(-1, 5),
        picks=np.array(picks, dtype=np.int64).reshape(-1, 3),
        mixed=np.array([*mixed, *offsets], dtype=np.int64),
        n_mixed=len(offsets),
        n_slots=len(slots),
    )


def placed(frame: Frame, word: dict[int, str]) -> tuple[int, Parity, int]:
    """On places: the mask, the parity, the number of Y."""
    mask, parity, ys = 0, Parity(0), 0
    for wire, letter in word.items():
        if letter in "XY":
            mask ^= frame.masks[wire]
        if letter in "YZ":
            parity += frame.parities[wire]
        ys += letter == "Y"
    return mask, parity + frame.twist(mask), ys


def _code(column: int, mask: int, parity: Parity, bits: int) -> list[int]:
    # Of two places that belong together one is enough.
    first = Parity(mask & -mask).turned()
    if parity.mask:
        plus, basis = places_where([first, parity.turned()], bits)
        minus, _ = places_where([first, parity], bits)
        return [column, len(basis), plus * LANES, minus * LANES, mask * LANES, *(LANES * each for each in basis)]
    place, basis = places_where([first], bits)
    plus, minus = (-1, place * LANES) if parity.flip else (place * LANES, -1)
    return [column, len(basis), plus, minus, mask * LANES, *(LANES * each for each in basis)]
