"""Mixtures of round Gaussians in the plane, whose modes a generator can miss.

Srivastava et al., VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning, NeurIPS 2017,
arXiv:1705.07761, uses a ring and a grid, and counts a sample for a mode within three standard deviations of it.
"""

__all__ = ["GaussianGridOptions", "GaussianRingOptions", "gaussian_grid", "gaussian_ring"]

import numpy as np
from pydantic import Field

from qgan._typing import Array
from qgan.data.options import DrawnOptions
from qgan.data.parts import drawn
from qgan.samples import DataSet
from qgan.seeding import Key, stream

# In standard deviations: where the noise is cut off, and how far from its centre a sample still counts for a mode.
_CUT, _NEAR = 5.0, 3.0


class GaussianRingOptions(DrawnOptions):
    """Options of the ring.

    Attributes:
        modes: How many Gaussians there are, evenly spaced.
        radius: Of the ring.
        spread: Standard deviation of each Gaussian, in each direction.
    """

    modes: int = Field(default=8, ge=1, le=1000)
    radius: float = Field(default=1.0, gt=0, le=1e6)
    spread: float = Field(default=0.05, gt=0, le=1e6)


class GaussianGridOptions(DrawnOptions):
    """Options of the grid.

    Attributes:
        side: How many Gaussians there are along each side.
        spacing: Between neighbours.
        spread: Standard deviation of each Gaussian, in each direction.
    """

    side: int = Field(default=5, ge=1, le=100)
    spacing: float = Field(default=0.5, gt=0, le=1e6)
    spread: float = Field(default=0.05, gt=0, le=1e6)


def gaussian_ring(options: GaussianRingOptions, seed: int) -> DataSet:
    """Points of the plane around a ring; the label is the number of the mode, counter-clockwise from the right."""
    angles = 2 * np.pi * np.arange(options.modes) / options.modes
    centres = np.asarray(options.radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), dtype=np.float64)
    return _mixture("gaussian ring", centres, options.spread, options, seed)


def gaussian_grid(options: GaussianGridOptions, seed: int) -> DataSet:
    """Points of the plane around a square grid; the label is the number of the mode, row by row."""
    line = options.spacing * (np.arange(options.side) - (options.side - 1) / 2)
    y, x = np.meshgrid(line, line, indexing="ij")
    centres = np.asarray(np.stack([x.ravel(), y.ravel()], axis=1), dtype=np.float64)
    return _mixture("gaussian grid", centres, options.spread, options, seed)


def _mixture(name: str, centres: Array, spread: float, options: DrawnOptions, seed: int) -> DataSet:
    random = stream(Key(seed, name))
    labels = random.integers(len(centres), size=options.size)
    noise = np.clip(random.standard_normal((options.size, 2)), -_CUT, _CUT)
    reach = float(np.abs(centres).max() + _CUT * spread)
    return drawn(
        name,
        centres[labels] + spread * noise,
        labels=labels,
        split=options.split,
        seed=seed,
        low=-reach,
        high=reach,
        names=("x", "y"),
        modes=centres,
        mode_radius=_NEAR * spread,
    )
