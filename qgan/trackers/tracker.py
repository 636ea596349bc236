"""What an experiment tracker is to us: something that keeps the history of a run."""

__all__ = ["Kept", "Tracker", "environment", "required"]

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from qgan.errors import BackendError
from qgan.trackers.history import History


class Kept(NamedTuple):
    """Where a history is kept, and the command that shows it."""

    place: Path
    look: str


class Tracker(Protocol):
    """Keeps histories in a directory of its own."""

    def keep(self, history: History) -> Kept:
        """Makes the tracker hold this history and no other of that run, however often it is called."""
        ...


def required(module: str, *, extra: str) -> Any:
    """A module of a package that only this tracker needs.

    Raises:
        BackendError: If it is not installed, or does not work.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise BackendError(
            f"The tracker '{extra}' is not installed", got=error, cure=f"Install it with: pip install 'qgan[{extra}]'"
        ) from error


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Environment variables that are put back afterwards: how trackers are told to ask no server for anything."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
