"""How far and how often SPSA perturbs, known before anything heavy is imported."""

__all__ = ["Perturbation"]

from typing import NamedTuple


class Perturbation(NamedTuple):
    """What SPSA is told.

    Attributes:
        step: By how much every angle is turned, radians. Shots drown in their noise what is below 0.1, and beyond 0.3
            the slopes are those of a smoother cost: of a term in which m angles turn, sin(h)/h cos(h)**(m - 1) is left.
        directions: How many are averaged. Each takes two circuits for a row, whatever the number of angles.
    """

    step: float = 0.2
    directions: int = 4

    @property
    def circuits(self) -> int:
        """That a gradient takes for each row, beside the row's own."""
        return 2 * self.directions
