"""IBM Quantum computers. This and the login are the only modules that know IBM's client."""

__all__ = ["RuntimeService"]

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from qiskit.exceptions import QiskitError
from qiskit_ibm_runtime import Batch, RuntimeDecoder, SamplerV2, Session
from qiskit_ibm_runtime.exceptions import IBMError, IBMNotAuthorizedError, RuntimeJobNotFound
from requests.exceptions import RequestException

from qgan._typing import AnyArray, Json
from qgan.backends.facts import IBM
from qgan.backends.jobs.service import Job, Refused, Service, State, Unreadable, Unsure, View
from qgan.backends.primitives.aer import AerTarget
from qgan.backends.primitives.fake import MAX_QUBITS, FakeTarget
from qgan.backends.primitives.isa import Isa, Shelf, isa_of
from qgan.backends.primitives.login import login, quiet, refused, unreachable
from qgan.backends.primitives.sampler import bits_of
from qgan.backends.primitives.target import Target, passes
from qgan.backends.primitives.templates import Template
from qgan.backends.primitives.transport import Transport, within
from qgan.errors import BackendError, ConfigError, JobError, LoginError, QganError
from qgan.redaction import redacted

LEAST_BUSY = "least-busy"
# With the seed of its random choices fixed.
LEVEL, SEED = 3, 0
# Up to these a job is always taken.
MOST_TWO_QUBIT_GATES = 10_000
# Jobs in one answer.
PAGE = 100
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
        self._client = within(answer, login)
        self._transport = Transport(answer)
        self._transport.serve(self._client)
        try:
            with self._asking():
                self._computer = self._found(name.removeprefix(IBM), qubits)
                properties = self._computer.properties()
        except Unsure as error:
            raise unreachable(str(error)) from None
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
                # What is asked before was not answered; if it was, it is refused, or the client will not send this.
                answered = self._transport.status is not None and self._transport.status < 500
                answered = answered and self._transport.status != 429
                raise Refused(str(error), later=None if answered else error.later or 1.0) from None
            if status == 429:
                raise Refused(str(error), later=error.later or 1.0) from None
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
        found: list[str] = []
        with self._asking():
            # The client's own listing does not end if one page is shorter than was announced.
            while True:
                page = self._client._active_api_client.jobs_get(
                    limit=PAGE, skip=len(found), job_tags=list(tags), created_after=since, descending=False
                )["jobs"]
                found += [each["id"] for each in page]
                if len(page) < PAGE:
                    return found

    def look(self, job_id: str) -> View:
        """See :meth:`Service.look`."""
        job = self._job(job_id)
        with self._asking():
            try:
                said: str = job.status()
            except IBMError:
                # Of a job that has failed, the client wants the result too.
                said = job._status
                if said not in job.JOB_FINAL_STATES:
                    raise
            state = STATES.get(said, "queued")
            if state in ("queued", "running"):
                return View(state)
            usage = job.usage()
            reason = "" if state == "done" else str(job._reason or job.error_message() or "")
        return View(state, redacted(reason), None if usage is None else float(usage))

    def fetch(self, job_id: str) -> list[AnyArray]:
        """See :meth:`Service.fetch`."""
        job = self._job(job_id)
        with self._asking():
            try:
                raw: Any = job.result(decoder=_Raw)
            except IBMError as error:
                if self._transport.status != 404:
                    raise
                raise _unknown(self.name, job_id, error) from None
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
            # One that is not closed closes by itself.
            with suppress(Unsure, LoginError), self._asking():
                self._opened.close()
            self._opened = None

    def _job(self, job_id: str) -> Any:
        with self._asking():
            try:
                return self._client.job(job_id)
            except RuntimeJobNotFound as error:
                raise _unknown(self.name, job_id, error) from None

    def _found(self, name: str, qubits: int) -> Any:
        failures = self._transport.failures
        known = [each.name for each in self._client.backends()]
        if name in known:
            return self._client.backend(name)
        if self._transport.failures > failures:
            # The client takes computers that it could not ask for as computers that are not there.
            raise Unsure(f"the list of computers was answered with {self._transport.status or 'nothing'}")
        if name == LEAST_BUSY and known:
            return self._client.least_busy(min_num_qubits=qubits, operational=True)
        raise BackendError(
            f"There is no computer '{name}' for this account",
            allowed=", ".join(sorted(known)),
            cure=f"Use one of these, or {IBM}{LEAST_BUSY}",
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """The client's errors as ours; nothing that they say holds a token afterwards."""
        try:
            with quiet():
                yield
        except (QiskitError, RequestException, OSError, ValueError, KeyError, Unsure) as error:
            if isinstance(error, QganError):
                raise
            if isinstance(error, IBMNotAuthorizedError) or self._transport.status == 401:
                raise refused(error) from None
            why = str(error) if isinstance(error, Unsure) else f"{type(error).__name__}: {error}"
            raise Unsure(redacted(why), later=self._transport.retry_after) from None


class _Raw:
    """In place of a decoder: what came, as it came."""

    @staticmethod
    def decode(raw: Any) -> Any:
        return raw


def _unknown(name: str, job_id: str, error: Exception) -> JobError:
    return JobError(f"{name} knows no job {job_id}, or no result of it", got=redacted(str(error)))
