"""A rehearsal: jobs that are done when they are sent, kept in a folder, and the same each time."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import CIRCUITS
from qgan.backends.jobs.service import Job, Place, Unreadable, View
from qgan.backends.primitives.gates import GATES
from qgan.backends.primitives.local import LocalService
from qgan.backends.primitives.services import service_of
from qgan.backends.primitives.target import draw
from qgan.backends.primitives.targets import target_of
from qgan.backends.primitives.templates import template_of
from qgan.backends.program import trace
from qgan.errors import JobError, QganError

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def program(layers=1):
    import torch

    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=layers)
    weights = {name: torch.ones(shape, dtype=torch.float64) for name, shape in circuit.weight_shapes.items()}
    return trace(circuit, torch.ones(3, circuit.latent_dim, dtype=torch.float64), weights)


def job(service, key="ab" * 32, *, shots=50, tags=("qgan", "one")):
    made = [program(layers) for layers in (1, 2)]
    structures = tuple(service.prepare(template_of(each.operators, 2)) for each in made)
    tables = tuple(each.angles.numpy() for each in made)
    return Job(key, Place("shown", 1, 0), tags, shots, structures, tables, {}, 60)


@pytest.fixture(params=["aer", "fake:manila"])
def service(request, tmp_path):
    return LocalService(target_of(request.param), tmp_path / "here")


def test_a_job_is_done_when_it_is_sent(service):
    job_id = service.submit(job(service))
    assert service.look(job_id) == View("done", usage=0.0)
    one, other = service.fetch(job_id)
    assert one.shape == other.shape == (3, 50, 2)
    assert {*np.unique(one), *np.unique(other)} <= {0, 1}
    service.cancel(job_id)
    assert service.look(job_id).state == "done"
    assert (service.name, service.paid) == (service.facts["computer"], False)


def test_the_same_job_has_the_same_shots_and_another_key_others(service, tmp_path):
    found = service.fetch(service.submit(job(service)))
    elsewhere = LocalService(target_of(service.name), tmp_path / "elsewhere")
    again, other = (elsewhere.fetch(elsewhere.submit(job(elsewhere, key))) for key in ("ab" * 32, "cd" * 32))
    assert all(np.array_equal(one, two) for one, two in zip(found, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(found, other, strict=True))


def test_jobs_are_found_by_all_of_their_tags_and_when_they_were_sent(service):
    first = service.submit(job(service, "ab" * 32))
    second = service.submit(job(service, "cd" * 32, tags=("qgan", "two")))
    assert service.tagged(["qgan"], LONG_AGO) == [first, second]
    assert service.tagged(["qgan", "two"], LONG_AGO) == [second]
    assert service.tagged(["one", "two"], LONG_AGO) == []
    assert service.tagged(["qgan"], datetime.now(UTC) + timedelta(minutes=1)) == []


def test_jobs_survive_the_process(service, tmp_path):
    job_id = service.submit(job(service))
    found = service.fetch(job_id)
    later = LocalService(target_of(service.name), tmp_path / "here")
    assert later.tagged(["qgan"], LONG_AGO) == [job_id]
    assert all(np.array_equal(one, two) for one, two in zip(found, later.fetch(job_id), strict=True))


def test_a_job_that_is_not_there_is_said_so(service):
    assert service.tagged(["qgan"], LONG_AGO) == []
    with pytest.raises(JobError, match="There is no job here-nothing"):
        service.look("here-nothing")


def test_a_result_that_is_none_comes_as_it_is(service, tmp_path):
    job_id = service.submit(job(service))
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(b"nothing")
    with pytest.raises(Unreadable) as caught:
        service.fetch(job_id)
    assert caught.value.raw == b"nothing"


def test_a_structure_is_prepared_once_and_known_by_its_gates(service):
    one, other = (service.prepare(template_of(program().operators, 2)) for _ in range(2))
    assert one is other
    facts = service.facts_of(one)
    assert facts == {**service.facts_of(other)}
    assert (facts["qubits"], facts["two_qubit_gates"]) == (2, 1)
    assert facts["depth"] >= 3
    assert facts["isa"] != service.facts_of(service.prepare(template_of(program(2).operators, 2)))["isa"]
    assert GATES
    assert service._target.sent.transpilations == (2 if service.name.startswith("fake:") else 0)
    assert service.rehearsal(2) is service._target


@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_bits_are_drawn_by_their_probabilities_first_qubit_first(qubits, seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(2**qubits), size=2)
    probabilities[:, 0] = 0
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    bits = draw(probabilities, 4000, np.random.default_rng(1))
    places = bits @ (1 << np.arange(qubits)[::-1])
    found = np.stack([np.bincount(row, minlength=2**qubits) for row in places]) / 4000
    assert bits.shape == (2, 4000, qubits)
    assert (found[:, 0] == 0).all()
    np.testing.assert_allclose(found, probabilities, rtol=0, atol=5 * 0.5 / 4000**0.5)


@pytest.mark.parametrize("name", ["aer", "aer:density", "fake:manila"])
def test_every_simulator_here_takes_jobs_by_its_name(name, tmp_path):
    service = service_of(name, tmp_path)
    assert isinstance(service, LocalService)
    assert service.name == name
    service.submit(job(service))
    assert {path.suffix for path in (tmp_path / "here").iterdir()} == {".npz", ".json"}


def test_ibms_computers_ask_who_is_there(tmp_path, monkeypatch):
    """Without an account nothing is asked of anybody."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("QISKIT_IBM_TOKEN", "QISKIT_IBM_INSTANCE", "QISKIT_IBM_CHANNEL", "QISKIT_IBM_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(QganError) as caught:
        service_of("ibm:least-busy", tmp_path)
    assert caught.value.exit_code == 10
