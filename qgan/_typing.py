"""Types that many modules share. Angles are radians everywhere in this package."""

__all__ = ["Array", "Device", "Direction", "Json"]

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

Device: TypeAlias = Literal["auto", "cpu", "cuda"]
Direction: TypeAlias = Literal["lower", "higher"]
Json: TypeAlias = dict[str, Any]


def __getattr__(name: str) -> Any:
    """``Array`` when it is first asked for: numpy is half of what `qgan --help` would load."""
    if name != "Array":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import numpy as np
    from numpy.typing import NDArray

    return NDArray[np.float64]
