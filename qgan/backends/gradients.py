"""Vector-Jacobian products of joint probabilities with respect to angles."""

__all__ = [
    "Adjoint",
    "Differences",
    "Shift",
    "Shots",
    "Term",
    "TermsOf",
    "VectorJacobian",
    "add_slopes",
    "shift_terms",
    "shifted",
]

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, final

import numpy as np
import pennylane as qml
from pennylane.devices import Device
from pennylane.operation import Operation, Operator
from pennylane.tape import QuantumScript
from scipy import sparse

from qgan._typing import Array
from qgan.backends.kernels import Kernel, TapeRunner, rows_of
from qgan.readout import Counts
from qgan.seeding import Key, stream

# Below this a probability is rounding, and it would draw from the stream on one device and not on another.
ROUNDING = 1e-15


@final
class Shots:
    """Relative frequencies instead of probabilities, drawn by us from the exact ones.

    Args:
        shots: How many for each row; None leaves the probabilities as they are.
        counts: Where rows and shots are counted.
    """

    def __init__(self, shots: int | None, counts: Counts) -> None:
        self.shots, self.counts = shots, counts

    def draw(self, probabilities: Array, generator: np.random.Generator) -> Array:
        """Shape (rows, 2**n) to the same shape, rows in order from one stream."""
        self.counts.executions += len(probabilities)
        if self.shots is None:
            return probabilities
        self.counts.shots += len(probabilities) * self.shots
        real = np.where(probabilities < ROUNDING, 0.0, probabilities)
        return generator.multinomial(self.shots, real / real.sum(axis=1, keepdims=True)) / self.shots


class VectorJacobian(ABC):
    """How a cotangent of the probabilities becomes one of the angles."""

    @abstractmethod
    def __call__(
        self, operators: Sequence[Operator], angles: Array, columns: Sequence[int], cotangent: Array, key: Key
    ) -> Array:
        """Angles of shape (rows, n_angles) and cotangent of shape (rows, 2**n) to shape (rows, len(columns))."""


@final
class Adjoint(VectorJacobian):
    """One adjoint sweep for each row.

    The vector-Jacobian product of probabilities with a cotangent y is the gradient of the expectation value of the
    diagonal observable diag(y), and that is what adjoint differentiation gives (Jones and Gacon, arXiv:2009.02823).
    """

    def __init__(self, device: Device, n_wires: int, counts: Counts) -> None:
        self._runner, self._wires, self._counts = TapeRunner(device, "adjoint"), range(n_wires), counts

    def __call__(
        self,
        operators: Sequence[Operator],
        angles: Array,
        columns: Sequence[int],
        cotangent: Array,
        key: Key,  # noqa: ARG002
    ) -> Array:
        tapes = [
            QuantumScript(bound, [qml.expval(self._diagonal(row))], trainable_params=columns)
            for bound, row in zip(rows_of(operators, angles), cotangent, strict=True)
        ]
        self._counts.executions += len(tapes)
        jacobians = self._runner.derivatives(tapes)
        return np.array([np.ravel(jacobian) for jacobian in jacobians]).reshape(len(angles), len(columns))

    def _diagonal(self, cotangent: Array) -> qml.SparseHamiltonian:
        size = len(cotangent)
        matrix = sparse.csr_matrix((cotangent, np.arange(size), np.arange(size + 1)), shape=(size, size))
        return qml.SparseHamiltonian(matrix, wires=self._wires)


class Term(ABC):
    """One circuit beside each row's own, and its part in the slopes."""

    @abstractmethod
    def move(self, table: Array) -> None:
        """Moves angles of shape (rows, n_angles), radians, where they are."""

    @abstractmethod
    def add(self, gradient: Array, slopes: Array) -> None:
        """To a gradient of shape (rows, columns), of this circuit's cost, shape (rows,)."""


class TermsOf(Protocol):
    """Which circuits the slopes of those columns of the operators' angles are made of."""

    def __call__(
        self, operators: Sequence[Operator], columns: Sequence[int], *, rows: int, key: Key
    ) -> Sequence[Term]: ...


@final
class Differences(VectorJacobian):
    """Differences of circuits with other angles, each with shots of its own where there are shots.

    Args:
        kernel: Runs them.
        shots: How they are drawn, and where all is counted.
        terms_of: Which they are.
    """

    def __init__(self, kernel: Kernel, shots: Shots, terms_of: TermsOf) -> None:
        self._kernel, self._shots, self._terms_of = kernel, shots, terms_of

    def __call__(
        self, operators: Sequence[Operator], angles: Array, columns: Sequence[int], cotangent: Array, key: Key
    ) -> Array:
        terms = self._terms_of(operators, columns, rows=len(angles), key=key)
        generator = stream(key._replace(purpose=f"{key.purpose}:shift"))
        gradient = np.zeros((len(angles), len(columns)))
        for some in _chunks(terms, len(angles) * cotangent.shape[1]):
            exact = self._kernel.probabilities(operators, shifted(angles, some))
            drawn = self._shots.draw(exact, generator).reshape(len(some), *cotangent.shape)
            add_slopes(gradient, some, drawn, cotangent)
        return gradient


@final
@dataclass(frozen=True)
class Shift(Term):
    """One shifted circuit of the parameter-shift rule.

    Attributes:
        place: Which of the slopes it is a part of.
        column: The angle that is shifted.
        coefficient: Of its cost.
        by: Radians.
    """

    place: int
    column: int
    coefficient: float
    by: float

    def move(self, table: Array) -> None:
        table[:, self.column] += self.by

    def add(self, gradient: Array, slopes: Array) -> None:
        gradient[:, self.place] += self.coefficient * slopes


def shift_terms(
    operators: Sequence[Operator],
    columns: Sequence[int],
    *,
    rows: int,  # noqa: ARG001
    key: Key,  # noqa: ARG001
) -> list[Shift]:
    """All of the parameter-shift rule, the same for every row and key.

    The rules are PennyLane's: two terms for rotations, four for controlled ones (Wierichs et al., arXiv:2107.12390).
    """
    rotations = [operator for operator in operators if operator.num_params]
    return [Shift(place, column, *term) for place, column in enumerate(columns) for term in _rule(rotations[column])]


def shifted(angles: Array, terms: Sequence[Term]) -> Array:
    """Shape (terms * rows, n_angles), from angles of shape (rows, n_angles)."""
    tables = np.tile(angles, (len(terms), 1, 1))
    for table, term in zip(tables, terms, strict=True):
        term.move(table)
    return tables.reshape(-1, angles.shape[1])


def add_slopes(gradient: Array, terms: Sequence[Term], probabilities: Array, cotangent: Array) -> None:
    """To a gradient of shape (rows, columns), of probabilities of shape (terms, rows, 2**n)."""
    for term, slopes in zip(terms, (probabilities * cotangent).sum(axis=2), strict=True):
        term.add(gradient, slopes)


def _rule(rotation: Operator) -> list[tuple[float, float]]:
    """Coefficient and shift, in radians, of each term."""
    assert isinstance(rotation, Operation)
    (frequencies,) = rotation.parameter_frequencies
    return _terms(tuple(frequencies))


@cache
def _terms(frequencies: tuple[float, ...]) -> list[tuple[float, float]]:
    rule = np.asarray(qml.gradients.generate_shift_rule(frequencies))
    return [(coefficient, shift) for coefficient, shift in rule.tolist()]


def _chunks(terms: Sequence[Term], numbers_per_term: int, numbers_at_once: int = 2**24) -> Iterator[Sequence[Term]]:
    """As many terms at once as make a table of moderate size, and one at the least."""
    at_once = max(1, numbers_at_once // max(1, numbers_per_term))
    yield from (terms[at : at + at_once] for at in range(0, len(terms), at_once))
