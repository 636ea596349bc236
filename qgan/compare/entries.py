"""The models of a comparison as they are written down once their settings are known: its book, recipe by recipe."""

__all__ = ["Book", "Entry", "Tuning"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, final

from pydantic import Field

from qgan._typing import Json
from qgan.compare.models import Group
from qgan.config import RunConfig
from qgan.validation import validate


@final
@dataclass(frozen=True)
class Tuning:
    """What the search for a model's settings came to.

    Attributes:
        trials: How many settings were tried, those of the recipe first.
        seconds: Spent on their runs, all together.
        settings: Dotted keys of the configuration and the values that were chosen.
        losses: Of each trial in the short round, on validation; smaller is better.
        finals: Of those that were trained whole, by number: number 0 has the recipe's own settings.
        failed: How many runs of them failed or diverged.
    """

    trials: int
    seconds: float
    settings: Mapping[str, Any]
    losses: tuple[float, ...]
    finals: Mapping[int, float]
    failed: int


@final
@dataclass(frozen=True)
class Entry:
    """A model that is trained, or the reason why it is not.

    Attributes:
        name: Unlike all others of its recipe.
        group: What it is there for.
        what: What it is, or what it changes, in a sentence.
        left_out: Why it is not trained, or None.
        document: Its configuration, but for the seed.
        parameters: Numbers that are trained.
        circuit_weights: Those of them that are circuits'; None for a classical generator.
        tangent_rank: In how many directions they move what is read; None for a classical generator.
        tuning: None where nothing was tuned.
    """

    name: str
    group: Group
    what: str
    document: Json
    left_out: str | None = None
    parameters: int | None = None
    circuit_weights: int | None = None
    tangent_rank: int | None = None
    tuning: Tuning | None = None

    def config(self, seed: int) -> RunConfig:
        """Of its run on a seed."""
        return validate(RunConfig, {**self.document, "seed": seed})


@final
@dataclass(frozen=True)
class Book:
    """All models of a recipe.

    Attributes:
        declaration: SHA-256 of the declaration that they follow from.
        entries: The subject first.
        family: The classical family that did best on validation; None until that is known.
    """

    declaration: str
    entries: Annotated[tuple[Entry, ...], Field(min_length=1)]
    family: str | None = None
