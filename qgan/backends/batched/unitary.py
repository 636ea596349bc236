"""All passes of a circuit as one matrix for each set of weights, where latents come before the first of them."""

__all__ = ["UPDATE", "Matrices", "Passes", "shares"]

from typing import NamedTuple, final

import numpy as np

from qgan._typing import AnyArray, ComplexArray
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.plan import Plan

# As benchmarks/unitary.py finds it: so many multiplications by a matrix take as long as one update of an amplitude in a
# pass, and so many as what making a matrix takes besides its passes.
UPDATE, BESIDES = 1.9, 400_000
# Bits of a state: a matrix of more takes megabytes, and no circuit is deep enough for it to pay.
MOST_BITS = 10
# Blocks of eight rows that add up their slopes by a matrix in one place, and at most how many such places there are.
IN_A_SHARE, MOST_SHARES = 16, 64


class Matrices(NamedTuple):
    """Of each set of weights, in panels: see :mod:`qgan.backends.batched.products`.

    Attributes:
        forwards: Shape (sets, numbers).
        back: Their transposes, likewise.
    """

    forwards: AnyArray
    back: AnyArray


@final
class Passes:
    """How the passes of a circuit become matrices, and slopes of these become cotangents of what made them.

    They are made by running the passes on all basis states, in the order of places, as rows of a batch.

    Args:
        plan: The circuit.
        dtype: Of amplitudes' parts.
    """

    def __init__(self, plan: Plan, dtype: np.dtype) -> None:
        self._plan, self.columns, self._size = plan, 1 << plan.n_wires, 1 << plan.bits
        self._updates = UPDATE * plan.n_passes
        shared = all(plan.sums[angle].shared for angles in plan.used for angle in angles)
        self._possible = shared and self.columns >= LANES and plan.bits <= MOST_BITS
        self._dtype = dtype

    def pay(self, batch: int) -> bool:
        """Whether one matrix costs less than passes, for so many rows of each set: a matter of these numbers alone."""
        saved = batch * (self._updates - self._size) - self.columns * self._updates
        return self._possible and saved * self._size > BESIDES

    def basis(self, sets: int) -> AnyArray:
        """All basis states for each set, shape (sets * columns, 2, columns)."""
        states = np.zeros((self.columns, 2, self.columns), dtype=self._dtype)
        states[:, 0] = np.eye(self.columns)
        return np.tile(states, (sets, 1, 1))

    def matrices(self, states: AnyArray, sets: int) -> Matrices:
        """From where the passes have taken the basis states."""
        size, panels = self._size, states.reshape(sets, -1, self._size, LANES)
        if not self._plan.real:
            # i times a column is one, too.
            re, im = np.split(panels, 2, axis=2)
            panels = np.concatenate([panels, np.concatenate([-im, re], axis=2)], axis=1)
        tiles = panels.reshape(sets, size // LANES, size // LANES, LANES, LANES)
        forwards = np.ascontiguousarray(tiles.transpose(0, 2, 1, 4, 3))
        return Matrices(forwards.reshape(sets, -1), np.array(panels).reshape(sets, -1))

    def states(self, matrices: Matrices) -> AnyArray:
        """What they were made from."""
        return matrices.back[:, : self.columns * self._size].flatten()

    def cotangents(self, slopes: AnyArray) -> ComplexArray:
        """Of the states, shape (sets * columns, columns), logical and with their signs, from slopes by ``back``."""
        plan, n, sets = self._plan, self.columns, len(slopes)
        by_column = slopes.reshape(sets, -1, self._size, LANES).transpose(0, 1, 3, 2).reshape(sets, -1, self._size)
        found: ComplexArray = np.zeros((sets, n, n), dtype=np.complex128)
        found.real = by_column[:, :n, :n]
        if not plan.real:
            found.real += by_column[:, n:, n:]
            found.imag = by_column[:, :n, n:] - by_column[:, n:, :n]
        return found[:, :, plan.places].reshape(-1, n) * plan.signs


def shares(blocks: int) -> int:
    """In how many places a set's blocks add up their slopes by its matrix: the same for any number of threads."""
    return min(-(-blocks // IN_A_SHARE), MOST_SHARES)
