"""Experiment trackers: places where the history of a run can be looked at beside others.

``make(NoOptions(), out)`` of an entry gives a Tracker that keeps histories in that directory. None of their packages is
loaded before it is asked for, and none is needed to train.
"""

__all__ = ["TRACKERS", "History", "Kept", "Tracker", "history_of"]

from pathlib import Path

from qgan._registry import Entry, NoOptions, Table
from qgan.trackers.history import History, history_of
from qgan.trackers.mlflow import MLflow
from qgan.trackers.tensorboard import TensorBoard
from qgan.trackers.tracker import Kept, Tracker
from qgan.trackers.wandb import WandB


def _tensorboard(_options: NoOptions, out: Path) -> Tracker:
    return TensorBoard(out)


def _wandb(_options: NoOptions, out: Path) -> Tracker:
    return WandB(out)


def _mlflow(_options: NoOptions, out: Path) -> Tracker:
    return MLflow(out)


TRACKERS = Table(
    "tracker",
    "qgan.trackers",
    {
        "tensorboard": Entry(_tensorboard, summary="event files for TensorBoard"),
        "wandb": Entry(_wandb, summary="an offline run of Weights & Biases"),
        "mlflow": Entry(_mlflow, summary="a run in an SQLite file of MLflow"),
    },
)
