"""IBM Quantum computers. This is the only module that knows IBM's client, and where it may be reached."""

__all__ = ["RuntimeService"]

import json
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from qiskit_ibm_runtime import Batch, QiskitRuntimeService, RuntimeDecoder, SamplerV2, Session
from qiskit_ibm_runtime.accounts import AccountNotFoundError, InvalidAccountError
from qiskit_ibm_runtime.exceptions import IBMError, IBMNotAuthorizedError, RuntimeJobNotFound
from requests.exceptions import RequestException

from qgan._typing import AnyArray, Json
from qgan.backends.facts import IBM
from qgan.backends.jobs.service import Job, Refused, Service, State, Unreadable, Unsure, View
from qgan.backends.primitives.aer import AerTarget
from qgan.backends.primitives.fake import MAX_QUBITS, FakeTarget
from qgan.backends.primitives.isa import Isa, Shelf, isa_of
from qgan.backends.primitives.sampler import bits_of
from qgan.backends.primitives.target import Target, passes
from qgan.backends.primitives.templates import Template
from qgan.backends.primitives.transport import Transport, within
from qgan.errors import BackendError, ConfigError, JobError, LoginError
from qgan.redaction import redacted

LEAST_BUSY = "least-busy"
# With the seed of its random choices fixed.
LEVEL, SEED = 3, 0
# Up to these a job is always taken.
MOST_TWO_QUBIT_GATES = 10_000
STATES: dict[str, State] = {
    "INITIALIZING": "queued",
    "QUEUED": "queued",
    "VALIDATING": "queued",
    "RUNNING": "running",
    "DONE": "done",
    "ERROR": "failed",
    "CANCELLED": "cancelled",
}
Mode = Literal["job", "batch", "session"]


@final
class RuntimeService(Service):
    """A computer of IBM Quantum's, by the account that is saved, or that the environment names.

    Args:
        name: ``"ibm:ibm_torino"``, or ``"ibm:least-busy"``.
        folder: Where transpiled circuits are kept; None keeps none.
        qubits: That the least busy computer must have.
        mode: How jobs are run: each for itself, in a batch, or in a session, which bills the time between them too.
        answer: Seconds after which a request that is not answered is given up.

    Raises:
        LoginError: If there is no account, or it is refused.
        BackendError: If there is no such computer.
        JobError: If the service does not answer.
    """

    paid = True

    def __init__(
        self, name: str, folder: Path | None = None, *, qubits: int = 1, mode: Mode = "job", answer: float = 120.0
    ) -> None:
        self._answer = answer
        self._client = within(answer, _login)
        self._transport = Transport(answer)
        self._transport.serve(self._client)
        with self._asking():
            self._computer = _computer(self._client, name.removeprefix(IBM), qubits)
            properties = self._computer.properties()
        self.name, self.max_qubits = f"{IBM}{self._computer.name}", self._computer.num_qubits
        calibrated = getattr(properties, "last_update_date", None)
        self.facts: Json = {
            "computer": self._computer.name,
            "calibrated": calibrated.isoformat() if isinstance(calibrated, datetime) else None,
            "mode": mode,
        }
        self._passes = passes(level=LEVEL, seed=SEED, backend=self._computer)
        self._shelf = Shelf(folder, f"{self.name}/{LEVEL}/{SEED}")
        self._known: dict[Template, Isa] = {}
        self._mode, self._opened = mode, None

    @property
    def computer(self) -> Any:
        """Qiskit's ``BackendV2``."""
        return self._computer

    def prepare(self, template: Template) -> Isa:
        """See :meth:`Service.prepare`.

        Raises:
            ConfigError: If the computer cannot take it.
        """
        if template not in self._known:
            if template.n_qubits > self.max_qubits:
                raise ConfigError(
                    f"{self.name} has too few qubits", got=template.n_qubits, allowed=f"1 to {self.max_qubits}"
                )
            circuit = self._shelf.get(template)
            if circuit is None:
                circuit = self._passes.run(template.measured)
                self._shelf.put(template, circuit)
            isa = isa_of(template, circuit)
            if isa.facts["two_qubit_gates"] > MOST_TWO_QUBIT_GATES:
                raise ConfigError(
                    f"The circuit has too many gates for {self.name}",
                    got=f"{isa.facts['two_qubit_gates']} two-qubit gates once it is transpiled",
                    allowed=f"{MOST_TWO_QUBIT_GATES} or fewer",
                    cure="Use fewer layers or qubits",
                )
            self._known[template] = isa
        return self._known[template]

    def facts_of(self, structure: Isa) -> Json:
        """See :meth:`Service.facts_of`."""
        return structure.facts

    def rehearsal(self, qubits: int) -> Target[Any]:
        """See :meth:`Service.rehearsal`: with the noise that was last measured, where that is not too large."""
        if qubits > MAX_QUBITS:
            return AerTarget()
        return FakeTarget(self._computer, level=LEVEL, seed=SEED)

    def submit(self, job: Job) -> str:
        """See :meth:`Service.submit`."""
        pubs = []
        for isa, table in zip(job.structures, job.tables, strict=True):
            values = isa.template.values(isa.circuit, table)
            pubs.append((isa.circuit, values or np.zeros((len(table), 0))))
        posts = self._transport.posts
        try:
            with self._asking():
                return self._sampler(job).run(pubs, shots=job.shots).job_id()
        except Unsure as error:
            status = self._transport.refusal
            if self._transport.posts == posts:
                raise Refused(str(error), later=1.0) from None
            if status == 429:
                raise Refused(str(error), later=self._transport.retry_after or 1.0) from None
            if status is not None and 400 <= status < 500:
                raise Refused(str(error)) from None
            raise

    def _sampler(self, job: Job) -> SamplerV2:
        """Newer clients of IBM's have their primitives elsewhere: here, and nowhere else, one is made."""
        if self._mode != "job" and self._opened is None:
            self._opened = (Batch if self._mode == "batch" else Session)(backend=self._computer)
        options = {
            "environment": {"job_tags": list(job.tags)},
            "max_execution_time": job.max_seconds,
        }
        return SamplerV2(mode=self._opened or self._computer, options=options)

    def tagged(self, tags: Sequence[str], since: datetime) -> list[str]:
        """See :meth:`Service.tagged`."""
        with self._asking():
            found = self._client.jobs(limit=None, job_tags=list(tags), created_after=since, descending=False)
        return [job.job_id() for job in found]

    def look(self, job_id: str) -> View:
        """See :meth:`Service.look`."""
        job = self._job(job_id)
        with self._asking():
            said: Any = job.status()
            state = STATES.get(said if isinstance(said, str) else said.name, "queued")
            if state in ("queued", "running"):
                return View(state)
            usage = job.usage()
            reason = "" if state == "done" else str(job.error_message() or "")
        return View(state, reason, None if usage is None else float(usage))

    def fetch(self, job_id: str) -> list[AnyArray]:
        """See :meth:`Service.fetch`."""
        job = self._job(job_id)
        with self._asking():
            raw: Any = job.result(decoder=_Raw)
        text = raw if isinstance(raw, str) else json.dumps(raw)
        try:
            return [bits_of(each.data) for each in json.loads(text, cls=RuntimeDecoder)]
        except Exception as error:
            raise Unreadable(f"{type(error).__name__}: {error}", text.encode()) from None

    def cancel(self, job_id: str) -> None:
        """See :meth:`Service.cancel`."""
        job = self._job(job_id)
        with self._asking():
            if STATES.get(str(job.status()), "queued") in ("queued", "running"):
                job.cancel()

    def close(self) -> None:
        """Ends a batch or a session."""
        if self._opened is not None:
            with self._asking():
                self._opened.close()
            self._opened = None

    def _job(self, job_id: str) -> Any:
        with self._asking():
            try:
                return self._client.job(job_id)
            except RuntimeJobNotFound as error:
                raise JobError(f"{self.name} knows no job {job_id}", got=redacted(str(error))) from None

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with _translated():
            yield


class _Raw:
    """In place of a decoder: what came, as it came."""

    @staticmethod
    def decode(raw: Any) -> Any:
        return raw


def _login() -> QiskitRuntimeService:
    with _translated():
        return QiskitRuntimeService()


def _computer(client: QiskitRuntimeService, name: str, qubits: int) -> Any:
    if name == LEAST_BUSY:
        return client.least_busy(min_num_qubits=qubits, operational=True)
    known = [each.name for each in client.backends()]
    if name not in known:
        raise BackendError(
            f"There is no computer '{name}' for this account",
            allowed=", ".join(sorted(known)),
            cure=f"Use one of these, or {IBM}{LEAST_BUSY}",
        )
    return client.backend(name)


@contextmanager
def _translated() -> Iterator[None]:
    """The client's errors as ours; nothing that they say holds a token afterwards."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (IBMNotAuthorizedError, AccountNotFoundError, InvalidAccountError) as error:
        raise _refused(error) from None
    except (IBMError, RequestException, OSError, ValueError) as error:
        if isinstance(error, (LoginError, BackendError, JobError, ConfigError)):
            raise
        if re.search(r"\b401\b|[Uu]nauthori[sz]ed", str(error)):
            raise _refused(error) from None
        raise Unsure(redacted(f"{type(error).__name__}: {error}")) from None


def _refused(error: Exception) -> LoginError:
    return LoginError(
        "IBM Quantum cannot be reached with the account that is here",
        got=redacted(str(error)) or type(error).__name__,
        allowed="QISKIT_IBM_TOKEN (and QISKIT_IBM_INSTANCE) in the environment, or an account saved with Qiskit's "
        "QiskitRuntimeService.save_account()",
        cure="Log in, then go on: jobs that were sent are not lost",
    )
