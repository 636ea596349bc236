"""Distributions on a grid of 2^n levels, to be loaded into the amplitudes of n qubits.

The targets of Zoufal, Lucchi and Woerner, Quantum Generative Adversarial Networks for learning and loading random
distributions, npj Quantum Information 5, 103 (2019), arXiv:1904.00043: draws outside [0, 7] are dropped and the rest
rounded to the nearest level. With three bits the levels are the whole numbers 0 to 7.
"""

__all__ = ["BimodalOptions", "LognormalOptions", "TriangularOptions", "bimodal", "lognormal", "triangular"]

from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import Field

from qgan._typing import Array
from qgan.data.densities import within
from qgan.data.options import DrawnOptions
from qgan.data.parts import drawn
from qgan.samples import DataSet
from qgan.seeding import Key, stream

_LOW, _HIGH = 0.0, 7.0
Pair = Annotated[tuple[float, float], Field(strict=False)]
Spread = Annotated[float, Field(gt=0, le=1000)]


class _GridOptions(DrawnOptions):
    size: int = Field(default=10_000, ge=10, le=10_000_000)
    bits: int = Field(default=3, ge=1, le=12)


class LognormalOptions(_GridOptions):
    """Options of the log-normal distribution.

    Attributes:
        bits: Qubits; there are ``2**bits`` levels between 0 and 7.
        mu: Mean of the logarithm.
        sigma: Its standard deviation.
    """

    mu: float = Field(default=1.0, ge=-10, le=10)
    sigma: Spread = 1.0


class TriangularOptions(_GridOptions):
    """Options of the triangular distribution between 0 and 7.

    Attributes:
        bits: Qubits; there are ``2**bits`` levels between 0 and 7.
        mode: Where its top is.
    """

    mode: float = Field(default=2.0, ge=_LOW, le=_HIGH)


class BimodalOptions(_GridOptions):
    """Options of two normal distributions in equal parts.

    Attributes:
        bits: Qubits; there are ``2**bits`` levels between 0 and 7.
        means: Of the two.
        sigmas: Their standard deviations.
    """

    means: Pair = (0.5, 3.5)
    sigmas: Annotated[tuple[Spread, Spread], Field(strict=False)] = (1.0, 0.5)


def lognormal(options: LognormalOptions, seed: int) -> DataSet:
    """Levels between 0 and 7, shape (1,)."""
    random = stream(Key(seed, "lognormal"))
    return _on_grid("lognormal", lambda size: random.lognormal(options.mu, options.sigma, size), options, seed)


def triangular(options: TriangularOptions, seed: int) -> DataSet:
    """Levels between 0 and 7, shape (1,)."""
    random = stream(Key(seed, "triangular"))
    return _on_grid("triangular", lambda size: random.triangular(_LOW, options.mode, _HIGH, size), options, seed)


def bimodal(options: BimodalOptions, seed: int) -> DataSet:
    """Levels between 0 and 7, shape (1,)."""
    random = stream(Key(seed, "bimodal"))

    def draw(size: int) -> Array:
        which = random.integers(2, size=size)
        return random.normal(np.array(options.means)[which], np.array(options.sigmas)[which])

    return _on_grid("bimodal", draw, options, seed)


def _on_grid(name: str, draw: Callable[[int], Array], options: _GridOptions, seed: int) -> DataSet:
    levels = np.linspace(_LOW, _HIGH, 2**options.bits)
    numbers = within(draw, options.size, low=_LOW, high=_HIGH)
    nearest = np.rint((numbers - _LOW) / (_HIGH - _LOW) * (len(levels) - 1)).astype(int)
    return drawn(
        name,
        levels[nearest][:, None],
        split=options.split,
        seed=seed,
        low=_LOW,
        high=_HIGH,
        levels=(levels,),
    )
