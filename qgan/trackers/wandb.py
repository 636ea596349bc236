"""Weights & Biases, offline: files that ``wandb sync`` sends when, and only when, somebody calls it."""

__all__ = ["WandB"]

import hashlib
import shlex
import shutil
from pathlib import Path
from typing import Any, final

from qgan.trackers.history import History
from qgan.trackers.tracker import Kept, environment, required

# No server is asked, no account wanted, and nothing said to the terminal or about failures.
OFFLINE = {"WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true"}
PROJECT = "qgan"


@final
class WandB:
    """Writes an offline run. Such a run cannot be added to: it is written whole each time, in place of the last one.

    Args:
        out: Where the directory ``wandb`` will be.

    Raises:
        BackendError: If it is not installed.
    """

    def __init__(self, out: Path) -> None:
        with environment(**OFFLINE):
            self._wandb, self._out = required("wandb", extra="wandb"), out

    def keep(self, history: History) -> Kept:
        """Replaces the offline run of that name."""
        identity = hashlib.sha256(history.name.encode()).hexdigest()[:16]
        for old in self._out.glob(f"wandb/offline-run-*-{identity}"):
            shutil.rmtree(old)
        self._out.mkdir(parents=True, exist_ok=True)
        with environment(**OFFLINE):
            run = self._wandb.init(
                project=PROJECT,
                id=identity,
                name=history.name,
                config=history.config,
                dir=str(self._out),
                mode="offline",
                reinit="create_new",
                settings=self._settings(),
            )
            self._log(run, history)
            run.finish(exit_code=1 if history.state in ("failed", "diverged") else 0)
            # Only this waits until all is written; it would end a run of somebody else's, too.
            if self._wandb.run is None:
                self._wandb.teardown()
        (place,) = self._out.glob(f"wandb/offline-run-*-{identity}")
        return Kept(place, f"wandb sync {shlex.quote(str(place))}")

    def _settings(self) -> Any:
        # What it would collect is about the process that writes, and not about the training.
        return self._wandb.Settings(
            console="off",
            silent=True,
            disable_git=True,
            disable_code=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_disable_machine_info=True,
        )

    def _log(self, run: Any, history: History) -> None:
        steps: dict[int, dict[str, Any]] = {0: {}}
        for name, points in history.numbers.items():
            for point in points:
                steps.setdefault(point.step, {})[name] = point.value
        last = steps[max(steps)]
        if history.notes:
            rows = [[note.step, note.text] for note in history.notes]
            last["events"] = self._wandb.Table(columns=["step", "event"], data=rows)
        for name, file in history.pictures.items():
            last[name] = self._wandb.Image(str(file))
        for step in sorted(steps):
            run.log(steps[step], step=step)
