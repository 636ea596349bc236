"""What a tape measures, where the engine's own read-outs have it: no state is built, and none is measured."""

__all__ = ["Reading", "reading_of"]

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import numpy as np
from pennylane.measurements import ExpectationMP, ProbabilityMP

from qgan._typing import Array
from qgan.backends.batched.layout import Words

REAL = (int, float, np.integer, np.floating, np.ndarray)


class Reading(ABC):
    """A linear map from what an engine reads out to what PennyLane asked for.

    Attributes:
        words: What the engine reads out; None for joint probabilities.
    """

    words: Words | None

    @abstractmethod
    def results(self, numbers: Array, *, batched: bool) -> Any:
        """The engine's numbers, shape (rows, size), to the results of a tape; one row and no batch axis, or several."""

    @abstractmethod
    def cotangent(self, given: Any, rows: int) -> Array:
        """The slopes of a cost by those results to its slopes by the numbers, shape (rows, size)."""


def reading_of(measurements: Sequence[Any], n_wires: int) -> Reading | None:
    """Of expectation values of Pauli words and sums of them, or of one distribution; None for anything else.

    Args:
        measurements: Exact, on wires that are numbers from 0 on.
        n_wires: How many of these there are.
    """
    if len(measurements) == 1 and isinstance(measurements[0], ProbabilityMP):
        asked: Any = measurements[0]
        own = asked.obs is None and asked.eigvals() is None
        return _Distribution(n_wires, asked.wires.tolist()) if own else None
    terms = [_terms(each.obs) if isinstance(each, ExpectationMP) else None for each in measurements]
    known = [each for each in terms if each is not None]
    return _Expectations(known) if terms and len(known) == len(terms) else None


def _terms(observable: Any) -> list[tuple[Any, float]] | None:
    """Pauli words, each as pairs of wire and letter, and their coefficients; None where it is no sum of those."""
    sentence: Any = getattr(observable, "pauli_rep", None)
    if not sentence or not all(isinstance(each, REAL) and np.ndim(each) == 0 for each in sentence.values()):
        return None
    return [(tuple(word.items()), float(coefficient)) for word, coefficient in sentence.items()]


@final
class _Expectations(Reading):
    """Sums of Pauli words, each word read once, whichever measurements it is in.

    Args:
        terms: Of each measurement, words and their coefficients.
    """

    def __init__(self, terms: list[list[tuple[Any, float]]]) -> None:
        self.words = tuple(dict.fromkeys(word for each in terms for word, _ in each))
        places = {word: place for place, word in enumerate(self.words)}
        self._matrix = np.zeros((len(self.words), len(terms)))
        for index, each in enumerate(terms):
            for word, coefficient in each:
                self._matrix[places[word], index] += coefficient

    def results(self, numbers: Array, *, batched: bool) -> Any:
        values = numbers @ self._matrix
        found = tuple(values.T if batched else values[0])
        return found[0] if len(found) == 1 else found

    def cotangent(self, given: Any, rows: int) -> Array:
        slopes = given if self._matrix.shape[1] > 1 else (given,)
        columns = [np.broadcast_to(np.asarray(each, dtype=np.float64), (rows,)) for each in slopes]
        return np.stack(columns, axis=1) @ self._matrix.T


@final
class _Distribution(Reading):
    """Joint probabilities of some wires, in any order.

    Args:
        n_wires: How many there are.
        wires: Which of them, in order; none for all.
    """

    words = None

    def __init__(self, n_wires: int, wires: list[int]) -> None:
        self._n_wires, self._wires = n_wires, wires or list(range(n_wires))
        self._whole = self._wires == list(range(n_wires))
        self._others = [wire for wire in range(n_wires) if wire not in self._wires]

    def results(self, numbers: Array, *, batched: bool) -> Any:
        rows, found = len(numbers), numbers
        if not self._whole:
            table = numbers.reshape(rows, *(2,) * self._n_wires)
            order = [0, *(1 + wire for wire in (*self._wires, *self._others))]
            found = table.transpose(order).reshape(rows, 2 ** len(self._wires), -1).sum(axis=2)
        return found if batched else found[0]

    def cotangent(self, given: Any, rows: int) -> Array:
        slopes = np.asarray(given, dtype=np.float64).reshape(rows, -1)
        if self._whole:
            return np.ascontiguousarray(slopes)
        table = slopes.reshape(rows, *(2,) * len(self._wires), *(1,) * len(self._others))
        whole = np.broadcast_to(table, (rows, *(2,) * self._n_wires))
        back = np.argsort([*self._wires, *self._others])
        return np.ascontiguousarray(whole.transpose(0, *(1 + back))).reshape(rows, -1)
