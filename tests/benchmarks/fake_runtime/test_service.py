"""IBM's own client against the fake of its service, where all is well."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests
from qiskit import QuantumCircuit
from qiskit_ibm_runtime import QiskitRuntimeService
from qiskit_ibm_runtime.exceptions import (
    IBMInputValueError,
    IBMRuntimeError,
    RuntimeInvalidStateError,
    RuntimeJobNotFound,
)

from benchmarks.fake_runtime.loopback import TOKEN, account_file, environment, redirected
from benchmarks.fake_runtime.server import FakeRuntime

if TYPE_CHECKING:
    from conftest import Work

pytestmark = [
    # The client's own affairs, which it warns of itself.
    pytest.mark.filterwarnings("ignore:The RuntimeOptions class is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*IBMFractionalTranslationPlugin is deprecated:DeprecationWarning"),
]


def test_the_client_logs_in_and_finds_computers(fake: FakeRuntime, service: QiskitRuntimeService) -> None:
    (backend,) = service.backends()
    assert (backend.name, backend.num_qubits, backend.status().status_msg) == ("ibm_manila", 5, "active")
    assert {"cx", "rz", "sx", "x"} <= set(backend.target.operation_names)
    assert {"Service-CRN", "Authorization"} <= set(fake.seen_headers[-1])
    assert not any(TOKEN in text for headers in fake.seen_headers for text in headers.values())


def test_another_key_and_another_instance_are_refused(fake: FakeRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", environment()["QISKIT_IBM_INSTANCE"].replace("fa4e", "0ddd"))
    with pytest.raises(IBMInputValueError, match="does not have access"):
        QiskitRuntimeService()
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "another")
    with pytest.raises(Exception, match="valid API token"):
        QiskitRuntimeService()
    assert not any("quantum.cloud" in path for _, path in fake.requests)


def test_a_saved_account_is_what_the_client_itself_saves(
    fake: FakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = account_file(tmp_path / "ours.json"), tmp_path / "theirs.json"
    instance = environment()["QISKIT_IBM_INSTANCE"]
    QiskitRuntimeService.save_account(token=TOKEN, instance=instance, filename=str(theirs), set_as_default=True)
    assert ours.read_text() == theirs.read_text()
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    assert QiskitRuntimeService(filename=str(ours)).active_instance() == instance
    assert fake.requests


@pytest.mark.usefixtures("account")
def test_each_row_of_values_gives_its_bits(work: "Work", tmp_path: Path) -> None:
    with FakeRuntime(tmp_path, ("manila", "torino")) as fake, redirected(fake.url):
        service = QiskitRuntimeService()
        for name in ("ibm_manila", "ibm_torino"):
            job = work.submitted(service, pubs=2, name=name)
            for found in job.result():
                assert work.read(found) == [{bits: 100} for bits in work.rows]
        assert not fake.problems


def test_without_parameters_there_may_be_rows_nevertheless(
    work: "Work", fake: FakeRuntime, service: QiskitRuntimeService
) -> None:
    made = QuantumCircuit(5, 3)
    made.x(3)
    # Of the third bit nothing is read.
    made.measure([3, 4], [1, 0])
    one, three = work.sampler(service.backend("ibm_manila")).run([made, (made, np.zeros((3, 0)))], shots=7).result()
    assert (one.data.c.shape, three.data.c.shape) == ((), (3,))
    assert one.data.c.get_counts() == three.data.c[2].get_counts() == {"010": 7}
    assert [each.executions for each in fake.jobs()] == [28]


@pytest.mark.usefixtures("account")
def test_draws_follow_the_circuit_and_are_the_same_for_the_same(work: "Work", tmp_path: Path) -> None:
    found, kept = [], []
    for place in range(2):
        with FakeRuntime(tmp_path / str(place)) as fake, redirected(fake.url):
            backend = QiskitRuntimeService().backend("ibm_manila")
            # Names that Qiskit makes are other ones each time.
            pub = (work.circuit(backend), [np.pi / 2, np.pi / 3, 0.0])
            (result,) = work.sampler(backend).run([pub], shots=2000).result()
            found.append(result.data.meas.get_bitstrings())
            kept += fake.jobs()
    assert found[0] == found[1]
    assert kept[0].content == kept[1].content
    assert kept[0].sha256 != kept[1].sha256
    # Within five standard deviations of 1/2 and sin(pi/6)^2 = 1/4.
    bits = np.array([[int(bit) for bit in text[::-1]] for text in found[0]])
    assert np.abs(bits.mean(axis=0) - [0.5, 0.25, 0.0]).max() < 5 * 0.5 / np.sqrt(2000)


def test_jobs_are_found_by_tag_and_time(work: "Work", fake: FakeRuntime, service: QiskitRuntimeService) -> None:
    before = datetime.now(UTC)
    jobs = [work.submitted(service, "run", f"step-{step}") for step in range(2)]
    backend = service.backend("ibm_manila")
    isa = work.circuit(backend)
    for _ in range(21):
        # More than a page.
        work.sampler(backend, "other").run([(isa, work.table[:1])], shots=1)
    (found,) = service.jobs(limit=None, job_tags=["run", "step-1"], created_after=before)
    assert (found.job_id(), found.tags) == (jobs[1].job_id(), ["run", "step-1"])
    assert [each.job_id() for each in service.jobs(limit=None, job_tags=["run"])] == [
        each.job_id() for each in reversed(jobs)
    ]
    assert len(service.jobs(limit=None)) == len({each.job_id() for each in service.jobs(limit=None)}) == 23
    assert len(service.jobs(limit=3)) == 3
    assert not service.jobs(limit=None, created_after=before + timedelta(hours=1))
    fake.listing_lag_seconds = 1000.0
    assert not service.jobs(limit=None, job_tags=["run"])
    assert service.job(jobs[0].job_id()).status() == "DONE"


def test_a_job_waits_runs_and_is_charged(work: "Work", fake: FakeRuntime, service: QiskitRuntimeService) -> None:
    fake.queue_polls, fake.running_polls = 2, 1
    job = work.submitted(service)
    assert job.usage() == 0.0
    assert [job.status() for _ in range(5)] == ["QUEUED", "QUEUED", "RUNNING", "DONE", "DONE"]
    assert job.usage() == pytest.approx(2 + 0.00035 * 400, rel=1e-12)
    assert set(job.metrics()["timestamps"]) == {"created", "running", "finished"}
    assert service.usage()["usage_consumed_seconds"] == job.usage()
    job.result()
    assert [(each.fetched, each.executions, each.status) for each in fake.jobs()] == [(1, 400, "DONE")]


def test_a_job_that_waits_can_be_cancelled_and_one_that_is_done_cannot(
    work: "Work", fake: FakeRuntime, service: QiskitRuntimeService
) -> None:
    fake.queue_seconds = 1000.0
    job = work.submitted(service)
    assert job.status() == "QUEUED"
    job.cancel()
    assert (service.job(job.job_id()).status(), job.usage()) == ("CANCELLED", 0.0)
    fake.queue_seconds = 0.0
    with pytest.raises(RuntimeInvalidStateError, match="cannot be cancelled"):
        work.submitted(service).cancel()


def test_an_unknown_job_is_not_found(service: QiskitRuntimeService) -> None:
    with pytest.raises(RuntimeJobNotFound):
        service.job("fake0")


def test_a_server_started_again_knows_its_jobs(
    work: "Work", tmp_path: Path, fake: FakeRuntime, service: QiskitRuntimeService
) -> None:
    job, port = work.submitted(service, "kept"), int(fake.url.rpartition(":")[2])
    before = work.read(job.result()[0])
    fake.__exit__()
    with FakeRuntime(tmp_path / "fake", port=port) as again:
        (found,) = service.jobs(job_tags=["kept"])
        assert work.read(found.result()[0]) == before
        assert [(each.id, each.fetched) for each in again.jobs()] == [(job.job_id(), 2)]
        assert not again.problems


def test_what_cannot_be_simulated_is_refused(work: "Work", fake: FakeRuntime, service: QiskitRuntimeService) -> None:
    backend = service.backend("ibm_manila")
    made = QuantumCircuit(5, 1)
    made.measure(0, 0)
    made.x(0)
    with pytest.raises(IBMRuntimeError, match="at the end of a circuit only"):
        work.sampler(backend).run([made])
    assert not fake.jobs()


def test_there_is_no_way_to_anybody_else(fake: FakeRuntime) -> None:
    with pytest.raises(requests.ConnectionError, match=r"no way to 'example\.org'"):
        requests.get("https://example.org/cloud.ibm.com", timeout=1)
    with pytest.raises(requests.ConnectionError, match="no way to 'evilcloud"):
        requests.get("https://evilcloud.ibm.com.example.org", timeout=1)
    assert not fake.requests
    assert requests.get(f"{fake.url}/nothing", timeout=1).status_code == 404


def test_qgan_runs_behind_the_redirection(fake: FakeRuntime) -> None:
    command = [sys.executable, "-m", "benchmarks.fake_runtime.loopback", fake.url, "--help"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    assert "train" in said.stdout
