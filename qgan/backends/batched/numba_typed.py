"""Numba's decorators, as pyright can read them, and a cache on disk that knows what kernels are made of."""

__all__ = ["inner", "intrinsic", "kernel", "sources"]

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numba
from numba import extending

intrinsic: Any = extending.intrinsic
_any_njit: Any = numba.njit
# Kernels own no memory, so nothing counts who holds an array: less to compile, and less to do at each slice.
_njit: Any = partial(_any_njit, nogil=True, error_model="numpy", _nrt=False)

# A part of a kernel, which Python never calls.
inner: Any = _njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)


def kernel(function: Any) -> Any:
    """Compiles a function when it is first called with arrays of some types, and keeps it on disk."""
    compiled = _njit(cache=True, no_cfunc_wrapper=True)(function)
    file = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if file is not None:
        # Numba itself looks whether this one file has changed, and not those of the parts.
        file._source_stamp = sources()
    return compiled


def sources() -> str:
    """A SHA-256 of all that kernels are made of."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
