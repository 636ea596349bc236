"""Where a basis state's amplitude lies: CNOT, SWAP and X move no data, they change where it is looked for.

The amplitude of the logical basis state j lies at k = M j + c, with bits for numbers modulo 2. A wire's bit is then the
parity of some bits of k (:class:`Parity`), and to flip that bit is to flip some bits of k (a mask).
"""

__all__ = ["Frame", "Parity", "even"]

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


def even(mask: int, other: int) -> bool:
    """Whether two masks have an even number of bits in common."""
    return (mask & other).bit_count() % 2 == 0


class Frame:
    """The frame of a state vector; at first bit n - 1 - q of a place is wire q.

    Args:
        n_wires: How many.
    """

    def __init__(self, n_wires: int) -> None:
        units = [1 << (n_wires - 1 - wire) for wire in range(n_wires)]
        self.masks = list(units)
        self.parities = [Parity(unit) for unit in units]

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

    def places(self) -> AnyArray:
        """Where the amplitude of each logical basis state lies, int64, wire 0 the most significant bit of the state."""
        # Bit q of the logical state is parity q of the place: where all bits are 0, the place is c.
        places = np.array([self._origin()], dtype=np.int64)
        for mask in self.masks:
            places = np.stack([places, places ^ mask], axis=-1).ravel()
        return places

    def _origin(self) -> int:
        place = 0
        for mask, parity in zip(self.masks, self.parities, strict=True):
            place ^= mask if parity.flip else 0
        return place
