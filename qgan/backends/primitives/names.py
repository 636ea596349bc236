"""Which computers Qiskit has fakes of."""

__all__ = ["PREFIX", "fakes"]

import warnings
from functools import cache
from typing import Any

PREFIX = "fake_"


@cache
def fakes() -> dict[str, Any]:
    """All of them, made once: what follows ``fake:``, and Qiskit's. Empty where IBM's client is not installed."""
    try:
        from qiskit_ibm_runtime.fake_provider import FakeProviderForBackendV2
    except ImportError:
        return {}
    with warnings.catch_warnings():
        # One of them warns of itself when it is made, whoever asks for another.
        warnings.simplefilter("ignore", UserWarning)
        return {each.name.removeprefix(PREFIX): each for each in FakeProviderForBackendV2().backends()}
