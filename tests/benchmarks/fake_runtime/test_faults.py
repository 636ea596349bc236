"""What IBM's own client does where the fake of its service is told to go wrong."""

import time
from typing import TYPE_CHECKING, Any

import pytest
from qiskit_ibm_runtime import QiskitRuntimeService
from qiskit_ibm_runtime.api.exceptions import RequestsApiError
from qiskit_ibm_runtime.exceptions import (
    IBMNotAuthorizedError,
    IBMRuntimeError,
    RuntimeInvalidStateError,
    RuntimeJobFailureError,
    RuntimeJobMaxTimeoutError,
    RuntimeProgramNotFound,
)
from requests.adapters import HTTPAdapter

from benchmarks.fake_runtime.faults import Drop, End, Fault, Hang, Status, What
from benchmarks.fake_runtime.server import FakeRuntime

if TYPE_CHECKING:
    from conftest import Work

pytestmark = [
    # The client's own affairs, which it warns of itself.
    pytest.mark.filterwarnings("ignore:The RuntimeOptions class is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*IBMFractionalTranslationPlugin is deprecated:DeprecationWarning"),
]
# What the client takes for safe to try again.
RETRIED = (500, 502, 503, 504, 520, 521, 522, 524)


@pytest.mark.parametrize("accepts", [False, True])
@pytest.mark.parametrize("status", RETRIED)
def test_the_client_submits_again_after_some_statuses(
    work: "Work", fake: FakeRuntime, service: QiskitRuntimeService, status: int, accepts: bool
) -> None:
    fake.faults.append(Fault("POST", "/jobs$", 1, Status(status, accepts)))
    job = work.submitted(service, "once")
    assert work.posts(fake) == 2
    assert len(fake.jobs()) == 1 + accepts
    assert fake.jobs()[-1].id == job.job_id()


@pytest.mark.parametrize(
    ("what", "error"),
    [
        (Status(401, accepts=True), IBMNotAuthorizedError),
        (Status(404, accepts=True), RuntimeProgramNotFound),
        (Status(429, accepts=True), IBMRuntimeError),
        (Status(429, accepts=True, retry_after=1), IBMRuntimeError),
        (Status(523, accepts=True), IBMRuntimeError),
        (Drop(accepts=True), IBMRuntimeError),
        (Drop(accepts=False), IBMRuntimeError),
        (Hang(0.2), IBMRuntimeError),
    ],
)
def test_after_others_it_does_not(
    work: "Work", fake: FakeRuntime, service: QiskitRuntimeService, what: What, error: type[Exception]
) -> None:
    fake.faults.append(Fault("POST", "/jobs$", 1, what))
    with pytest.raises(error):
        work.submitted(service)
    assert work.posts(fake) == 1
    assert len(fake.jobs()) == what.accepts


@pytest.mark.parametrize("what", [Status(503), Status(429, retry_after=0), Drop()])
def test_what_is_only_read_is_read_again(
    work: "Work", fake: FakeRuntime, service: QiskitRuntimeService, what: What
) -> None:
    job = work.submitted(service)
    fake.faults.append(Fault("GET", f"/jobs/{job.job_id()}$", 1, what))
    assert job.status() == "DONE"
    fake.faults.append(Fault("GET", f"/jobs/{job.job_id()}/results$", 1, what))
    assert work.read(job.result()[0])[0] == {"000": 100}
    assert [each.fetched for each in fake.jobs()] == [1]


def test_too_often_is_not_waited_out_where_nothing_says_how_long(
    work: "Work", fake: FakeRuntime, service: QiskitRuntimeService
) -> None:
    job = work.submitted(service)
    fake.faults.append(Fault("GET", "/jobs/", 1, Status(429)))
    with pytest.raises(RequestsApiError, match="429"):
        job.status()


def test_an_adapter_of_ones_own_rules_out_second_jobs_and_endless_waiting(
    work: "Work", fake: FakeRuntime, service: QiskitRuntimeService
) -> None:
    class Once(HTTPAdapter):
        def send(self, request: Any, *args: Any, timeout: Any = None, **kwargs: Any) -> Any:  # noqa: ARG002
            return super().send(request, *args, timeout=(1.0, 0.3), **kwargs)

    service._active_api_client._session.mount("https://", Once(max_retries=0))
    backend = service.backend("ibm_manila")
    isa = work.circuit(backend)
    fake.faults += [Fault("POST", "/jobs$", 1, Status(503, accepts=True)), Fault("POST", "/jobs$", 1, Hang(100.0))]
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(IBMRuntimeError):
            work.sampler(backend).run([(isa, work.table)])
        assert time.monotonic() - began < 5.0
    assert work.posts(fake) == len(fake.jobs()) == 2


@pytest.mark.parametrize(
    ("end", "status", "error"),
    [
        ("error", "ERROR", RuntimeJobFailureError),
        ("cancelled", "CANCELLED", RuntimeInvalidStateError),
        ("max_time", "ERROR", RuntimeJobMaxTimeoutError),
        ("gone", "DONE", RequestsApiError),
    ],
)
def test_a_job_ends_badly(
    work: "Work", fake: FakeRuntime, service: QiskitRuntimeService, end: End, status: str, error: type[Exception]
) -> None:
    fake.ends.append(end)
    job = work.submitted(service)
    assert job.status() == status
    with pytest.raises(error):
        job.result()
    assert work.submitted(service).status() == "DONE"


def test_results_are_damaged(work: "Work", fake: FakeRuntime, service: QiskitRuntimeService) -> None:
    fake.ends.extend(("missing_pub", "fewer_shots", "corrupt"))
    missing, fewer, corrupt = (work.submitted(service, pubs=2).result() for _ in range(3))
    assert len(missing) == 1
    assert [each.data.meas.num_shots for each in fewer] == [50, 50]
    # The client hands on what it cannot read.
    assert isinstance(corrupt, str)


def test_a_job_may_not_take_longer_than_it_says(work: "Work", fake: FakeRuntime, service: QiskitRuntimeService) -> None:
    backend = service.backend("ibm_manila")
    limited = work.sampler(backend)
    limited.options.max_execution_time = 2
    assert limited.run([(work.circuit(backend), work.table)], shots=100).status() == "ERROR"
    assert [(each.status, each.reason_code, each.usage) for each in fake.jobs()] == [("CANCELLED", 1305, 2.0)]
