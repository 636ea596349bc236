"""Bars and stripes: binary images whose columns, or whose rows, are each of one colour.

MacKay, Information Theory, Inference, and Learning Algorithms (2003); as a target of Born machines in Benedetti et
al., npj Quantum Information 5, 45 (2019), arXiv:1801.07686.
"""

__all__ = ["BarsOptions", "bars_and_stripes"]

import numpy as np
from pydantic import Field, model_validator

from qgan._typing import Array
from qgan.data.options import DrawnOptions
from qgan.data.parts import drawn
from qgan.samples import DataSet
from qgan.seeding import Key, stream

_MOST_BITS = 16


class BarsOptions(DrawnOptions):
    """Options of bars and stripes.

    Attributes:
        rows: Height of an image.
        columns: Width of an image; a Born machine takes ``rows * columns`` qubits, at most 16.
    """

    rows: int = Field(default=2, ge=1)
    columns: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _small(self) -> "BarsOptions":
        if not 2 <= self.rows * self.columns <= _MOST_BITS:
            raise ValueError(f"rows x columns must be 2 to {_MOST_BITS}. Got: {self.rows} x {self.columns}.")
        return self


def bars_and_stripes(options: BarsOptions, seed: int) -> DataSet:
    """Images of 0 and 1, shape (rows, columns), each pattern as likely as any other."""
    patterns = _patterns(options.rows, options.columns)
    chosen = stream(Key(seed, "bars and stripes")).integers(len(patterns), size=options.size)
    return drawn(
        f"bars and stripes {options.rows} x {options.columns}",
        patterns[chosen],
        split=options.split,
        seed=seed,
        low=0.0,
        high=1.0,
        kind="image",
        levels=(np.array([0.0, 1.0]),) * (options.rows * options.columns),
        modes=patterns,
        mode_radius=0.5,
    )


def _patterns(rows: int, columns: int) -> Array:
    """All that are allowed, each once, shape (k, rows, columns)."""
    bars = np.broadcast_to(_bits(columns)[:, None, :], (2**columns, rows, columns))
    stripes = np.broadcast_to(_bits(rows)[:, :, None], (2**rows, rows, columns))
    return np.unique(np.concatenate([bars, stripes]), axis=0)


def _bits(n: int) -> Array:
    """All rows of n bits, shape (2**n, n)."""
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.float64)
