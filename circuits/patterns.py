"""Which pairs of wires an entangling layer joins, in the order of its gates: plain tuples.

Gates that commute, such as CZ, make the same layer in either order: line and brick then differ in depth alone.
"""

__all__ = ["PATTERNS", "Pairs", "all_to_all", "brick", "line", "reverse_line", "ring"]

from collections.abc import Callable
from itertools import combinations
from typing import TypeAlias

Pairs: TypeAlias = tuple[tuple[int, int], ...]


def line(n_wires: int) -> Pairs:
    """Each wire with the next."""
    return tuple((wire, wire + 1) for wire in range(n_wires - 1))


def reverse_line(n_wires: int) -> Pairs:
    """A line from its end: of CNOT gates, what all pairs in order make with many more of them."""
    return line(n_wires)[::-1]


def ring(n_wires: int) -> Pairs:
    """A line whose last wire meets the first; two wires have one pair, not the same one twice."""
    return line(n_wires) + (((n_wires - 1, 0),) if n_wires > 2 else ())


def brick(n_wires: int) -> Pairs:
    """The pairs of a line in two time slots: those that begin on an even wire, then the others."""
    return line(n_wires)[::2] + line(n_wires)[1::2]


def all_to_all(n_wires: int) -> Pairs:
    """Each wire with every other."""
    return tuple(combinations(range(n_wires), 2))


PATTERNS: dict[str, Callable[[int], Pairs]] = {
    "line": line,
    "ring": ring,
    "brick": brick,
    "all-to-all": all_to_all,
    "reverse-line": reverse_line,
}
