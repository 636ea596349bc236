"""Which steps are taken together: as one matrix on a few virtual wires, or as one diagonal of the whole state.

A virtual wire is a mask and the parity that it flips. Whatever CNOTs did to the frame, a rotation is one on a virtual
wire, a controlled one is on two, and neighbours that share them become a single matrix.
"""

__all__ = ["Block", "Diagonal", "Group", "grouped"]

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from qgan._typing import ComplexArray
from qgan.backends.batched.frame import Frame, Parity, even, signs_of
from qgan.backends.batched.gates import Matrix, Rotation, Signs, Step
from qgan.backends.batched.on_torch.matrices import Part
from qgan.backends.batched.schedule import FAR, commute, looks, moves

# Virtual wires of a block whose matrix all rows of a set share, and of one whose rows have matrices of their own: these
# take room, and so they are smaller.
SHARED, BY_ROW = 4, 3
# Steps in a block: matrices are multiplied for all blocks at once, and padded to the longest.
MOST = 16


@final
@dataclass
class Diagonal:
    """Rotations about products of Z and changes of sign, in any order."""

    steps: list[Step]

    def take(self, step: Step, *, shared: bool, diagonal: bool) -> bool:  # noqa: ARG002
        """Whether it is one of them; it is then taken in."""
        if diagonal:
            self.steps.append(step)
        return diagonal


@final
class Block:
    """Steps on a few virtual wires: the last of its frame.

    Attributes:
        frame: Of virtual wires.
        shared: Whether no latent is in its angles.
        where: The steps are done only where these are all 1; of a rotation with more conditions than there are wires.
    """

    def __init__(self, n_wires: int) -> None:
        self.frame, self.steps, self.shared = Frame(n_wires), list[Step](), True
        self.where: tuple[Parity, ...] = ()
        self._used, self._imaginary = 0, 1 << n_wires

    @property
    def wires(self) -> int:
        """How many virtual wires its matrix has; some of them may be there for no more than company."""
        if isinstance(self.steps[0], Matrix):
            return len(self.steps[0].masks)
        return min(SHARED if self.shared else BY_ROW, len(self.frame.masks))

    def take(self, step: Step, *, shared: bool, diagonal: bool) -> bool:
        """Whether there is room for the step; it is then taken in."""
        if isinstance(step, Matrix):
            return not self.steps and self._hold(step, limit=len(self.frame.masks))
        if self.where or len(self.steps) == MOST or any(isinstance(other, Matrix) for other in self.steps):
            return False
        both = self.shared and shared
        # A diagonal that does not fit makes a better pass of its own.
        most = SHARED if both else BY_ROW
        limit = min(most, self._used) if diagonal else most
        if self._used > limit:
            return False
        if not self._hold(step, limit=limit):
            if self.steps or not isinstance(step, Rotation):
                return False
            self.where = step.where
            self._hold(step, limit=limit)
        self.shared = both
        return True

    def part(self, step: Rotation | Signs) -> Part:
        """A step as a matrix."""
        places = np.arange(2**self.wires)
        nothing = np.zeros((len(places), len(places)))
        if isinstance(step, Signs):
            return Part(np.diag(signs_of(list(map(self._parities, step.terms)), places)), nothing, nothing, [])
        where = np.ones(len(places))
        for parity in () if self.where else self._parities(step.where):
            where *= parity.ofs(places)
        sine = nothing.astype(np.complex128)
        # What a real rotation does to pairs of a real and an imaginary part is done to amplitudes by a factor of -i.
        unit = -1j if step.mask & self._imaginary else 1.0
        sine[places, places ^ self._mask(step.mask)] = unit * where * (2.0 * self._parity(step.level).ofs(places) - 1.0)
        return Part(np.diag(1.0 - where), np.diag(where), sine, step.angles)

    def matrix(self, step: Matrix) -> ComplexArray:
        """A fixed matrix, on the places of the block's: its own wires may stand in another order."""
        levels = self._parities(step.levels)
        places = [
            sum(level.of(place) << bit for bit, level in enumerate(levels[::-1])) for place in range(2**self.wires)
        ]
        return step.values[np.ix_(places, places)]

    def _hold(self, step: Step, *, limit: int) -> bool:
        frame = Frame(len(self.frame.masks))
        frame.masks, frame.parities = list(self.frame.masks), list(self.frame.parities)
        looked = looks(step)[:1] if self.where else looks(step)
        used = _held(frame, self._used, moves(step), looked)
        if used > limit:
            return False
        self.frame, self._used = frame, used
        self.steps.append(step)
        return True

    def _mask(self, mask: int) -> int:
        wires = reversed(self.frame.parities[-self.wires :])
        return sum(1 << place for place, parity in enumerate(wires) if not even(mask, parity.mask))

    def _parity(self, parity: Parity) -> Parity:
        wires = reversed(self.frame.masks[-self.wires :])
        return Parity(sum(1 << place for place, mask in enumerate(wires) if not even(mask, parity.mask)), parity.flip)

    def _parities(self, parities: Sequence[Parity]) -> tuple[Parity, ...]:
        return tuple(map(self._parity, parities))


Group: TypeAlias = Block | Diagonal


def grouped(steps: Sequence[Step], n_wires: int, *, shared: Callable[[Step], bool]) -> list[Group]:
    """The passes over the state.

    Args:
        steps: In order.
        n_wires: How many.
        shared: Whether no latent is in a step's angles.
    """
    groups: list[Group] = []
    for step in steps:
        diagonal = isinstance(step, Signs) or (isinstance(step, Rotation) and step.mask == 1 << n_wires)
        if not _taken_in(groups, step, shared=shared(step), diagonal=diagonal):
            groups.append(Diagonal([]) if diagonal else Block(n_wires))
            groups[-1].take(step, shared=shared(step), diagonal=diagonal)
    return groups


def _taken_in(groups: list[Group], step: Step, *, shared: bool, diagonal: bool) -> bool:
    for group in reversed(groups[-FAR:]):
        if group.take(step, shared=shared, diagonal=diagonal):
            return True
        if not all(commute(other, step) for other in group.steps):
            return False
    return False


def _held(frame: Frame, used: int, moves: Sequence[int], looks: Sequence[int]) -> int:
    """Turns the frame until those masks are on its last wires only, of which ``used`` stay what they are; how many."""
    n_wires = len(frame.masks)
    for mask in moves:
        free = [wire for wire in range(n_wires - used) if not even(mask, frame.parities[wire].mask)]
        if not free:
            continue
        wire, *others = free
        for other in others:
            frame.cnot(wire, other)
        # Of the parities that it flips, the wire gets the one that is looked at.
        look = next((look for look in looks if not even(look, frame.masks[wire])), 0)
        for other in range(n_wires - used):
            if other != wire and not even(look, frame.masks[other]):
                frame.cnot(other, wire)
        used += 1
        frame.swap(wire, n_wires - used)
    for look in looks:
        free = [wire for wire in range(n_wires - used) if not even(look, frame.masks[wire])]
        if free:
            wire, *others = free
            for other in others:
                frame.cnot(other, wire)
            used += 1
            frame.swap(wire, n_wires - used)
    return used
