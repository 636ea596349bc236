"""What takes jobs, and what it says of them."""

__all__ = ["ENDED", "Job", "Place", "Refused", "Service", "State", "Unreadable", "Unsure", "View"]

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias, final

from qgan._typing import AnyArray, Array, Json
from qgan.backends.jobs.costs import Cost

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")


class Place(NamedTuple):
    """Where in a run a job belongs.

    Attributes:
        purpose: What its circuits are for, and what they are.
        step: Of the run.
        chunk: Which part, where there are more executions than a job may have.
    """

    purpose: str
    step: int
    chunk: int


@final
@dataclass(frozen=True)
class Job:
    """Circuits that are sent together.

    Attributes:
        key: Of all that decides what comes of it, 64 hexadecimal digits: the same job has the same key.
        place: Where it belongs.
        tags: By which it is found at the service, if nothing else is known.
        shots: For each circuit.
        structures: Of its circuits, as the service prepared them.
        tables: For each structure the angles, shape (circuits, angles), radians.
        facts: Of it and of where it goes, for the ledger.
        max_seconds: After which the service is to stop it.
    """

    key: str
    place: Place
    tags: tuple[str, ...]
    shots: int
    structures: tuple[Any, ...]
    tables: tuple[Array, ...]
    facts: Json
    max_seconds: int

    @property
    def cost(self) -> Cost:
        """An estimate."""
        return Cost(1, sum(map(len, self.tables)), self.shots)


class View(NamedTuple):
    """What a service says of a job.

    Attributes:
        state: How far it is.
        reason: Why it ended as it did; empty where nothing is to be said.
        usage: Seconds of the computer, where that is known.
    """

    state: State
    reason: str = ""
    usage: float | None = None


class Refused(Exception):
    """A submission that surely did not arrive. With ``later``, it may be sent again after so many seconds."""

    def __init__(self, why: str, *, later: float | None = None) -> None:
        super().__init__(why)
        self.later = later


class Unsure(Exception):
    """A submission that may have arrived, or an answer that did not come. With ``later``, ask after so many seconds."""

    def __init__(self, why: str, *, later: float | None = None) -> None:
        super().__init__(why)
        self.later = later


class Unreadable(Exception):
    """A result that is none, as it came."""

    def __init__(self, why: str, raw: bytes) -> None:
        super().__init__(why)
        self.raw = raw


class Service(ABC):
    """Takes jobs, keeps them, and hands out what came of them.

    Its methods raise :class:`Unsure` where the service cannot be reached or answers with an error that may pass, and
    :class:`qgan.errors.LoginError` where it does not know the caller.

    Attributes:
        name: As ``--backend`` has it.
        paid: Whether what it does costs something.
        certain: Whether a job that it does not list never arrived.
        max_qubits: Of a circuit.
        facts: What is to be kept of it with each job: the computer, and when it was calibrated.
    """

    name: str
    paid: bool = False
    certain: bool = False
    max_qubits: int
    facts: Json

    @abstractmethod
    def prepare(self, template: Any) -> Any:
        """A structure as the computer takes it; the same one each time it is asked for."""

    @abstractmethod
    def facts_of(self, structure: Any) -> Json:
        """Of a structure: ``"isa"``, a hash of its gates, ``"qubits"``, ``"depth"`` and ``"two_qubit_gates"``."""

    @abstractmethod
    def rehearsal(self, qubits: int) -> Any:
        """Who runs circuits of so many qubits here as the service would there, so that it can be tried out."""

    @abstractmethod
    def submit(self, job: Job) -> str:
        """Sends a job, once.

        Returns:
            Its id.

        Raises:
            Refused: If it was surely not taken.
            Unsure: If it may have been.
        """

    @abstractmethod
    def tagged(self, tags: Sequence[str], since: datetime) -> list[str]:
        """The ids of all jobs with those tags, the oldest first."""

    @abstractmethod
    def look(self, job_id: str) -> View:
        """How far a job is.

        Raises:
            JobError: If there is no such job.
        """

    @abstractmethod
    def fetch(self, job_id: str) -> list[AnyArray]:
        """What came of a job that is done: for each structure bits of shape (circuits, shots, qubits).

        Raises:
            JobError: If there is no such job, or no result of it.
            Unreadable: If it is no result.
        """

    @abstractmethod
    def cancel(self, job_id: str) -> None:
        """Stops a job, if it has not ended."""

    def close(self) -> None:  # noqa: B027
        """Nothing more will be sent."""
