"""What is done to the states of all rows, forward and back.

States have shape (..., rows, 2**n). On the way back the states and what the cost depends on them by are taken together.
"""

__all__ = ["Apply", "Pass", "Turn"]

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor


class Pass(ABC):
    """One pass. Its input has a row for each row of the states, or one for each of some equal runs of them."""

    @abstractmethod
    def forward(self, states: Tensor, given: Tensor) -> Tensor:
        """The states of shape (rows, 2**n) after it."""

    @abstractmethod
    def back(self, both: Tensor, given: Tensor, *, wanted: bool) -> tuple[Tensor, Tensor | None]:
        """Both before it, and the slopes by its input where they are wanted.

        Args:
            both: States, and the cost's slopes by them as torch has them, of shape (2, rows, 2**n).
            given: The input.
            wanted: Whether slopes are.
        """


@final
class Apply(Pass):
    """Matrices on the last places, after the states are put into another order.

    Args:
        order: From where each amplitude comes; None where all stay.
        home: From where it comes on the way back.
        where: Of each place, whether anything is done there; None for everywhere.
    """

    def __init__(self, order: Tensor | None, home: Tensor | None, where: Tensor | None) -> None:
        self._order, self._home, self._where = order, home, where

    def forward(self, states: Tensor, given: Tensor) -> Tensor:
        """Given matrices of shape (runs, size, size)."""
        if self._order is not None:
            states = states.index_select(-1, self._order)
        return self._applied(states, given.mT)

    def back(self, both: Tensor, given: Tensor, *, wanted: bool) -> tuple[Tensor, Tensor | None]:
        """All of them unitary."""
        after, slopes = both[1], None
        both = self._applied(both, given.conj())
        if wanted:
            if self._where is not None:
                after = after * self._where
            shape = len(given), -1, given.shape[-1]
            slopes = after.reshape(shape).mT @ both[0].reshape(shape).conj()
        if self._home is not None:
            both = both.index_select(-1, self._home)
        return both, slopes

    def _applied(self, states: Tensor, matrices: Tensor) -> Tensor:
        runs = states.reshape(*states.shape[:-2], len(matrices), -1, matrices.shape[-1])
        found = (runs @ matrices).reshape(states.shape)
        return found if self._where is None else torch.where(self._where, found, states)


@final
class Turn(Pass):
    """Phases, and signs.

    Args:
        shares: Of each angle what the phase of each place has of it, shape (angles, 2**n); None for no angles.
        signs: Of each place; None for none.
    """

    def __init__(self, shares: Tensor | None, signs: Tensor | None) -> None:
        self._shares, self._signs = shares, signs

    def forward(self, states: Tensor, given: Tensor) -> Tensor:
        """Given angles of shape (runs, angles)."""
        return self._turned(states, self._phases(given))

    def back(self, both: Tensor, given: Tensor, *, wanted: bool) -> tuple[Tensor, Tensor | None]:
        """A phase and its slope do not depend on which side of the pass they are looked at."""
        slopes = None
        if wanted and self._shares is not None:
            by_phase = (both[1] * both[0].conj()).imag
            slopes = by_phase.reshape(len(given), -1, by_phase.shape[-1]).sum(1) @ self._shares.T
        phases = self._phases(given)
        return self._turned(both, phases if phases is None else phases.conj()), slopes

    def _phases(self, angles: Tensor) -> Tensor | None:
        if self._shares is None:
            return self._signs
        phases = angles @ self._shares
        turned = torch.polar(torch.ones_like(phases), phases)
        return turned if self._signs is None else turned * self._signs

    @staticmethod
    def _turned(states: Tensor, phases: Tensor | None) -> Tensor:
        if phases is None:
            return states
        if phases.ndim == 1 or len(phases) == states.shape[-2]:
            return states * phases
        runs = states.reshape(*states.shape[:-2], len(phases), -1, states.shape[-1])
        return (runs * phases[:, None]).reshape(states.shape)
