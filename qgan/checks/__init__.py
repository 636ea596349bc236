"""What a run notices about itself while it trains: warnings that come up, stand, and clear.

``make(NoOptions(), config)`` of an entry gives a Check, which follows one log of the run. Replayed from the logs it is
where it was, so that no checkpoint holds it, and a run that is gone on with has the warnings it had. Nothing here
changes the training.
"""

__all__ = ["CHECKS", "Change", "Check", "Checks"]

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, final

from qgan._registry import Entry, NoOptions, Table
from qgan._typing import Json
from qgan.checks.check import Check, Log
from qgan.checks.gradient import Gradient
from qgan.checks.samples import Collapse, LostModes
from qgan.checks.shots import FewShots
from qgan.checks.steps import PostSelection, Saturated, Vanishing
from qgan.config import RunConfig

CHECKS = Table(
    "check",
    "qgan.checks",
    {
        "collapse": Entry(lambda _, config: Collapse(config), summary="samples vary much less than real ones"),
        "lost-modes": Entry(lambda _, config: LostModes(config), summary="coverage is a small share of its best"),
        "saturated": Entry(lambda _, config: Saturated(config), summary="the scores are stuck near 1 and 0"),
        "vanishing": Entry(lambda _, config: Vanishing(config), summary="the generator's gradient is gone"),
        "post-selection": Entry(lambda _, config: PostSelection(config), summary="ancillas throw most shots away"),
        "few-shots": Entry(lambda _, config: FewShots(config), summary="the gradient's estimator takes more shots"),
        "gradient": Entry(lambda _, config: Gradient(config), summary="a gradient is zero, or of wrong sign or size"),
    },
)


class Change(NamedTuple):
    """A warning that came up, or cleared.

    Attributes:
        event: Which of the two.
        check: Whose it is.
        step: When.
        message: What it said when it came up.
    """

    event: Literal["warning", "warning cleared"]
    check: str
    step: int
    message: str


@final
class Checks:
    """All checks of a run, and the warnings that stand.

    Args:
        config: Of the run.
        logs: Lines of its logs so far; what changed with them has been told before.
    """

    def __init__(self, config: RunConfig, logs: Mapping[Log, Iterable[Json]]) -> None:
        self._checks: dict[str, Check] = {name: CHECKS[name].make(NoOptions(), config) for name in CHECKS}
        self._standing: dict[str, Change] = {}
        for log, lines in logs.items():
            for line in lines:
                self.see(log, line)

    @property
    def standing(self) -> list[Json]:
        """The warnings that stand: whose, since which step, in what words."""
        return [{"check": one.check, "step": one.step, "message": one.message} for one in self._standing.values()]

    def see(self, log: Log, line: Json) -> list[Change]:
        """Takes in a line of a log: what came up or cleared with it. A warning that stands is not repeated."""
        changes = []
        for name, check in self._checks.items():
            if check.log != log:
                continue
            message, stood = check.see(line), self._standing.get(name)
            if message is not None and stood is None:
                self._standing[name] = Change("warning", name, line["step"], message)
                changes.append(self._standing[name])
            elif message is None and stood is not None:
                changes.append(Change("warning cleared", name, line["step"], self._standing.pop(name).message))
        return changes
