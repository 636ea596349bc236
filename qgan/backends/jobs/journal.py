"""A run's jobs as its ledger tells them, with what was asked and what came of it beside them."""

__all__ = ["Entry", "Journal"]

import hashlib
import io
import secrets
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, final

import numpy as np

from qgan._typing import AnyArray, Array, Json
from qgan.backends.jobs.costs import Cost
from qgan.backends.jobs.ledger import Ledger
from qgan.backends.jobs.service import Job, Place
from qgan.errors import CheckpointError, ResourceError
from qgan.files import atomic_write

LEDGER, FOLDER = "ledger.jsonl", "jobs"
Known: TypeAlias = Literal["intended", "refused", "submitted", "fetched", "failed", "cancelled", "lost"]
# Of events, and what is known of a job after them.
AFTER: dict[str, Known] = {
    "intent": "intended",
    "refused": "refused",
    "submitted": "submitted",
    "adopted": "submitted",
    "fetched": "fetched",
    "failed": "failed",
    "cancelled": "cancelled",
    "lost": "lost",
}
# Nothing comes of a job any more, so that another may take its place.
OVER: tuple[Known, ...] = ("failed", "cancelled")


@final
@dataclass
class Entry:
    """One job.

    Attributes:
        key: Its own.
        place: Where it belongs.
        intent: What was written before it was sent.
        known: How far it is, as far as is known here.
        job_id: The service's; None before anything is known of it.
        latest: What the service said last.
        usage: Seconds of the computer; None where that is not known.
        reason: Why it failed.
        sent: When it was last about to be sent, as it is written.
        duplicates: What other jobs took that arrived in its place, by their ids; None where that is not known.
    """

    key: str
    place: Place
    intent: Json
    known: Known = "intended"
    job_id: str | None = None
    latest: str = ""
    usage: float | None = None
    reason: str = ""
    sent: str = ""
    duplicates: dict[str, float | None] = field(default_factory=dict)

    @property
    def cost(self) -> Cost:
        """An estimate."""
        return Cost(1, self.intent["circuits"], self.intent["shots"])

    @property
    def spent(self) -> float:
        """Seconds of the computer, with its duplicates: what each took, or while that is not known the estimate."""
        own = 0.0 if self.usage is None and self.known == "refused" else self._known_or_estimated(self.usage)
        return own + sum(map(self._known_or_estimated, self.duplicates.values()))

    def _known_or_estimated(self, usage: float | None) -> float:
        return self.cost.seconds if usage is None else usage

    @property
    def pending(self) -> bool:
        """Whether something may still come of it."""
        return self.known in ("intended", "submitted")

    @property
    def since(self) -> datetime:
        """When it was first intended."""
        return datetime.fromisoformat(self.intent["time"])

    @property
    def age(self) -> float:
        """Seconds since it was last about to be sent."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.sent)).total_seconds()


@final
class Journal:
    """What is known of a run's jobs.

    Args:
        folder: The run directory.

    Raises:
        CheckpointError: If the ledger is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger(folder / LEDGER)
        self._entries: dict[str, Entry] = {}
        for event in self.ledger.events:
            self._see(event)

    @staticmethod
    def there(folder: Path) -> bool:
        """Whether the run has one."""
        return (folder / LEDGER).is_file()

    @property
    def identity(self) -> str:
        """Of this journal alone, so that runs that share an account keep their jobs apart."""
        for event in self.ledger.events:
            if event["event"] == "opened":
                return event["id"]
        return self.write("opened", id=secrets.token_hex(8))["id"]

    @property
    def budget(self) -> float | None:
        """Seconds that may be spent in all; None where nothing was said."""
        said = [event["seconds"] for event in self.ledger.events if event["event"] == "budget"]
        return said[-1] if said else None

    @property
    def service(self) -> str | None:
        """Where its jobs went last; None where there were none."""
        said = [event["service"] for event in self.ledger.events if event["event"] == "intent"]
        return said[-1] if said else None

    @property
    def spent(self) -> float:
        """Seconds of the computer, by all jobs."""
        return sum(entry.spent for entry in self._entries.values())

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def entry(self, key: str) -> Entry | None:
        """The job of that key."""
        return self._entries.get(key)

    def at(self, place: Place) -> list[Entry]:
        """All jobs of that place."""
        return [entry for entry in self if entry.place == place]

    def write(self, event: str, **facts: Any) -> Json:
        """One more event, on the disk when this returns."""
        made = self.ledger.append(event, **facts)
        self._see(made)
        return made

    def intend(self, job: Job) -> Entry:
        """What is about to be sent, with its angles."""
        self._keep(job.key, "request.npz", {f"table_{place}": table for place, table in enumerate(job.tables)})
        self.write(
            "intent",
            key=job.key,
            **job.place._asdict(),
            tags=list(job.tags),
            shots=job.shots,
            circuits=job.cost.circuits,
            executions=job.cost.executions,
            estimate=job.cost.seconds,
            max_seconds=job.max_seconds,
            **job.facts,
        )
        return self._entries[job.key]

    def tables(self, key: str) -> list[Array]:
        """The angles that were sent.

        Raises:
            CheckpointError: If they are gone or damaged.
        """
        path = self._home(key) / "request.npz"
        return _arrays(path.read_bytes() if path.is_file() else b"")

    def keep(self, entry: Entry, found: Sequence[AnyArray], usage: float | None) -> None:
        """What came of a job, before anything is made of it."""
        packed = {f"bits_{place}": np.packbits(each.astype(bool), axis=-1) for place, each in enumerate(found)}
        shapes = {f"qubits_{place}": np.array(each.shape[-1]) for place, each in enumerate(found)}
        sha256 = self._keep(entry.key, "result.npz", {**packed, **shapes})
        self.write("fetched", key=entry.key, job=entry.job_id, sha256=sha256, usage=usage)

    def reject(self, entry: Entry, raw: bytes, why: str) -> Path:
        """What came of a job and cannot be used stays as it came."""
        path = self._home(entry.key) / "rejected.bin"
        self._write(path, raw)
        self.write("rejected", key=entry.key, job=entry.job_id, reason=why)
        return path

    def result(self, entry: Entry) -> list[AnyArray] | None:
        """Bits of shape (circuits, shots, qubits) for each structure; None where they are gone or damaged."""
        path = self._home(entry.key) / "result.npz"
        said = [e for e in self.ledger.events if e["event"] == "fetched" and e["key"] == entry.key]
        if entry.known != "fetched" or not path.is_file():
            return None
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != said[-1]["sha256"]:
            return None
        kept = _arrays(data)
        count = len(kept) // 2
        return [np.unpackbits(kept[at], axis=-1, count=int(kept[count + at])) for at in range(count)]

    def _see(self, event: Json) -> None:
        kind, key = event["event"], event.get("key")
        if kind == "intent" and key is not None and key not in self._entries:
            self._entries[key] = Entry(key, Place(event["purpose"], event["step"], event["chunk"]), event)
        entry = self._entries.get(key) if key else None
        if entry is None:
            return
        if kind == "intent":
            entry.sent = event["time"]
        if kind in AFTER:
            entry.known = AFTER[kind]
            entry.latest = ""
        if kind in ("submitted", "adopted"):
            entry.job_id = event["job"]
        entry.latest = event.get("state", entry.latest)
        entry.reason = event.get("reason", entry.reason)
        if kind == "duplicate":
            entry.duplicates[event["job"]] = event.get("usage")
        elif event.get("usage") is not None:
            entry.usage = event["usage"]

    def _home(self, key: str) -> Path:
        return self.folder / FOLDER / key[:16]

    def _keep(self, key: str, name: str, arrays: dict[str, AnyArray]) -> str:
        made = io.BytesIO()
        np.savez(made, allow_pickle=False, **arrays)  # pyright: ignore[reportArgumentType]
        data = made.getvalue()
        self._write(self._home(key) / name, data)
        return hashlib.sha256(data).hexdigest()

    def _write(self, path: Path, data: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, data)
        except OSError as error:
            raise ResourceError(
                f"{path} cannot be written", got=error, cure="Make room there, then go on: nothing was lost"
            ) from error


def _arrays(data: bytes) -> list[AnyArray]:
    """In the order in which they were kept."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            return [kept[name] for name in kept.files]
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError("What was kept of a job is damaged", got=error, cure="Restore it from a copy") from None
