"""Quantum circuits and facts about them: PennyLane and numpy, nothing of learning. Angles are radians."""

__all__ = [
    "CIRCUITS",
    "PATTERNS",
    "Circuit",
    "Resources",
    "begun_in",
    "begun_uniform",
    "from_function",
    "hardware_efficient",
    "with_basis_angle",
]

from collections.abc import Callable

from circuits.circuit import Circuit, Resources
from circuits.functions import from_function
from circuits.hardware_efficient import hardware_efficient
from circuits.patterns import PATTERNS
from circuits.preparation import begun_in, begun_uniform, with_basis_angle

CIRCUITS: dict[str, Callable[..., Circuit]] = {"hardware-efficient": hardware_efficient}
