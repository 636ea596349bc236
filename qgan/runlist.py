"""Which runs there are, and how each is; torch is not needed to know."""

__all__ = ["list_runs", "status_of"]

import fcntl
from pathlib import Path

from qgan import layout
from qgan._typing import Json
from qgan.errors import CheckpointError


def list_runs(directory: Path) -> list[Path]:
    """The runs in a directory, oldest first; what is no run is passed over."""
    entries = sorted(directory.iterdir()) if directory.is_dir() else []
    return [path for path in entries if not path.name.startswith(".") and (path / "run.json").is_file()]


def status_of(path: Path) -> Json:
    """What a run says of itself, and "stopped" where it says that it is running and no process has it."""
    try:
        status = layout.read(path / "status.json", layout.Status)
    except CheckpointError as error:
        return {"state": "unreadable", "step": None, "reason": str(error)}
    if status["state"] == "running" and not _held(path / "LOCK"):
        return {**status, "state": "stopped", "reason": "its process ended without a word; go on with --resume"}
    return status


def _held(lock: Path) -> bool:
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
