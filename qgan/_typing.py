"""Types that many modules share. Angles are radians everywhere in this package."""

__all__ = ["Array", "Device", "Direction", "Json"]

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Device: TypeAlias = Literal["auto", "cpu", "cuda"]
Direction: TypeAlias = Literal["lower", "higher"]
Json: TypeAlias = dict[str, Any]
