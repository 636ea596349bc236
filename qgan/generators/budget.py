"""How wide a classical generator is, so that it has about as many parameters as it may."""

__all__ = ["TOLERANCE", "nearest_width"]

from bisect import bisect_left
from collections.abc import Callable

from qgan.errors import ConfigError

# How far from the budget a solved width may end, as a share of it.
TOLERANCE = 0.25


def nearest_width(budget: int, count: Callable[[int], int], *, network: str, measure: str = "width") -> int:
    """The width whose network comes nearest to the budget.

    Args:
        budget: How many parameters it may have.
        count: How many a width has: at least as many as it is wide, and more the wider it is.
        network: What it is called in the message.
        measure: What a width is called there, where a network is made larger in another way.

    Raises:
        ConfigError: If even the nearest is more than a quarter of the budget away.
    """
    above = 1 + bisect_left(range(1, budget), budget, key=count)
    widths = sorted({max(above - 1, 1), above})
    width = min(widths, key=lambda width: abs(count(width) - budget))
    if abs(count(width) - budget) > TOLERANCE * budget:
        raise ConfigError(
            f"No {network} comes near generator.parameters",
            got=budget,
            allowed=", ".join(f"{count(width)} ({measure} {width})" for width in range(widths[0], widths[0] + 3)),
            cure=f"Set generator.parameters={count(width)}",
        )
    return width
