"""Numbers of each row from its final state, and the slopes by that state."""

__all__ = ["Numbers", "Probabilities", "Words"]

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor

from qgan._typing import AnyArray
from qgan.backends.batched.frame import Frame, Parity
from qgan.backends.batched.on_torch.matrices import Precision
from qgan.backends.batched.words import placed


class Numbers(ABC):
    """A read-out.

    Attributes:
        size: Numbers of a row.
    """

    size: int

    @abstractmethod
    def read(self, states: Tensor) -> Tensor:
        """Shape (rows, size), float64."""

    @abstractmethod
    def back(self, states: Tensor, cotangent: Tensor) -> Tensor:
        """The slopes of their product with a cotangent of shape (rows, size) by the states, as torch has them."""


@final
class Probabilities(Numbers):
    """Of all basis states.

    Args:
        order: Where the amplitude of each basis state lies, and back.
    """

    def __init__(self, order: AnyArray, device: torch.device) -> None:
        self.size = len(order)
        self._order = torch.from_numpy(order).to(device)
        self._home = torch.argsort(self._order)

    def read(self, states: Tensor) -> Tensor:
        return _squares(states).index_select(-1, self._order).double()

    def back(self, states: Tensor, cotangent: Tensor) -> Tensor:
        weights = cotangent.index_select(-1, self._home).to(states.real.dtype)
        return 2 * weights * states


@final
class Words(Numbers):
    """Expectation values of Pauli words.

    Args:
        words: Wires to letters.
        frame: Of the circuit at its end.
        places: Which place of the frame each amplitude lies at.
        precision: Of the amplitudes.
        device: Where they are.
    """

    def __init__(
        self,
        words: Sequence[dict[int, str]],
        frame: Frame,
        places: AnyArray,
        *,
        precision: Precision,
        device: torch.device,
    ) -> None:
        self.size = len(words)
        rows = [placed(frame, word) for word in words]
        masks = sorted({mask for mask, *_ in rows})
        where = np.argsort(places)
        # Words that move amplitudes alike are read together: the places they come from, and signs or phases.
        self._alike: list[tuple[Tensor | None, Tensor]] = []
        order: list[int] = []
        for mask in masks:
            members = [index for index, row in enumerate(rows) if row[0] == mask]
            order += members
            table = np.stack([_weights(places ^ mask, rows[index]) for index in members])
            moved = torch.from_numpy(where[places ^ mask]).to(device) if mask else None
            numbers = precision if mask else precision._replace(amplitude=precision.real)
            self._alike.append((moved, numbers.table(table, device)))
        self._order = torch.tensor(order, dtype=torch.int64, device=device)
        self._home = torch.argsort(self._order)

    def read(self, states: Tensor) -> Tensor:
        found = []
        for moved, weights in self._alike:
            products = _squares(states) if moved is None else states.conj() * states.index_select(-1, moved)
            found.append((products @ weights.T).real)
        return torch.cat(found, dim=-1).index_select(-1, self._home).double()

    def back(self, states: Tensor, cotangent: Tensor) -> Tensor:
        shares = 2 * cotangent.index_select(-1, self._order)
        slopes = torch.zeros_like(states)
        for (moved, weights), share in zip(
            self._alike, shares.split([len(weights) for _, weights in self._alike], dim=-1), strict=True
        ):
            from_there = states if moved is None else states.index_select(-1, moved)
            slopes = slopes + (share.to(weights.dtype) @ weights) * from_there
        return slopes


def _squares(states: Tensor) -> Tensor:
    return states.real.square() + states.imag.square() if states.is_complex() else states.square()


def _weights(come_from: AnyArray, row: tuple[int, Parity, int]) -> AnyArray:
    """What a word makes of the amplitudes that it takes from those places."""
    _, parity, ys = row
    return 1j**ys * (1.0 - 2.0 * parity.ofs(come_from))
