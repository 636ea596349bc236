"""Types that many modules share. Angles are radians everywhere in this package."""

__all__ = ["AnyArray", "Array", "ComplexArray", "Device", "Direction", "Json"]

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    AnyArray: TypeAlias = NDArray[Any]
    ComplexArray: TypeAlias = NDArray[np.complex128]

Device: TypeAlias = Literal["auto", "cpu", "cuda"]
Direction: TypeAlias = Literal["lower", "higher"]
Json: TypeAlias = dict[str, Any]


def __getattr__(name: str) -> Any:
    """The arrays when they are first asked for: numpy is half of what `qgan --help` would load."""
    if name not in ("AnyArray", "Array", "ComplexArray"):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import numpy as np
    from numpy.typing import NDArray

    return {"AnyArray": NDArray[Any], "Array": NDArray[np.float64], "ComplexArray": NDArray[np.complex128]}[name]
