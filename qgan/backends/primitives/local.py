"""Jobs on a simulator here, as if it were far away: a rehearsal of everything but the waiting."""

__all__ = ["LocalService"]

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, final

import numpy as np

from qgan._typing import AnyArray, Json
from qgan.backends.jobs.service import Job, Service, Unreadable, View
from qgan.backends.primitives.isa import Isa, isa_of
from qgan.backends.primitives.target import Target
from qgan.backends.primitives.templates import Request, Template
from qgan.errors import JobError
from qgan.files import atomic_write


@final
class LocalService(Service):
    """Runs a job when it is sent, and keeps what came of it in a folder. The same job gives the same shots.

    Args:
        target: Who runs it.
        folder: Where results wait to be fetched.
    """

    certain = True

    def __init__(self, target: Target[Any], folder: Path) -> None:
        self.name, self.max_qubits, self.facts = target.name, target.max_qubits, {"computer": target.name}
        self._target, self._folder = target, folder
        self._known: dict[Template, Isa] = {}

    def prepare(self, template: Template) -> Isa:
        """See :meth:`Service.prepare`."""
        if template not in self._known:
            circuit = getattr(self._target.prepared(template), "isa", template.measured)
            self._known[template] = isa_of(template, circuit)
        return self._known[template]

    def facts_of(self, structure: Isa) -> Json:
        """See :meth:`Service.facts_of`."""
        return structure.facts

    def rehearsal(self, qubits: int) -> Target[Any]:  # noqa: ARG002
        """See :meth:`Service.rehearsal`."""
        return self._target

    def submit(self, job: Job) -> str:
        """See :meth:`Service.submit`; it is done when this returns."""
        requests = [Request(isa.template, table) for isa, table in zip(job.structures, job.tables, strict=True)]
        found = self._target.sampled(requests, shots=job.shots, seed=int(job.key[:7], 16))
        made = io.BytesIO()
        np.savez(made, *(each.astype(np.uint8) for each in found))
        job_id = f"here-{job.key[:16]}"
        self._folder.mkdir(parents=True, exist_ok=True)
        atomic_write(self._folder / f"{job_id}.npz", made.getvalue())
        about = {"tags": job.tags, "created": datetime.now(UTC).isoformat()}
        atomic_write(self._folder / f"{job_id}.json", json.dumps(about).encode())
        return job_id

    def tagged(self, tags: Sequence[str], since: datetime) -> list[str]:
        """See :meth:`Service.tagged`."""
        known = {path.stem: json.loads(path.read_text("utf-8")) for path in self._folder.glob("here-*.json")}
        return [
            job_id
            for job_id, about in sorted(known.items(), key=lambda item: item[1]["created"])
            if set(tags) <= set(about["tags"]) and datetime.fromisoformat(about["created"]) >= since
        ]

    def look(self, job_id: str) -> View:
        """See :meth:`Service.look`."""
        if not (self._folder / f"{job_id}.npz").is_file():
            raise JobError(f"There is no job {job_id} on {self.name}", got=f"nothing of that name in {self._folder}")
        return View("done", usage=0.0)

    def fetch(self, job_id: str) -> list[AnyArray]:
        """See :meth:`Service.fetch`."""
        data = (self._folder / f"{job_id}.npz").read_bytes()
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as kept:
                return [kept[name] for name in kept.files]
        except Exception as error:
            raise Unreadable(f"{type(error).__name__}: {error}", data) from None

    def cancel(self, job_id: str) -> None:
        """See :meth:`Service.cancel`: it has ended already."""
