"""MLflow with an SQLite file of its own: no server, and none of the usage data that it would send by default."""

__all__ = ["MLflow", "numbers_in"]

import shlex
from itertools import islice
from pathlib import Path
from typing import Any, final

from qgan.trackers.history import History, Point
from qgan.trackers.tracker import Kept, environment, required

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_LOGGING_LEVEL": "WARNING"}
EXPERIMENT, TAG = "qgan", "qgan.run"
# The most that MLflow takes at once.
BATCH, PARAMETERS = 1000, 100
ENDS = {"done": "FINISHED", "failed": "FAILED", "diverged": "FAILED", "interrupted": "KILLED"}


@final
class MLflow:
    """Writes a run into ``mlflow.db``, and its files beside it; a run that is longer than last time is added to.

    Args:
        out: The directory of the database.

    Raises:
        BackendError: If it is not installed.
    """

    def __init__(self, out: Path) -> None:
        self._out, self._uri = out, f"sqlite:///{out.resolve() / 'mlflow.db'}"
        with environment(**QUIET):
            self._mlflow = required("mlflow", extra="mlflow")
            out.mkdir(parents=True, exist_ok=True)
            self._client = self._mlflow.MlflowClient(tracking_uri=self._uri)

    def keep(self, history: History) -> Kept:
        """Adds what is new. Where what is there is of another course of the run, that run is deleted."""
        with environment(**QUIET):
            run = self._run(history)
            new = history.beyond(numbers_in(self._client, run))
            if new is None:
                self._client.delete_run(run.info.run_id)
                run, new = self._run(history), history.numbers
            self._log(run.info.run_id, history, new)
        return Kept(self._out, f"mlflow ui --backend-store-uri {shlex.quote(self._uri)}")

    def _run(self, history: History) -> Any:
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            home = (self._out / "artifacts").resolve().as_uri()
            number = self._client.create_experiment(EXPERIMENT, artifact_location=home)
        else:
            number = experiment.experiment_id
        name = history.name.replace("'", "")
        found = self._client.search_runs([number], filter_string=f"tags.`{TAG}` = '{name}'", max_results=1)
        return found[0] if found else self._client.create_run(number, run_name=history.name, tags={TAG: name})

    def _log(self, run_id: str, history: History, new: dict[str, list[Point]]) -> None:
        entities = self._mlflow.entities
        metrics = iter(
            entities.Metric(name, point.value, int(1000 * point.time), point.step)
            for name, points in new.items()
            for point in points
        )
        while some := list(islice(metrics, BATCH)):
            self._client.log_batch(run_id, metrics=some)
        parameters = iter(entities.Param(key, str(value)) for key, value in history.config.items())
        while some := list(islice(parameters, PARAMETERS)):
            self._client.log_batch(run_id, params=some)
        self._client.log_text(run_id, "".join(f"step {n.step}: {n.text}\n" for n in history.notes), "events.txt")
        for file in history.pictures.values():
            self._client.log_artifact(run_id, str(file))
        if history.state in ENDS:
            self._client.set_terminated(run_id, ENDS[history.state])
        else:
            self._client.update_run(run_id, status="RUNNING")


def numbers_in(client: Any, run: Any) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by name, read by MLflow itself."""
    return {
        name: sorted((one.step, one.value) for one in client.get_metric_history(run.info.run_id, name))
        for name in run.data.metrics
    }
