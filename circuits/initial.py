"""Initial weights: a numpy Generator goes in, float64 arrays come out. Angles are radians."""

__all__ = ["Initial", "normal", "uniform"]

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Initial: TypeAlias = Callable[[np.random.Generator], dict[str, NDArray[np.float64]]]


def uniform(shapes: Mapping[str, tuple[int, ...]], *, low: float, high: float) -> Initial:
    """Draws every weight from U[low, high), the arrays in the order of ``shapes``."""

    def draw(rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        return {name: rng.uniform(low, high, size=shape) for name, shape in shapes.items()}

    return draw


def normal(shapes: Mapping[str, tuple[int, ...]], *, scale: float) -> Initial:
    """Draws every weight from a normal distribution around 0, the arrays in the order of ``shapes``.

    A small scale begins near the circuit that does nothing but encode the latents.
    """

    def draw(rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        return {name: rng.normal(0.0, scale, size=shape) for name, shape in shapes.items()}

    return draw
