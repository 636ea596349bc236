"""When a run has converged: its validation metric is at the floor, or no longer gets better."""

__all__ = ["Convergence", "Verdict"]

from collections.abc import Iterable
from typing import NamedTuple, final

from qgan._typing import Json
from qgan.config import RunConfig
from qgan.evaluate import Score


class Verdict(NamedTuple):
    """What an evaluation says of the one metric that decides.

    Attributes:
        best: It is the best so far.
        gained: It is better than the last gain by more than ``train.min_gain``.
        at_floor: It is no worse than 95 % of real data against real.
    """

    best: bool
    gained: bool
    at_floor: bool


@final
class Convergence:
    """Follows the evaluations of a run. Replayed from the run's log it is where it was, so that no checkpoint holds it.

    Args:
        config: Of the run.
        evaluations: Lines of its log.

    Attributes:
        reason: Why to stop, or None.
    """

    def __init__(self, config: RunConfig, evaluations: Iterable[Json]) -> None:
        self._train, self._metric = config.train, config.evaluate.metric
        self._first: float | None = None
        self._best: float | None = None
        self._mark: float | None = None
        self._stale = self._at_floor = 0
        self.reason: str | None = None
        for line in evaluations:
            value = line["scores"][self._metric]["value"]
            self._follow(value, Verdict(line["best"], line["gained"], line["at_floor"]))

    def see(self, score: Score) -> Verdict:
        """Takes in an evaluation."""
        value = score.value
        if value is None:
            verdict = Verdict(best=False, gained=False, at_floor=False)
        else:
            sign = 1 if score.direction == "lower" else -1
            first = value if self._first is None else self._first
            least = self._train.min_gain * abs(first - (score.floor or 0.0))
            best = self._best is None or sign * value < sign * self._best
            gained = self._mark is None or sign * value < sign * self._mark - least
            bound = score.floor_high if score.direction == "lower" else score.floor_low
            verdict = Verdict(best, gained, bound is not None and sign * value <= sign * bound)
        self._follow(value, verdict)
        return verdict

    def _follow(self, value: float | None, verdict: Verdict) -> None:
        self._first = value if self._first is None else self._first
        self._best = value if verdict.best else self._best
        self._mark = value if verdict.gained else self._mark
        self._at_floor = self._at_floor + 1 if verdict.at_floor else 0
        self._stale = 0 if verdict.gained else self._stale + 1
        if self._train.until != "converged":
            return
        if self._at_floor >= self._train.patience:
            self.reason = f"{self._metric} at its floor for {self._at_floor} evaluations"
        elif self._stale >= self._train.patience:
            self.reason = f"{self._metric} on a plateau for {self._stale} evaluations"
