"""What circuits are made of when they are compiled: real rotations, signs and matrices on places of a state vector.

A complex state of n wires is a real vector on n + 1 bits: bit n of a place is 0 for real parts, 1 for imaginary ones. A
rotation about any Pauli word is then a real rotation of pairs of places, and one about Z, which never mixes places of n
bits, is one whose mask is that bit alone.
"""

__all__ = ["Angle", "Gates", "Matrix", "Rotation", "Signs", "Step", "X", "Y", "Z"]

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from qgan._typing import ComplexArray
from qgan.backends.batched.frame import Frame, Parity

X, Y, Z = "XYZ"


class Angle(NamedTuple):
    """``offset + scale * parameter`` in radians, or the offset alone."""

    offset: float
    scale: float = 0.0
    parameter: int = -1

    def times(self, share: float) -> "Angle":
        """A multiple of it."""
        return Angle(share * self.offset, share * self.scale, self.parameter)


@dataclass
class Rotation:
    r"""A real rotation by half an angle of each pair of places (a, a ^ mask), where ``level`` of a is 0.

    .. math:: a' = \cos\tfrac\theta2 a - \sin\tfrac\theta2 b, \qquad b' = \sin\tfrac\theta2 a + \cos\tfrac\theta2 b

    Attributes:
        mask: What takes one place to the other.
        level: Which of the two a place is.
        where: All these must be 1; elsewhere nothing happens.
        angles: Whose sum is the angle.
    """

    mask: int
    level: Parity
    where: tuple[Parity, ...]
    angles: list[Angle]


@dataclass
class Signs:
    """A change of sign where all parities of a term are 1; of several terms, one for each."""

    terms: list[tuple[Parity, ...]]


@dataclass
class Matrix:
    """A fixed matrix on several wires, the first the most significant.

    Attributes:
        masks: Of its wires.
        levels: Likewise.
        values: Shape (2**wires, 2**wires), complex.
    """

    masks: tuple[int, ...]
    levels: tuple[Parity, ...]
    values: ComplexArray


Step: TypeAlias = Rotation | Signs | Matrix


@dataclass
class Gates:
    """A circuit in those terms.

    Attributes:
        frame: At the end.
        steps: In order.
        phase: Of the whole state, radians: a sum.
    """

    frame: Frame
    steps: list[Step] = field(default_factory=list)
    phase: list[Angle] = field(default_factory=list)

    @property
    def imaginary(self) -> int:
        """The bit of imaginary parts."""
        return 1 << len(self.frame.masks)

    def turn(self, axis: str, wire: int, angle: Angle, where: tuple[Parity, ...] = ()) -> None:
        """A rotation of a wire, where all those parities are 1."""
        self.turn_word([wire], axis, angle, where)

    def turn_word(self, wires: Sequence[int], word: str, angle: Angle, where: tuple[Parity, ...] = ()) -> None:
        """A rotation about a Pauli word, where all those parities are 1."""
        frame, mask, parity, ys = self.frame, 0, Parity(0), 0
        for wire, letter in zip(wires, word, strict=True):
            if letter in "XY":
                mask ^= frame.masks[wire]
            if letter in "YZ":
                parity += frame.parities[wire]
            ys += letter == "Y"
        # The word is i**ys X**mask Z**parity.
        self.rotate(mask, parity, angle.times(1.0 if ys % 4 in (0, 1) else -1.0), where, real=ys % 2 == 1)

    def turn_parity(self, parity: Parity, angle: Angle) -> None:
        """A rotation about the product of Z on some wires."""
        self.rotate(0, parity, angle, (), real=False)

    def rotate(self, mask: int, parity: Parity, angle: Angle, where: tuple[Parity, ...], *, real: bool) -> None:
        """A rotation about i X**mask Z**parity, which is real, or about X**mask Z**parity."""
        level = parity + self.frame.twist(mask)
        if real:
            self.steps.append(Rotation(mask, level, where, [angle]))
        elif not mask and not level.mask and not where:
            # Only identities: a phase.
            self.phase.append(angle.times(0.5 if level.flip else -0.5))
        else:
            bit = self.imaginary
            self.steps.append(Rotation(mask | bit, (level + Parity(bit)).turned(), where, [angle]))

    def sign(self, *where: Parity) -> None:
        """A change of sign where all are 1."""
        if len(where) <= 2:
            self.frame.sign(*where)
        else:
            self.steps.append(Signs([where]))

    def flip(self, mask: int, level: Parity, where: tuple[Parity, ...]) -> None:
        """X of a two-level system where all are 1; with Z before it, it is a real rotation."""
        self.sign(level, *where)
        self.rotate(mask, level, Angle(math.pi), where, real=True)

    def matrix(self, wires: Sequence[int], values: ComplexArray) -> None:
        """A fixed matrix on those wires."""
        if self.frame.signs:
            # It would mix what has different signs.
            self.steps.append(Signs(self.frame.signs))
            self.frame.signs = []
        masks, levels = self.frame.masks, self.frame.parities
        self.steps.append(Matrix(tuple(masks[each] for each in wires), tuple(levels[each] for each in wires), values))
