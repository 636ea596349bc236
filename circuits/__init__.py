"""Quantum circuits and facts about them: PennyLane and numpy, nothing of learning. Angles are radians."""

__all__ = ["CIRCUITS", "PATTERNS", "Circuit", "Resources", "from_function", "hardware_efficient"]

from collections.abc import Callable

from circuits.circuit import Circuit, Resources
from circuits.functions import from_function
from circuits.hardware_efficient import hardware_efficient
from circuits.patterns import PATTERNS

CIRCUITS: dict[str, Callable[..., Circuit]] = {"hardware-efficient": hardware_efficient}
