"""Numba's decorators, as pyright can read them, and a cache on disk that knows what kernels are made of.

Of each function Numba makes a library of its own: it takes in those that the function calls, optimises them again, and
turns them into machine code, although Python calls the outermost alone. Here parts are joined as they are, and
optimised and translated once, in their kernel: less to wait for when kernels are compiled.
"""

__all__ = ["inner", "intrinsic", "kernel", "sources"]

import hashlib
from functools import partial
from pathlib import Path
from typing import Any, final

import numba
from numba import extending
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder

intrinsic: Any = extending.intrinsic
_any_njit: Any = numba.njit
_passes: Any = DefaultPassBuilder
# Kernels own no memory, so nothing counts who holds an array: less to compile, and less to do at each slice.
_njit: Any = partial(_any_njit, nogil=True, error_model="numpy", _nrt=False)


@final
class _PartLibrary(JITCodeLibrary):
    """Code that is there to be joined with that of a kernel."""

    @property
    def codegen(self) -> Any:
        """Whom Numba tells where Python's objects are: parts have none."""
        return self

    def set_env(self, env_name: str, env: Any) -> None:
        """As there is no machine code of its own, there is no place for them."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@final
class _PartCompiler(CompilerBase):
    """Numba's own passes, into such a library."""

    def define_pipelines(self) -> list[Any]:
        state: Any = self.state
        state.library = _PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return [_passes.define_nopython_pipeline(state)]


# A part of a kernel, which Python never calls.
inner: Any = _njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=_PartCompiler)


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
