"""A run directory: what a run was asked, what it did, and what it needs to go on. Readable with ``cat``."""

__all__ = ["RunDirectory"]

import glob
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, final

from qgan import checkpoints, layout
from qgan._typing import Json
from qgan.backends.facts import facts_of
from qgan.checkpoints import Checkpoint
from qgan.config import RunConfig, to_toml
from qgan.documents import read_toml
from qgan.errors import CheckpointError, ConfigError, ResourceError
from qgan.files import append_line, atomic_write, heal_tail, locked, sync_directory, sync_file, write_synced
from qgan.layout import LOGS, Evaluation, Identity, Status
from qgan.state import TrainState
from qgan.validation import validate


@final
@dataclass(frozen=True)
class RunDirectory:
    """A run on disk.

    Attributes:
        path: Where it is.
        config: What it was asked, whole and resolved.
        identity: Versions, machine, data, objects, plugins, parent; written once.
    """

    path: Path
    config: RunConfig
    identity: Json

    @classmethod
    def create(
        cls,
        out: Path,
        config: RunConfig,
        identity: Json,
        *,
        name: str | None = None,
        parent: "RunDirectory | None" = None,
    ) -> "RunDirectory":
        """A new run, in ``out``; it appears there whole, by a rename.

        Args:
            out: The directory of runs; made where missing.
            config: Whole and resolved.
            identity: What ``run.json`` will hold, beside the run's name.
            name: Of its directory; from the time, the recipe and the seed if None.
            parent: The run that it goes on from: its records and its newest checkpoint are taken along.

        Raises:
            ResourceError: If it cannot be written there, or something else is there under that name.
        """
        stamp, mark = datetime.now(UTC).strftime("%Y%m%d-%H%M%S"), secrets.token_hex(2)
        name = name or f"{stamp}-{config.recipe}-s{config.seed}-{mark}"
        aside, path = out / f".{name}.{mark}.tmp", out / name
        try:
            (aside / "checkpoints").mkdir(parents=True)
            identity = {"name": name, "schema": 1, "created": stamp, **identity}
            write_synced(aside / "config.toml", to_toml(config).encode())
            write_synced(aside / "run.json", _pretty(identity))
            status: Json = {"state": "created", "step": 0}
            if parent is not None:
                status |= {"step": parent.newest_whole().step, "exact": parent.status.get("exact", True)}
            write_synced(aside / "status.json", _pretty(status))
            if parent is not None:
                _take_along(parent, aside)
            sync_directory(aside)
            aside.rename(path)
            sync_directory(out)
        except BaseException as error:
            shutil.rmtree(aside, ignore_errors=True)
            if isinstance(error, OSError):
                raise ResourceError(
                    f"No run can be written in {out}", got=error, cure="Give another place with --out"
                ) from error
            raise
        return cls(path, config, identity)

    @staticmethod
    def clear(path: Path) -> None:
        """Removes what processes that were killed while they made the run at that path have left beside it."""
        for aside in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            shutil.rmtree(aside, ignore_errors=True)

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """A run that is there.

        Raises:
            ConfigError: If there is no run at that path.
            CheckpointError: If its configuration or identity cannot be read.
        """
        if not (path / "run.json").is_file():
            raise ConfigError(f"{path} is not a run", cure="`qgan runs` lists the runs there are")
        try:
            config = validate(RunConfig, read_toml(path / "config.toml"))
        except ConfigError as error:
            raise CheckpointError(f"{path} has no usable configuration", got=error) from None
        return cls(path, config, layout.read(path / "run.json", Identity))

    @property
    def checkpoints(self) -> Path:
        """The directory of its checkpoints."""
        return self.path / "checkpoints"

    @property
    def status(self) -> Json:
        """Its state (created, running, interrupted, diverged, failed, done), its step, and why it stopped."""
        return layout.read(self.path / "status.json", Status)

    def set_status(self, state: str, *, step: int, **more: Any) -> None:
        """Replaces ``status.json``."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        atomic_write(self.path / "status.json", _pretty({"state": state, "step": step, "updated": now, **more}))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the run for this process alone.

        Raises:
            BusyError: If another process has it.
        """
        with locked(self.path / "LOCK", f"The run {self.path}"):
            yield

    def log(self, kind: str, document: Json) -> None:
        """One line for ``records``, ``evaluations`` or ``timing``."""
        append_line(self.path / f"{kind}.jsonl", document)

    def event(self, what: str, **more: Any) -> None:
        """One line for ``events.jsonl``: signals, resumes, fallbacks."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        append_line(self.path / "events.jsonl", {"time": now, "event": what, **more})

    def lines(self, kind: str) -> list[Json]:
        """All whole lines of a log.

        Raises:
            CheckpointError: If one cannot be used.
        """
        return layout.lines(self.path / f"{kind}.jsonl", layout.LINES[kind])

    def save(self, state: TrainState, *, best: int | None) -> Path:
        """Commits a checkpoint, then removes those that are neither the newest few nor the best."""
        tensors, scalars = state.state_dict()
        for kind in LOGS:
            sync_file(self.path / f"{kind}.jsonl")
        lengths = {kind: _size(self.path / f"{kind}.jsonl") for kind in LOGS}
        path = checkpoints.commit(
            self.checkpoints,
            tensors=tensors,
            scalars=scalars,
            meta={"lengths": lengths, "config": self.config.sha256()},
        )
        keep = [] if best is None else [best]
        checkpoints.prune(self.checkpoints, keep_last=self.config.run.keep_last, keep=keep)
        return path

    def rewind(self) -> Checkpoint | None:
        """The newest whole checkpoint; the logs are cut back to where they stood when it was made.

        None where the run was stopped before its first: then the logs are emptied.

        Raises:
            CheckpointError: If all checkpoints are damaged, or a log has lost lines that were there.
        """

        def rejected(path: Path, error: CheckpointError) -> None:
            self.event("checkpoint rejected", path=path.name, reason=str(error))

        for leftover in self.path.glob("*.tmp-*"):
            leftover.unlink(missing_ok=True)
        heal_tail(self.path / "events.jsonl")
        checkpoint = checkpoints.newest(self.checkpoints, rejected)
        if checkpoint is None and self.status["step"] > 0:
            raise CheckpointError(
                f"The checkpoints in {self.checkpoints} are gone", cure="Restore a copy of them, or begin a new run"
            )
        if checkpoint:
            self._require_own(checkpoint)
        for kind in LOGS:
            length = checkpoint.meta["lengths"][kind] if checkpoint else 0
            path = self.path / f"{kind}.jsonl"
            if _size(path) < length:
                raise CheckpointError(
                    f"{path} has lost lines",
                    got=f"{_size(path)} bytes",
                    allowed=f"{length}",
                    cure="Restore it from a copy",
                )
            if _size(path) > length:
                os.truncate(path, length)
        best = self.best_step()
        if best in checkpoints.steps(self.checkpoints):
            checkpoints.usable(self.checkpoints, best, rejected)
        return checkpoint

    def newest_whole(self) -> Checkpoint:
        """The newest checkpoint that is not damaged; nothing is touched.

        Raises:
            CheckpointError: If there is none.
        """
        for step in reversed(checkpoints.steps(self.checkpoints)):
            if (found := _whole(self.checkpoints / f"step-{step:06d}")) is not None:
                self._require_own(found)
                return found
        raise CheckpointError(
            f"The run {self.path} has no checkpoint to go on from",
            cure="Resume the run itself first, or begin a new one",
        )

    def _require_own(self, checkpoint: Checkpoint) -> None:
        expected = {self.config.sha256(), *self.identity.get("parent", {}).get("configs", [])}
        if checkpoint.meta["config"] not in expected:
            raise CheckpointError(
                f"The checkpoints in {self.checkpoints} belong to another run", cure="Put the right ones back"
            )

    def checkpoint(self, which: str) -> Checkpoint:
        """A checkpoint to look at: ``"last"``, ``"best"``, or a step.

        Raises:
            ConfigError: If it is not kept.
            CheckpointError: If it is damaged.
        """
        kept = checkpoints.steps(self.checkpoints)
        wanted = {"last": kept[-1] if kept else None, "best": self.best_step()}.get(which, which)
        if wanted is None or not re.fullmatch("[0-9]{1,18}", str(wanted)) or int(wanted) not in kept:
            raise ConfigError(
                f"The run {self.path} keeps no checkpoint '{which}'",
                allowed=", ".join(["last", "best", *map(str, kept)]) if kept else None,
                cure="Name one of these"
                if kept
                else "Resume the run first: it was stopped before its first checkpoint",
            )
        return checkpoints.read(self.checkpoints / f"step-{int(wanted):06d}")

    def chosen(self) -> str:
        """Which checkpoint its figures are taken from: ``"best"`` where it wants and keeps that, else ``"last"``.

        The few steps on a quantum computer are what a run there is for: it is judged as it ended.
        """
        kept = self.best_step() in checkpoints.steps(self.checkpoints)
        return "best" if self.wants_best and kept else "last"

    @property
    def wants_best(self) -> bool:
        """Whether it is judged by its best checkpoint."""
        return self.config.evaluate.checkpoint == "best" and not facts_of(self.config.backend.name).paid

    def best_step(self) -> int | None:
        """The step whose evaluation on validation was best, or None where nothing was evaluated."""
        return _best_step(self.lines("evaluations"))


def _best_step(evaluations: list[Json]) -> int | None:
    best = [line["step"] for line in evaluations if line["best"]]
    return best[-1] if best else None


def _take_along(parent: RunDirectory, child: Path) -> None:
    source = parent.newest_whole()
    for kind in LOGS:
        file, length = parent.path / f"{kind}.jsonl", source.meta["lengths"][kind]
        if _size(file) < length:
            raise CheckpointError(f"{file} has lost lines", got=f"{_size(file)} bytes", allowed=f"{length}")
        if file.exists():
            (child / file.name).write_bytes(file.read_bytes()[:length])
    best = _best_step(layout.lines(child / "evaluations.jsonl", Evaluation))
    for name in {f"step-{step:06d}" for step in (source.step, best) if step is not None}:
        if _whole(parent.checkpoints / name) is not None:
            shutil.copytree(parent.checkpoints / name, child / "checkpoints" / name)


def _whole(path: Path) -> Checkpoint | None:
    try:
        return checkpoints.read(path)
    except CheckpointError:
        return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _pretty(document: Json) -> bytes:
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False).encode() + b"\n"
