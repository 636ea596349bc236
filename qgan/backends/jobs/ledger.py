"""What was done about jobs, line by line, each on the disk before anything follows from it."""

__all__ = ["VERSION", "Ledger"]

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, final

from qgan._typing import Json
from qgan.errors import CheckpointError, ResourceError
from qgan.files import heal_tail, sync_directory, sync_file

VERSION = 1


@final
class Ledger:
    """An append-only file of events. A line that a crash left unfinished is cut off; any other damage is refused.

    Args:
        path: The file; it is made with the first event.

    Attributes:
        events: All of them, in order.

    Raises:
        CheckpointError: If a line is damaged, or is of a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events: list[Json] = []
        self._read()

    def append(self, event: str, **facts: Any) -> Json:
        """One more event; it is on the disk when this returns.

        Raises:
            ResourceError: If it cannot be written. Nothing may then be done that the event announces.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        known: Json = {"version": VERSION, "time": now, "event": event, **facts}
        line = json.dumps({**known, "sum": _sum(known)}, sort_keys=True, allow_nan=False).encode() + b"\n"
        new = not self.path.exists()
        try:
            heal_tail(self.path)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if os.write(descriptor, line) != len(line):
                    raise OSError("only a part of a line was taken")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                sync_directory(self.path.parent)
        except OSError as error:
            raise ResourceError(
                f"{self.path}, which must know of every job, cannot be written",
                got=error,
                cure="Make room there, or make it writable, then go on",
            ) from error
        self.events.append(known)
        return known

    def _read(self) -> None:
        if not self.path.exists():
            return
        if _torn(self.path):
            _writable(self.path, heal_tail)
            sync_file(self.path)
        for number, line in enumerate(self.path.read_bytes().splitlines(), start=1):
            try:
                known = json.loads(line)
                stated = known.pop("sum")
                version, actual = known["version"], _sum(known)
            except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
                raise self._damaged(number, error) from None
            if stated != actual:
                raise self._damaged(number, "its checksum does not fit")
            if version != VERSION:
                raise CheckpointError(
                    f"Line {number} of {self.path} is of another version",
                    got=version,
                    allowed=VERSION,
                    cure="Go on with the version of qgan that wrote it",
                )
            self.events.append(known)

    def _damaged(self, number: int, why: object) -> CheckpointError:
        return CheckpointError(
            f"Line {number} of {self.path} is damaged",
            got=why,
            cure="Restore it from a copy: without it, jobs might be paid twice",
        )


def _sum(known: Json) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True, allow_nan=False).encode()).hexdigest()[:16]


def _torn(path: Path) -> bool:
    data = path.read_bytes()
    return bool(data) and not data.endswith(b"\n")


def _writable(path: Path, do: Callable[[Path], None]) -> None:
    try:
        do(path)
    except OSError as error:
        raise ResourceError(f"{path} cannot be written", got=error, cure="Make it writable, then go on") from error
