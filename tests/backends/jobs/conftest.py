"""A service that is a few lines of Python, whose answers can be told beforehand, and journals to go with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgan._typing import AnyArray, Array, Json
from qgan.backends.jobs.desk import Desk, Order
from qgan.backends.jobs.journal import Journal
from qgan.backends.jobs.patience import Patience
from qgan.backends.jobs.service import Job, Service, View
from qgan.errors import JobError
from qgan.seeding import Key

QUBITS = 3
# Looks are a thousandth of a second apart; what must not be given up is waited for, however slow the machine is.
HURRIED = Patience(first=1e-4, most=1e-3, unreachable=60.0, doubt=0.01, answer=1.0, slice=1e-3)


def bits_of(template: str, table: Array, shots: int) -> AnyArray:
    """A circuit's own bits, of its gates and angles, and the number of the shot: (circuits, shots, qubits)."""
    numbers = np.floor(1000 * np.abs(table).sum(axis=1)).astype(int) + len(template)
    return (numbers[:, None, None] + np.arange(shots)[:, None]) >> np.arange(QUBITS) & 1


class Scripted(Service):
    """Templates are texts. What is to go wrong is put into its lists, and taken out of them as it happens.

    Attributes:
        jobs: Those that arrived, by id, in order.
        states: How far they are, likewise; done if nothing is said.
        before: Raised in place of taking a job.
        after: Raised although a job was taken.
        silent: Raised in place of any other answer.
        calls: What was asked, in order.
    """

    name, max_qubits = "scripted", QUBITS

    def __init__(self) -> None:
        self.paid = False
        self.facts: Json = {"computer": "scripted"}
        self.jobs: dict[str, Job] = {}
        self.states: dict[str, list[View]] = {}
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.silent: list[Exception] = []
        self.spoiled: list[Exception | Callable[[list[AnyArray]], list[AnyArray]]] = []
        self.copies = 1
        self.hidden = False
        self.cancelled: list[str] = []
        self.calls: list[str] = []

    def prepare(self, template: Any) -> Any:
        return template

    def facts_of(self, structure: Any) -> Json:
        return {"isa": structure, "qubits": QUBITS, "depth": 1, "two_qubit_gates": 0}

    def rehearsal(self, qubits: int) -> Any:
        raise NotImplementedError

    def submit(self, job: Job) -> str:
        self.calls.append("submit")
        if self.before:
            raise self.before.pop(0)
        taken = [f"job-{len(self.jobs) + copy}" for copy in range(self.copies)]
        self.jobs |= dict.fromkeys(taken, job)
        if self.after:
            raise self.after.pop(0)
        return taken[0]

    def tagged(self, tags: Sequence[str], since: datetime) -> list[str]:
        self._ask("tagged")
        assert since <= datetime.now(UTC)
        return [job_id for job_id, job in self.jobs.items() if set(tags) <= set(job.tags) and not self.hidden]

    def look(self, job_id: str) -> View:
        self._ask("look")
        if job_id not in self.jobs or self.hidden:
            raise JobError(f"There is no job {job_id}")
        said = self.states.get(job_id, [])
        return (said.pop(0) if len(said) > 1 else said[0]) if said else View("done", usage=1.5)

    def fetch(self, job_id: str) -> list[AnyArray]:
        self._ask("fetch")
        job = self.jobs[job_id]
        found = [bits_of(each, table, job.shots) for each, table in zip(job.structures, job.tables, strict=True)]
        if self.spoiled:
            spoil = self.spoiled.pop(0)
            if isinstance(spoil, Exception):
                raise spoil
            return spoil(found)
        return found

    def cancel(self, job_id: str) -> None:
        self._ask("cancel")
        self.cancelled.append(job_id)
        self.states[job_id] = [View("cancelled", usage=0.25)]

    def _ask(self, what: str) -> None:
        self.calls.append(what)
        if self.silent:
            raise self.silent.pop(0)

    @property
    def submissions(self) -> int:
        """How often something was sent."""
        return self.calls.count("submit")


class Office:
    """A journal, a service, and desks between them: each desk as if its process had just been started."""

    impatient = replace(HURRIED, unreachable=0.02)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.service = Scripted()

    def desk(self, **how: Any) -> Desk:
        return Desk(Journal(self.folder), self.service, **{"patience": HURRIED, **how})

    def journal(self) -> Journal:
        return Journal(self.folder)

    @property
    def events(self) -> list[str]:
        """What the ledger tells, in a word each."""
        return [event["event"] for event in self.journal().ledger.events]


class Orders:
    """Makes orders."""

    @staticmethod
    def of(*rows: int, purpose: str = "shown", step: int = 1, start: float = 0.1, gates: str = "gates") -> list[Order]:
        """One for each number of rows, each of a structure of its own."""
        return [
            Order(
                gates + "*" * place,
                start + place + np.arange(2 * n, dtype=np.float64).reshape(n, 2) / 7,
                Key(3, purpose if not place else f"{purpose}/{place}", step),
            )
            for place, n in enumerate(rows)
        ]

    @staticmethod
    def bits(orders: Sequence[Order], shots: int) -> list[AnyArray]:
        """What comes of them, run one by one."""
        return [bits_of(order.template, order.table, shots) for order in orders]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office")


@pytest.fixture(scope="module")
def orders() -> Orders:
    return Orders()


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Office]:
    """A new one for each example of a property."""
    folder, numbers = tmp_path_factory.mktemp("offices"), count()
    return lambda: Office(folder / str(next(numbers)))
