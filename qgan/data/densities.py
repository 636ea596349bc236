"""Continuous densities that style-based circuits were trained on.

Bravo-Prieto et al., Style-based quantum generative adversarial networks for Monte Carlo events, Quantum 6, 777 (2022),
arXiv:2110.06933: a gamma distribution as x/4 - 1, and a correlated Gaussian of three variables as x/4.
"""

__all__ = ["COVARIANCE", "GammaOptions", "Gaussian3DOptions", "gamma", "gaussian_3d", "within"]

from collections.abc import Callable

import numpy as np
from pydantic import Field

from qgan._typing import Array
from qgan.data.options import DrawnOptions
from qgan.data.parts import drawn
from qgan.errors import ConfigError
from qgan.samples import DataSet, Scaling
from qgan.seeding import Key, stream

# From the samples that come with the paper's code.
COVARIANCE = ((0.5, 0.1, 0.25), (0.1, 0.5, 0.1), (0.25, 0.1, 0.5))
_REACH = 4.0
_ATTEMPTS = 100


class GammaOptions(DrawnOptions):
    """Options of the gamma distribution.

    Attributes:
        shape: Its shape.
        scale: Its scale.
        upper: What is above this many scales is drawn again; it becomes the value 1, and 0 becomes -1.
    """

    shape: float = Field(default=1.0, gt=0, le=1000)
    scale: float = Field(default=1.0, gt=0, le=1e6)
    upper: float = Field(default=8.0, gt=0, le=1e6)


class Gaussian3DOptions(DrawnOptions):
    """Options of the Gaussian of three variables, whose covariance is fixed."""


def gamma(options: GammaOptions, seed: int) -> DataSet:
    """Numbers of [-1, 1], shape (1,)."""
    random, half = stream(Key(seed, "gamma")), options.upper * options.scale / 2

    def draw(size: int) -> Array:
        return random.gamma(options.shape, options.scale, size)

    values = within(draw, options.size, low=0.0, high=2 * half) / half - 1
    return drawn(
        "gamma",
        values[:, None],
        split=options.split,
        seed=seed,
        low=-1.0,
        high=1.0,
        scaling=Scaling(half, half),
    )


def gaussian_3d(options: Gaussian3DOptions, seed: int) -> DataSet:
    """Points of [-1, 1]^3; 4 of the source's units are 1, which is more than five standard deviations."""
    normal = stream(Key(seed, "gaussian-3d")).standard_normal((options.size, 3))
    values = np.clip(normal @ np.linalg.cholesky(np.array(COVARIANCE)).T, -_REACH, _REACH) / _REACH
    return drawn(
        "gaussian 3d",
        values,
        split=options.split,
        seed=seed,
        low=-1.0,
        high=1.0,
        scaling=Scaling(0.0, _REACH),
        names=("x", "y", "z"),
    )


def within(draw: Callable[[int], Array], size: int, *, low: float, high: float) -> Array:
    """Draws that lie in [low, high], shape (size,); the others are dropped and drawn again.

    Raises:
        ConfigError: If next to nothing lies there.
    """
    kept = np.empty(0)
    for _ in range(_ATTEMPTS):
        fresh = draw(size)
        kept = np.concatenate([kept, fresh[(fresh >= low) & (fresh <= high)]])
        if len(kept) >= size:
            return kept[:size]
    raise ConfigError(
        "Next to nothing of this distribution lies in its range",
        got=f"{len(kept)} of {_ATTEMPTS * size} draws between {low} and {high}",
        cure="Set other parameters of it",
    )
