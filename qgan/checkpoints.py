"""Checkpoints, whole or rejected: safetensors and JSON under a manifest of SHA-256 sums. Nothing is unpickled."""

__all__ = ["Checkpoint", "commit", "newest", "prune", "read", "step_of", "steps", "usable"]

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from qgan._typing import Json
from qgan.errors import CheckpointError
from qgan.files import MAX_JSON_BYTES, sync_directory, write_synced

SCHEMA = 1
TENSORS, SCALARS, MANIFEST, SUM = "tensors.safetensors", "state.json", "manifest.json", "manifest.sha256"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds, after its sums were found right.

    Attributes:
        step: The last whole step in it.
        tensors: By flat names.
        scalars: Everything that is no tensor.
        meta: What the run wrote beside it, such as the lengths of its records.
    """

    step: int
    tensors: dict[str, Tensor]
    scalars: Json
    meta: Json


def _name(step: int) -> str:
    return f"step-{step:06d}"


def step_of(path: Path) -> int | None:
    """The step of a checkpoint's directory, or None for another."""
    number = path.name.removeprefix("step-")
    step = int(number) if re.fullmatch("[0-9]{6,18}", number) else None
    return step if step is not None and path.name == _name(step) else None


def steps(root: Path) -> list[int]:
    """The steps there are checkpoints of, in order; none of them has been verified."""
    entries = root.iterdir() if root.is_dir() else ()
    return sorted(step for path in entries if (step := step_of(path)) is not None)


def commit(root: Path, *, tensors: Mapping[str, Tensor], scalars: Json, meta: Json) -> Path:
    """Writes a checkpoint: aside, synced, renamed, and the directory synced. One that is there already stays.

    Args:
        root: The directory of checkpoints.
        tensors: By flat names, each with memory of its own.
        scalars: JSON values, ``"step"`` among them.
        meta: JSON values that are verified with it.
    """
    step = int(scalars["step"])
    final, aside = root / _name(step), root / f"{_name(step)}.tmp-{os.getpid()}"
    if final.exists():
        return final
    files = {TENSORS: safetensors.torch.save(dict(tensors)), SCALARS: _json(scalars)}
    sums = {name: {"sha256": _sha256(data), "size": len(data)} for name, data in files.items()}
    manifest = _json({"schema": SCHEMA, "step": step, "meta": meta, "files": sums})
    aside.mkdir()
    try:
        for name, data in {**files, MANIFEST: manifest, SUM: _sha256(manifest).encode()}.items():
            write_synced(aside / name, data)
        sync_directory(aside)
        aside.rename(final)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    sync_directory(root)
    return final


def read(path: Path) -> Checkpoint:
    """A checkpoint, every byte of it verified before it is used.

    Raises:
        CheckpointError: If anything about it is not as it was written, or it is of another schema.
    """
    try:
        return _read(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError) as error:
        raise CheckpointError(f"The checkpoint {path} is damaged", got=error) from None


def _read(path: Path) -> Checkpoint:
    if path.is_symlink():
        raise ValueError("it is a link")
    manifest_bytes = _plain_file(path / MANIFEST, limit=MAX_JSON_BYTES)
    if _plain_file(path / SUM, limit=64) != _sha256(manifest_bytes).encode():
        raise ValueError("the manifest does not fit its sum")
    manifest = json.loads(manifest_bytes)
    if manifest["schema"] != SCHEMA:
        raise ValueError(f"it has schema {manifest['schema']}, this version reads {SCHEMA}")
    expected, found = {TENSORS, SCALARS}, {file.name for file in path.iterdir()}
    if set(manifest["files"]) != expected or found != {*expected, MANIFEST, SUM}:
        raise ValueError(f"its files are {', '.join(sorted(found))}")
    if manifest["step"] != step_of(path):
        raise ValueError(f"it holds step {manifest['step']}")
    contents = {}
    for name, entry in manifest["files"].items():
        contents[name] = _plain_file(path / name, limit=entry["size"])
        if len(contents[name]) != entry["size"] or _sha256(contents[name]) != entry["sha256"]:
            raise ValueError(f"{name} does not fit its sum")
    tensors = safetensors.torch.load(contents[TENSORS])
    return Checkpoint(manifest["step"], tensors, json.loads(contents[SCALARS]), manifest["meta"])


def newest(root: Path, rejected: Callable[[Path, CheckpointError], None]) -> Checkpoint | None:
    """The newest checkpoint that is whole; None where there never was one.

    Those that are damaged are renamed ``*.bad``, kept, and told of through ``rejected``; what an interrupted commit
    left behind is removed.

    Raises:
        CheckpointError: If there are checkpoints and all are damaged.
    """
    for leftover in root.glob("step-*.tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    there_were = any(root.glob("step-*.bad"))
    for step in reversed(steps(root)):
        if (found := usable(root, step, rejected)) is not None:
            return found
        there_were = True
    if there_were:
        raise CheckpointError(
            f"All checkpoints in {root} are damaged", cure="They are kept as *.bad; begin a new run, or restore a copy"
        )
    return None


def usable(root: Path, step: int, rejected: Callable[[Path, CheckpointError], None]) -> Checkpoint | None:
    """The checkpoint of that step; one that is damaged is renamed ``*.bad``, kept, and told of through ``rejected``."""
    path = root / _name(step)
    try:
        return read(path)
    except CheckpointError as error:
        bad = next(
            name for n in range(10_000) if not (name := root / f"{path.name}{f'.{n}' if n else ''}.bad").exists()
        )
        path.rename(bad)
        rejected(bad, error)
        return None


def prune(root: Path, *, keep_last: int, keep: Iterable[int]) -> None:
    """Removes all but the newest few and those of the steps to keep."""
    kept = {*steps(root)[-keep_last:], *keep}
    for step in steps(root):
        if step not in kept:
            # Renamed first: what a crash leaves half removed is no checkpoint any more.
            leaving = (root / _name(step)).rename(root / f"{_name(step)}.tmp-{os.getpid()}")
            shutil.rmtree(leaving)


def _plain_file(path: Path, *, limit: int) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise ValueError(f"{path.name} is not a plain file")
    if path.stat().st_size > limit:
        raise ValueError(f"{path.name} is larger than it was")
    return path.read_bytes()


def _json(document: Json) -> bytes:
    return json.dumps(document, sort_keys=True, allow_nan=False).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
