"""Quantum-hybrid generative adversarial networks: trained fast, judged honestly, resumed exactly.

The public names are loaded when they are first asked for, so that importing the package costs nothing heavy.
"""

__all__ = ["Comparison", "Run", "__version__", "collect", "fit", "load", "submit", "train"]

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgan.api import Comparison, Run, collect, fit, load, submit, train

    __version__: str


def _refuse_foreign_circuits() -> None:
    """A package of the same everyday name would otherwise fail much later, and in an obscure way."""
    ours = Path(__file__).resolve().parent.parent / "circuits"
    spec = importlib.util.find_spec("circuits")
    if spec is None:
        raise ImportError(
            f"The package 'circuits', which is part of qgan, was not found. Allowed: {ours}. "
            "Install qgan again, or put that directory's parent on the import path."
        )
    found = [Path(place).resolve() for place in spec.submodule_search_locations or [spec.origin or ""]]
    if ours not in found:
        raise ImportError(
            f"Another 'circuits' hides the package of that name in qgan. Got: {found[0]}. Allowed: {ours}. "
            "Rename or uninstall the other one, or start Python from another directory."
        )


_refuse_foreign_circuits()


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("qgan")
    if name in __all__:
        return getattr(importlib.import_module("qgan.api"), name)
    raise AttributeError(f"module 'qgan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
