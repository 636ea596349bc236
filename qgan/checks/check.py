"""What a check is."""

__all__ = ["Check", "Log", "Streak"]

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, TypeAlias, final

from qgan._typing import Json

Log: TypeAlias = Literal["records", "evaluations", "events"]


class Check(ABC):
    """Follows one log of a run.

    Attributes:
        log: Which one.
    """

    log: ClassVar[Log]

    @abstractmethod
    def see(self, line: Json) -> str | None:
        """What is wrong after this line, in plain words with what to try; None while nothing is."""


@final
class Streak:
    """How many lines in a row something has been so.

    Args:
        least: From how many on it counts.
    """

    def __init__(self, least: int) -> None:
        self._least, self._count = least, 0

    def goes_on(self, holds: bool) -> bool:
        """Whether it has now been so for long enough."""
        self._count = self._count + 1 if holds else 0
        return self._count >= self._least
