"""Initial weights: a numpy Generator goes in, float64 arrays come out. Angles are radians."""

__all__ = ["INITIAL", "Initial", "in_pairs", "normal", "uniform"]

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from circuits._checks import refusal

if TYPE_CHECKING:
    from circuits.circuit import Circuit

Initial: TypeAlias = Callable[[np.random.Generator], dict[str, NDArray[np.float64]]]

SMALL = 0.1


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


def in_pairs(
    rng: np.random.Generator, shape: tuple[int, ...], *, every: int = 1, angles: int = 1
) -> NDArray[np.float64]:
    r"""Layers of rotations, each second of which undoes the one before: blocks that are the identity.

    Turning by :math:`a_1, \dots, a_k` about some axes is undone by :math:`-a_k, \dots, -a_1` about the same axes in
    reverse, so that the axes have to read the same from both ends: Y, or Z Y Z. A layer without a partner is zero.

    Args:
        rng: Draws the first of each pair from U[0, 2π).
        shape: That of the weights; its first axis counts the layers and its last, if ``angles`` > 1, the angles.
        every: Only each such layer is drawn, from the first on; the others are zero. With 2, entanglers that are
            their own inverse cancel between them.
        angles: How many rotations of a wire follow each other in one layer.

    References:
        Grant E. et al., An initialization strategy for addressing barren plateaus in parametrized quantum circuits,
        Quantum 3, 214 (2019), arXiv:1903.05076.
    """
    values = np.zeros(shape)
    layers = range(0, shape[0], every)
    for one, other in zip(layers[::2], layers[1::2], strict=False):
        values[one] = rng.uniform(0.0, 2 * np.pi, shape[1:])
        values[other] = -values[one] if angles == 1 else -values[one][..., ::-1]
    return values


def _identity(circuit: "Circuit") -> Initial:
    if circuit.identity is not None:
        return circuit.identity
    raise refusal(
        f"The circuit '{circuit.name}' has no weights, random ones among them, with which its layers do nothing",
        got=f"identity-block for weights of shapes {dict(circuit.weight_shapes)}",
        allowed=", ".join(name for name in INITIAL if name != "identity-block"),
        cure="Begin otherwise, or use brickwork, matrix-product or style, which always have them; where the entanglers "
        "are CZ gates, another number of layers has",
    )


INITIAL: dict[str, Callable[["Circuit"], Initial | None]] = {
    "own": lambda circuit: circuit.initial,
    "uniform": lambda circuit: uniform(circuit.weight_shapes, low=0.0, high=2 * np.pi),
    "normal": lambda circuit: normal(circuit.weight_shapes, scale=SMALL),
    "identity-block": _identity,
}
