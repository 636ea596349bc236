"""Whether a run has shots enough for its gradient to point where it should."""

__all__ = ["FEW", "FewShots"]

from typing import final

from qgan._typing import Json
from qgan.checks.check import Check
from qgan.config import RunConfig

FEW = "estimator"


@final
class FewShots(Check):
    """Fewer shots than the gradient's estimator takes. Looks at the event that says how it is estimated.

    What it says is from :func:`qgan.experiment.estimator_of`.
    """

    log = "events"

    def __init__(self, _config: RunConfig) -> None:
        self._problem: str | None = None

    def see(self, line: Json) -> str | None:
        if line["event"] == FEW:
            self._problem = line.get("warning")
        return self._problem
