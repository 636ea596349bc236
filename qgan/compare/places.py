"""Where things are in a comparison's directory."""

__all__ = ["Places"]

from dataclasses import dataclass
from pathlib import Path
from typing import final


@final
@dataclass(frozen=True)
class Places:
    """Of one recipe; runs are named relative to the comparison's directory.

    Attributes:
        root: The comparison's directory.
        recipe: The recipe's name.
    """

    root: Path
    recipe: str

    def run(self, model: str, seed: int) -> str:
        """One of the runs that are compared."""
        return f"runs/{self.recipe}/{model}/s{seed}"

    def trial(self, model: str, number: int, seed: int) -> str:
        """A run of the search for settings."""
        return f"tuning/{self.recipe}/{model}/t{number}/s{seed}"

    def search(self, model: str) -> Path:
        """What the trials of that search came to."""
        return self._own / "searches" / f"{model}.json"

    @property
    def models(self) -> Path:
        """Which models there are, with their settings."""
        return self._own / "models.json"

    @property
    def failures(self) -> Path:
        """Why runs failed, by their names; those that diverged say so themselves."""
        return self._own / "failures.json"

    def yardsticks(self, seed: int) -> Path:
        """What the metrics' values on one seed are read against."""
        return self._own / "yardsticks" / f"s{seed}.json"

    def rescored(self, name: str, seed: int) -> Path:
        """Scores of what was not trained."""
        return self._own / "rescored" / name / f"s{seed}.json"

    def speed(self, model: str) -> Path:
        """How fast a model is."""
        return self._own / "speed" / f"{model}.json"

    @property
    def untimed(self) -> Path:
        """Why models could not be timed, by their names."""
        return self._own / "untimed.json"

    @property
    def cost(self) -> Path:
        """What it all costs."""
        return self._own / "cost.json"

    @property
    def _own(self) -> Path:
        return self.root / "recipes" / self.recipe
