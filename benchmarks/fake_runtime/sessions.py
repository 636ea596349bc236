"""Sessions and batches, as the free plan has them: batches only."""

__all__ = ["Sessions"]

import secrets
from typing import final

from qgan._typing import Json


@final
class Sessions:
    """All that were opened, by their ids: mode, computer, whether they take jobs, and the jobs that they took."""

    def __init__(self) -> None:
        self.known: dict[str, Json] = {}

    def open(self, mode: str, computer: str) -> Json:
        """Another one.

        Raises:
            ValueError: If it is not a batch: the plan has no others.
        """
        if mode != "batch":
            raise ValueError("You are not authorized to run a session when using the open plan.")
        made: Json = {"id": f"fakesession{secrets.token_hex(6)}", "mode": mode, "backend_name": computer}
        self.known[made["id"]] = made | {"accepting_jobs": True, "state": "open", "jobs": []}
        return self.known[made["id"]]

    def takes(self, name: str | None) -> bool:
        """Whether a job may run in it; one that names none always may."""
        return name is None or (name in self.known and self.known[name]["accepting_jobs"])

    def note(self, name: str | None, job: str) -> None:
        """A job that was taken."""
        if name is not None:
            self.known[name]["jobs"].append(job)

    def close(self, name: str) -> bool:
        """Whether there was one to be closed."""
        if name in self.known:
            self.known[name] |= {"accepting_jobs": False, "state": "closed"}
        return name in self.known
