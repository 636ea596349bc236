"""A synthetic series of returns, or of the level they add up to, with trend, seasonality and fat tails.

The variance follows Glosten, Jagannathan and Runkle, J. Finance 48, 1779 (1993): quiet and wild times last, and losses
make wilder times than gains do (the leverage effect). Shocks are Student's t.
"""

__all__ = ["SeriesOptions", "series"]

from typing import Literal

import numpy as np
from pydantic import Field

from qgan._typing import Array
from qgan.data.options import DrawnOptions
from qgan.data.scaling import Scales, Source, scaled
from qgan.samples import DataSet
from qgan.seeding import Key, stream

# What yesterday's shock, a loss's further share, and yesterday's variance add to today's; on average it stays at 1.
_SHOCK, _LEVERAGE, _MEMORY = 0.05, 0.1, 0.8
_REST = 1 - _SHOCK - _LEVERAGE / 2 - _MEMORY
_WARM_UP = 50


class SeriesOptions(DrawnOptions):
    """Options of the series; its unit is the standard deviation of a shock.

    Attributes:
        of: ``"returns"``, or the ``"levels"`` they add up to, from 0 before each window.
        window: Length of a sample.
        trend: Mean return.
        seasonality: Amplitude of the season.
        period: Of the season.
        degrees: Of freedom of the shocks; the fewer, the fatter the tails.
        scaling: See :class:`qgan.data.options.OwnOptions`.
    """

    of: Literal["returns", "levels"] = "returns"
    window: int = Field(default=16, ge=2, le=4096)
    trend: float = Field(default=0.05, ge=-100, le=100)
    seasonality: float = Field(default=0.5, ge=0, le=100)
    period: int = Field(default=8, ge=2, le=4096)
    degrees: float = Field(default=5.0, gt=2, le=1000)
    scaling: Scales = "symmetric"


def series(options: SeriesOptions, seed: int) -> DataSet:
    """Windows of shape (window,).

    In the season they follow each other; their shocks are independent, so that no part of the data tells of another.
    """
    windows = np.arange(options.size)[:, None] * options.window + np.arange(options.window)
    season = options.seasonality * np.sin(2 * np.pi * (windows % options.period) / options.period)
    values = options.trend + season + _shocks(options, seed)
    if options.of == "levels":
        values = values.cumsum(axis=1)
    return scaled(
        f"series of {options.of}",
        Source(values, kind="series"),
        split=options.split,
        scaling=options.scaling,
        classes=None,
        seed=seed,
    )


def _shocks(options: SeriesOptions, seed: int) -> Array:
    """Shape (size, window), of mean 0 and variance 1."""
    steps = _WARM_UP + options.window
    random = stream(Key(seed, "series"))
    unit = np.sqrt((options.degrees - 2) / options.degrees)
    noise = unit * random.standard_t(options.degrees, (steps, options.size))
    shocks, variance = np.empty_like(noise), np.ones(options.size)
    for step, fresh in enumerate(noise):  # over time; all windows at once
        shocks[step] = np.sqrt(variance) * fresh
        share = _SHOCK + _LEVERAGE * (fresh < 0)
        variance = _REST + share * np.square(shocks[step]) + _MEMORY * variance
    return np.ascontiguousarray(shocks[_WARM_UP:].T)
