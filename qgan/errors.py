"""The mistakes a user can meet. Each has one message in four parts, and the exit code the command line ends with."""

__all__ = [
    "BackendError",
    "BudgetError",
    "BusyError",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "DivergedError",
    "DoubtError",
    "Interrupted",
    "JobError",
    "LoginError",
    "QganError",
    "ResourceError",
]

import difflib
from collections.abc import Iterable
from typing import ClassVar

from qgan.redaction import redacted


class QganError(Exception):
    """What is wrong, what was received, what is allowed, what to do next.

    Args:
        what: What is wrong, as a sentence without its full stop.
        got: What was received.
        allowed: What would have been accepted.
        cure: What to do next, as a sentence without its full stop.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, got: object = None, allowed: object = None, cure: str | None = None) -> None:
        self.what, self.got, self.allowed, self.cure = what, got, allowed, cure
        parts = [what, f"Got: {got}" if got is not None else "", f"Allowed: {allowed}" if allowed else "", cure or ""]
        super().__init__(redacted(" ".join(part.rstrip(".") + "." for part in parts if part)))


class ConfigError(QganError, ValueError):
    """A wrong name, key, value or combination in a configuration, a flag or an argument."""

    exit_code = 2


class DataError(QganError, ValueError):
    """Data that cannot be read, or that does not fit."""

    exit_code = 3


class BackendError(QganError, RuntimeError):
    """A backend or plugin that is missing, broken, or refuses what is asked of it."""

    exit_code = 4


class CheckpointError(QganError, RuntimeError):
    """A run directory or checkpoint that is damaged or does not belong."""

    exit_code = 5


class DivergedError(QganError, ArithmeticError):
    """A loss, gradient or parameter that is not finite."""

    exit_code = 6


class ResourceError(QganError, OSError):
    """Too little memory or disk, or a place that cannot be written."""

    exit_code = 7


class JobError(QganError, RuntimeError):
    """A job at a quantum computer that failed, was cancelled, or cannot be reached."""

    exit_code = 8


class DoubtError(QganError, RuntimeError):
    """A submission of which it is not known whether it arrived: sent again it might be paid twice."""

    exit_code = 9


class LoginError(QganError, RuntimeError):
    """Credentials that are missing, or that a service refuses."""

    exit_code = 10


class BudgetError(QganError, RuntimeError):
    """More time of a quantum computer than was allowed."""

    exit_code = 11


class BusyError(QganError, RuntimeError):
    """A run directory that another process is using."""

    exit_code = 12


class Interrupted(KeyboardInterrupt):
    """A run stopped by a signal, after its step was finished and saved.

    Args:
        message: Where the run is, and how to go on with it.
        signal_number: The signal; the exit code is 128 more.
    """

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"Did you mean 'x'? "`` for the nearest of the known words, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean '{close[0]}'? " if close else ""
