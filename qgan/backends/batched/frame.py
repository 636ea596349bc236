"""Where a basis state's amplitude lies, and with what sign.

CNOT, SWAP, X, CZ and Z move no data: they change where an amplitude is looked for, and its sign. The amplitude of the
logical basis state j lies at k = M j + c, with bits for numbers modulo 2, and has there the sign of a quadratic
polynomial of the bits of k. A wire's bit is then the parity of some bits of k (:class:`Parity`), to flip that bit is to
flip some bits of k (a mask), and in doing so signs change where another parity of k is 1 (:meth:`Frame.twist`).
"""

__all__ = ["Frame", "Parity", "even", "signs_of"]

from typing import NamedTuple

import numpy as np

from qgan._typing import AnyArray


class Parity(NamedTuple):
    """The parity of the bits of a place that ``mask`` picks, turned over where ``flip`` is 1."""

    mask: int
    flip: int = 0

    def __add__(self, other: "Parity") -> "Parity":  # type: ignore[override]
        return Parity(self.mask ^ other.mask, self.flip ^ other.flip)

    def turned(self) -> "Parity":
        """Its opposite."""
        return Parity(self.mask, self.flip ^ 1)

    def of(self, place: int) -> int:
        """0 or 1."""
        return ((self.mask & place).bit_count() ^ self.flip) & 1

    def ofs(self, places: AnyArray) -> AnyArray:
        """0 or 1 of each."""
        return (np.bitwise_count(places & self.mask) & 1) ^ self.flip


def even(mask: int, other: int) -> bool:
    """Whether two masks have an even number of bits in common."""
    return (mask & other).bit_count() % 2 == 0


class Frame:
    """The frame of a state vector; at first bit n - 1 - q of a place is wire q, and there are no signs.

    Args:
        n_wires: How many.

    Attributes:
        masks: Of each wire, what flips it.
        parities: Of each wire, what its bit is.
        signs: Terms of one or two parities: of each the sign changes where all its parities are 1.
    """

    def __init__(self, n_wires: int) -> None:
        units = [1 << (n_wires - 1 - wire) for wire in range(n_wires)]
        self.masks = list(units)
        self.parities = [Parity(unit) for unit in units]
        self.signs: list[tuple[Parity, ...]] = []

    def x(self, wire: int) -> None:
        """Flips the wire."""
        self.parities[wire] = self.parities[wire].turned()

    def cnot(self, control: int, target: int) -> None:
        """Flips the target where the control is 1."""
        self.parities[target] += self.parities[control]
        self.masks[control] ^= self.masks[target]

    def swap(self, first: int, second: int) -> None:
        """Exchanges two wires."""
        for table in (self.masks, self.parities):
            table[first], table[second] = table[second], table[first]  # type: ignore[index]

    def sign(self, *term: Parity) -> None:
        """Changes the sign where all of one or two parities are 1."""
        term = tuple(sorted(term))
        # Twice the same is nothing.
        self.signs.remove(term) if term in self.signs else self.signs.append(term)

    def twist(self, mask: int) -> Parity:
        """Where it is 1, a place and the one across ``mask`` have opposite signs."""
        twist = Parity(0)
        for first, *rest in self.signs:
            across = not even(first.mask, mask)
            if not rest:
                twist = twist.turned() if across else twist
                continue
            also = not even(rest[0].mask, mask)
            twist += rest[0] if across else Parity(0)
            twist += first if also else Parity(0)
            twist = twist.turned() if across and also else twist
        return twist

    def places(self) -> AnyArray:
        """Where the amplitude of each logical basis state lies, int64, wire 0 the most significant bit of the state."""
        # Bit q of the logical state is parity q of the place: where all bits are 0, the place is c.
        places = np.array([self._origin()], dtype=np.int64)
        for mask in self.masks:
            places = np.stack([places, places ^ mask], axis=-1).ravel()
        return places

    def sign_of(self, places: AnyArray) -> AnyArray:
        """1.0 or -1.0 of each place."""
        return signs_of(self.signs, places)

    def _origin(self) -> int:
        place = 0
        for mask, parity in zip(self.masks, self.parities, strict=True):
            place ^= mask if parity.flip else 0
        return place


def signs_of(terms: list[tuple[Parity, ...]], places: AnyArray) -> AnyArray:
    """1.0 or -1.0 of each place: a change for each term whose parities are all 1."""
    odd = np.zeros_like(places)
    for term in terms:
        odd ^= np.prod([parity.ofs(places) for parity in term], axis=0, dtype=places.dtype)
    return 1.0 - 2.0 * odd
