"""Files that are whole or absent: written aside, synced, and put in place by a rename."""

__all__ = [
    "append_line",
    "atomic_write",
    "heal_tail",
    "locked",
    "read_json",
    "sync_directory",
    "sync_file",
    "write_synced",
]

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

from qgan._typing import Json
from qgan.errors import BusyError, CheckpointError

MAX_JSON_BYTES = 2**26


def write_synced(path: Path, data: bytes) -> None:
    """A new file, on the disk before this returns.

    Raises:
        FileExistsError: If there is one already.
    """
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Makes the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Makes what a file holds durable; a file that is missing is let be."""
    if path.exists():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def atomic_write(path: Path, data: bytes) -> None:
    """Replaces a file: whoever reads it sees the old or the new one, never a mixture."""
    aside = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        aside.unlink(missing_ok=True)
        write_synced(aside, data)
        aside.replace(path)
        sync_directory(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def append_line(path: Path, document: Json) -> None:
    """One JSON line at the end of a file, in one write."""
    line = json.dumps(document, sort_keys=True, allow_nan=False).encode() + b"\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        if os.write(descriptor, line) != len(line):
            raise OSError(f"{path} took only a part of a line")
    finally:
        os.close(descriptor)


def heal_tail(path: Path) -> None:
    """Cuts off a last line that a crash left without its end."""
    if path.exists():
        whole = path.read_bytes().rfind(b"\n") + 1
        if whole != path.stat().st_size:
            os.truncate(path, whole)


@contextlib.contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Holds a file for this process alone; the kernel lets go of it when the process dies.

    Args:
        path: The file; made where missing.
        what: It stands for, in the message: ``"The run runs/a"``.

    Raises:
        BusyError: If another process has it.
    """
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise BusyError(
                f"{what} is in use", got=file.read().strip() or None, cure="Wait for it, or stop that process"
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}\n")
        file.flush()
        yield


def read_json(path: Path) -> Json:
    """The object in a JSON file.

    Raises:
        CheckpointError: If it is missing, too large, or no JSON object.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ValueError(f"over {MAX_JSON_BYTES} bytes")
        document = json.loads(path.read_bytes())
        if not isinstance(document, dict):
            raise ValueError("not an object")
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read", got=error, cure="Check that this is a run directory") from None
    return document
