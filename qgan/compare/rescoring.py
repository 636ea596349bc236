"""Opponents that nothing trains: the subject's trained generator run under shots or noise, and what learned nothing."""

__all__ = ["Rescored"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, final


@final
@dataclass(frozen=True)
class Rescored:
    """Scores of one of them on the test part of one seed.

    Attributes:
        name: Which.
        group: ``"degraded"``: the subject's trained generator, run otherwise. ``"reference"``: it learned nothing.
        what: What it is, in a sentence.
        seed: Of the split.
        n: Samples on either side.
        values: By metric; None where it could not be computed.
        reason: Why there are no values at all, or None.
    """

    name: str
    group: Literal["degraded", "reference"]
    what: str
    seed: int
    n: int
    values: Mapping[str, float | None]
    reason: str | None = None
