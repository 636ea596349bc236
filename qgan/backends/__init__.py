"""Where circuits are run: any PennyLane device by its name, what it needs, and how it differentiates.

Neither torch nor pennylane is imported before a device is asked for.
"""

__all__ = ["BACKENDS", "Backend", "BackendOptions", "Status", "names", "resolve"]

import re
from functools import partial

from qgan._registry import Entry, Options, Table
from qgan.backends.backend import Backend, Status
from qgan.backends.facts import FAKE, IBM, KNOWN, UNSUITABLE, plugin_devices
from qgan.backends.options import BackendOptions
from qgan.errors import BackendError, did_you_mean


def _backend(_: Options, *, name: str) -> Backend:
    return Backend(name)


BACKENDS = Table(
    "backend",
    "qgan.backends",
    {name: Entry(partial(_backend, name=name), BackendOptions, facts.summary) for name, facts in KNOWN.items()},
)


def names() -> tuple[str, ...]:
    """What may be asked for: every known backend, installed or not, and all other PennyLane devices installed."""
    plugins = sorted(plugin_devices() - set(BACKENDS) - set(UNSUITABLE))
    return (*BACKENDS, *plugins)


def resolve(name: str) -> Backend:
    """The backend of that name, for example ``"fake:lagos"``. It may be missing: ask for its :meth:`Backend.status`.

    Raises:
        BackendError: If nothing has that name, or if the device of that name cannot serve here.
    """
    if name in BACKENDS:
        entry = BACKENDS[name]
        return entry.make(entry.options())
    if name in UNSUITABLE:
        raise BackendError(
            f"The PennyLane device '{name}' cannot be used here: {UNSUITABLE[name]}",
            allowed=", ".join(names()),
            cure="Use lightning.qubit or default.qubit",
        )
    if name in plugin_devices():
        return Backend(name)
    known = names()
    if re.fullmatch(rf"{IBM}[A-Za-z0-9_.-]{{1,64}}", name):
        return Backend(name)
    if name.startswith(FAKE):
        fakes = _fakes()
        if name in fakes or not fakes:
            return Backend(name)
        known = (*known, *sorted(fakes - set(known)))
    raise BackendError(
        f"There is no backend called '{name}'",
        allowed=", ".join(known),
        cure=f"{did_you_mean(name, known)}Use one of these, or install the PennyLane plugin that has it",
    )


def _fakes() -> set[str]:
    from qgan.backends.primitives.names import fakes

    return {FAKE + each for each in fakes()}
