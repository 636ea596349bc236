"""Backends by their names."""

__all__ = ["target_of"]

from functools import partial
from typing import Any

from pennylane.exceptions import DeviceError
from qiskit.primitives import BaseSamplerV2
from qiskit.providers import BackendV2

from qgan.backends.facts import FAKE
from qgan.backends.primitives.aer import AerTarget
from qgan.backends.primitives.names import fakes
from qgan.backends.primitives.sampler import SamplerTarget
from qgan.backends.primitives.target import Target
from qgan.errors import did_you_mean

AER = {"aer": AerTarget, "aer:density": partial(AerTarget, density=True)}


def target_of(backend: Any) -> Target[Any]:
    """A new one, of a name, a V2 sampler or a ``BackendV2``.

    Raises:
        DeviceError: If there is no such backend.
    """
    if isinstance(backend, BaseSamplerV2):
        return SamplerTarget(backend)
    if isinstance(backend, BackendV2):
        return SamplerTarget.of_backend(backend)
    if backend in AER:
        return AER[backend]()
    if isinstance(backend, str) and backend.startswith(FAKE):
        known, name = fakes(), backend.removeprefix(FAKE)
        if name in known:
            from qgan.backends.primitives.fake import FakeTarget

            return FakeTarget(known[name])
        near = did_you_mean(name, known)
        raise DeviceError(f"There is no fake backend '{name}'. {near}There are: {', '.join(sorted(known))}")
    raise DeviceError(f"There is no backend {backend!r}: ask for {', '.join(AER)} or fake:NAME, or hand over Qiskit's")
