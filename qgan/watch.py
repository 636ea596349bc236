"""The checks of a run at work: told its logs, and telling its events what comes up and what clears."""

__all__ = ["Watch"]

from collections.abc import Sequence
from typing import final

from qgan._typing import Json
from qgan.checks import Checks
from qgan.checks.check import Log
from qgan.checks.gradient import EVENT, agreements
from qgan.checks.samples import spread
from qgan.checks.shots import FEW
from qgan.errors import CheckpointError
from qgan.experiment import Experiment
from qgan.runs import RunDirectory
from qgan.samples import Samples


@final
class Watch:
    """Follows a run; nothing stands before :meth:`begin`.

    Args:
        run: Its events are written.
        experiment: Its gradients are checked when the run first begins, which its events remember.
    """

    def __init__(self, run: RunDirectory, experiment: Experiment) -> None:
        self._run, self._experiment, self._checks = run, experiment, Checks(run.config, {})

    @property
    def standing(self) -> list[Json]:
        """The warnings that stand."""
        return self._checks.standing

    def begin(self) -> None:
        """Takes in what a run that goes on has said before, and checks the gradients of one that begins."""
        events = _events(self._run)
        logs: dict[Log, list[Json]] = {
            "records": self._run.lines("records"),
            "evaluations": self._run.lines("evaluations"),
            "events": events,
        }
        self._checks = Checks(self._run.config, logs)
        self._tell_estimator(events)
        if any(line["event"] == EVENT for line in events):
            return
        players = {name: agreement._asdict() for name, agreement in agreements(self._experiment).items()}
        line: Json = {"step": self._experiment.state.step, "players": players}
        self._run.event(EVENT, **line)
        self.see("events", {"event": EVENT, **line})

    def _tell_estimator(self, events: Sequence[Json]) -> None:
        """Once, where there are shots, and again if another version knows better."""
        now: Json = self._experiment.facts["gradient"].get("estimator", {})
        said: Json = next((line for line in reversed(events) if line["event"] == FEW), {})
        if any(said.get(key) != value for key, value in now.items()):
            line: Json = {"step": self._experiment.state.step, **now}
            self._run.event(FEW, **line)
            self.see("events", {"event": FEW, **line})

    def see(self, log: Log, line: Json) -> None:
        """Takes in a line that has just been written."""
        for change in self._checks.see(log, line):
            self._run.event(change.event, check=change.check, step=change.step, message=change.message)

    def spread(self, fake: Samples) -> float | None:
        """The variance of generated samples as a share of that of real ones."""
        return spread(fake, self._experiment.data.validation, seed=self._run.config.seed)


def _events(run: RunDirectory) -> list[Json]:
    """What happened so far; no training is stopped for a damaged line of it."""
    try:
        return run.lines("events")
    except CheckpointError:
        return []
