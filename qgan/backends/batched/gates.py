"""What circuits are made of when they are compiled: rotations, signs and matrices on places of a state vector."""

__all__ = ["Angle", "Gates", "Matrix", "Rotation", "Signs", "Step", "X", "Y", "Z"]

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from qgan._typing import ComplexArray
from qgan.backends.batched.frame import Frame, Parity

X, Y, Z = 0, 1, 2


class Angle(NamedTuple):
    """``offset + scale * parameter`` in radians, or the offset alone."""

    offset: float
    scale: float = 0.0
    parameter: int = -1


@dataclass
class Rotation:
    r"""Rotations :math:`e^{-i\theta P/2}` one after the other about X, Y or Z of a two-level system.

    Attributes:
        mask: What takes one level to the other.
        level: Which level a place is.
        where: All these must be 1; elsewhere nothing happens.
        turns: Axes and angles in order.
    """

    mask: int
    level: Parity
    where: tuple[Parity, ...]
    turns: list[tuple[int, Angle]]

    @property
    def diagonal(self) -> bool:
        """Whether all turns are about Z."""
        return all(axis == Z for axis, _ in self.turns)

    @property
    def moves(self) -> tuple[int, ...]:
        """The masks by which amplitudes are mixed."""
        return () if self.diagonal else (self.mask,)

    @property
    def looks(self) -> tuple[int, ...]:
        """The masks of all parities that matter."""
        return (self.level.mask, *(parity.mask for parity in self.where))


@dataclass
class Signs:
    """A change of sign where all parities of a term are 1; of several terms, one for each."""

    terms: list[tuple[Parity, ...]]

    @property
    def moves(self) -> tuple[int, ...]:
        """Nothing is mixed."""
        return ()

    @property
    def looks(self) -> tuple[int, ...]:
        """The masks of all parities that matter."""
        return tuple(parity.mask for term in self.terms for parity in term)


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

    @property
    def moves(self) -> tuple[int, ...]:
        """The masks by which amplitudes are mixed."""
        return self.masks

    @property
    def looks(self) -> tuple[int, ...]:
        """The masks of all parities that matter."""
        return tuple(level.mask for level in self.levels)


Step: TypeAlias = Rotation | Signs | Matrix


@dataclass
class Gates:
    """A circuit in those terms.

    Attributes:
        steps: In order.
        frame: At the end.
        phase: Of the whole state, radians: a sum.
    """

    frame: Frame
    steps: list[Step] = field(default_factory=list)
    phase: list[Angle] = field(default_factory=list)

    def turn(self, axis: int, wire: int, angle: Angle, where: tuple[Parity, ...] = ()) -> None:
        """A rotation of a wire, where all those parities are 1."""
        self.steps.append(Rotation(self.frame.masks[wire], self.frame.parities[wire], where, [(axis, angle)]))

    def turn_parity(self, parity: Parity, angle: Angle) -> None:
        """A rotation about the product of Z on some wires."""
        bit = parity.mask & -parity.mask
        self.steps.append(Rotation(bit, parity, (), [(Z, angle)]))

    def sign(self, *where: Parity) -> None:
        """A change of sign where all are 1."""
        self.steps.append(Signs([where]))

    def flip(self, mask: int, level: Parity, where: tuple[Parity, ...]) -> None:
        """X of a two-level system where all are 1; with Z before it, it is a real rotation."""
        self.sign(level, *where)
        self.steps.append(Rotation(mask, level, where, [(Y, Angle(math.pi))]))

    def turn_word(self, wires: Sequence[int], word: str, angle: Angle) -> None:
        """A rotation about a Pauli word."""
        frame, mask, parity, ys = self.frame, 0, Parity(0), 0
        for wire, letter in zip(wires, word, strict=True):
            if letter in "XY":
                mask ^= frame.masks[wire]
            if letter in "YZ":
                parity += frame.parities[wire]
            ys += letter == "Y"
        # The word is i**ys X**mask Z**parity.
        sign = 1.0 if ys % 4 in (0, 1) else -1.0
        signed = Angle(angle.offset * sign, angle.scale * sign, angle.parameter)
        if not mask and not parity.mask:
            # Only identities: a phase.
            self.phase.append(Angle(-signed.offset / 2, -signed.scale / 2, signed.parameter))
        elif not mask:
            self.turn_parity(parity, signed)
        elif ys % 2:
            self.steps.append(Rotation(mask, parity, (), [(Y, signed)]))
        else:
            level = Parity(mask & -mask)
            opposite = Angle(-signed.offset, -signed.scale, signed.parameter)
            if not parity.mask:
                self.steps.append(Rotation(mask, level, (), [(X, opposite if parity.flip else signed)]))
            else:
                self.steps.append(Rotation(mask, level, (parity.turned(),), [(X, signed)]))
                self.steps.append(Rotation(mask, level, (parity,), [(X, opposite)]))
