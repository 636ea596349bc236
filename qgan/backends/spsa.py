"""Simultaneous perturbation: all angles at once, in random directions."""

__all__ = ["Spsa"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from pennylane.operation import Operator

from qgan._typing import Array
from qgan.backends.gradients import Term
from qgan.backends.perturbation import Perturbation
from qgan.seeding import Key, stream


@final
class Spsa:
    r"""The slopes of each row's angles from two circuits for each of K random directions.

    With signs :math:`\Delta_k \in \{-1, 1\}^m` of each row's own, drawn from the key's stream, a step h and a cost C,

    .. math:: \hat g = \frac1K \sum_k \frac{C(\varphi + h \Delta_k) - C(\varphi - h \Delta_k)}{2h} \, \Delta_k

    Over signs and shots its mean is the gradient but for a part of the order of h**2. Probabilities are sums of
    products of sines and cosines of the angles, and where those have frequency 1 that part is known: of a product of m
    of them the slope comes out as :math:`\cos^{m-1}(h) \sin(h)/h` of what it is. One direction is off by as much as all
    other slopes together, so that its cosine to the gradient is about :math:`1/\sqrt m`, whatever the shots.

    Angles are perturbed and not weights: how angles are made of latents and weights is torch's, and exact.

    Args:
        perturbation: How far, and how often.

    References:
        Spall J. C., Multivariate stochastic approximation using a simultaneous perturbation gradient approximation,
        IEEE Transactions on Automatic Control 37, 332 (1992), doi:10.1109/9.119632.
    """

    def __init__(self, perturbation: Perturbation) -> None:
        self._step, self._directions = perturbation

    def __call__(
        self,
        operators: Sequence[Operator],  # noqa: ARG002
        columns: Sequence[int],
        *,
        rows: int,
        key: Key,
    ) -> Sequence[Term]:
        """Two terms for each direction, with signs of shape (rows, columns) from a stream of the key's own."""
        rng = stream(key._replace(purpose=f"{key.purpose}:spsa"))
        signs = 2.0 * rng.integers(0, 2, size=(self._directions, rows, len(columns))) - 1
        weight = 1 / (2 * self._step * self._directions)
        return [
            _Perturbed(columns, directions, by=side * self._step, coefficient=side * weight)
            for directions in signs
            for side in (1, -1)
        ]


@final
@dataclass(frozen=True)
class _Perturbed(Term):
    """One end of a direction.

    Attributes:
        columns: The angles that are turned.
        signs: Which way, shape (rows, columns).
        by: Radians.
        coefficient: Of its cost.
    """

    columns: Sequence[int]
    signs: Array
    by: float
    coefficient: float

    def move(self, table: Array) -> None:
        table[:, list(self.columns)] += self.by * self.signs

    def add(self, gradient: Array, slopes: Array) -> None:
        gradient += self.coefficient * slopes[:, None] * self.signs
