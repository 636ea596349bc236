"""Names, what is missing, what is refused, and which gradient is chosen."""

import subprocess
import sys
import time
from importlib import metadata

import numpy as np
import pydantic
import pytest
import torch

from circuits import CIRCUITS
from qgan.backends import BACKENDS, Backend, BackendOptions, Status, names, resolve
from qgan.backends.facts import UNSUITABLE, facts_of
from qgan.errors import BackendError, ConfigError, ResourceError
from qgan.readout import Probabilities
from qgan.seeding import Key

INSTALLED = {point.name for point in metadata.entry_points(group="pennylane.plugins")}


def circuit(n_wires=2):
    return CIRCUITS["hardware-efficient"](n_wires=n_wires, layers=1)


@pytest.mark.parametrize("name", names())
def test_every_name_resolves_and_says_whether_it_is_there(name):
    status = resolve(name).status()
    assert isinstance(status, Status)
    assert status.installed == (not status.missing) == (not status.cure)
    if name not in INSTALLED and not facts_of(name).primitive:
        assert not status.installed
        assert "pip install" in status.cure


def test_every_listed_backend_has_a_summary():
    assert {"default.qubit", "default.mixed", "lightning.qubit", "lightning.gpu"} <= set(BACKENDS)
    assert all(entry.summary for entry in BACKENDS.values())
    assert all(entry.options is BackendOptions for entry in BACKENDS.values())


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("lightning.qbit", "lightning.qubit"),
        ("default.qubits", "default.qubit"),
        ("lightning.gpus", "lightning.gpu"),
        ("fake:mnila", "fake:manila"),
    ],
)
def test_a_near_miss_is_suggested(wrong, right):
    with pytest.raises(BackendError, match=f"Did you mean '{right}'") as caught:
        resolve(wrong)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("name", UNSUITABLE)
def test_devices_that_have_no_joint_probabilities_are_refused_with_the_reason(name):
    with pytest.raises(BackendError, match=UNSUITABLE[name]):
        resolve(name)


@pytest.mark.skipif("lightning.gpu" in INSTALLED, reason="lightning.gpu is installed")
def test_a_missing_gpu_backend_names_its_extra():
    assert resolve("lightning.gpu").status().cure == "pip install 'qgan[gpu]'"
    with pytest.raises(BackendError, match=r"pip install 'qgan\[gpu\]'"):
        resolve("lightning.gpu").executor(circuit(), Probabilities(), shots=None)


@pytest.mark.parametrize("error", [ImportError, RuntimeError, ValueError, OSError])
def test_whatever_a_broken_plugin_raises_becomes_one_message_with_its_words(error, monkeypatch):
    def broken(*_):
        raise error("CUDA driver version is insufficient")

    monkeypatch.setattr("qgan.backends.executor.make_device", broken)
    status = Backend("lightning.qubit").status()
    assert not status.installed
    assert "CUDA driver version is insufficient" in status.missing
    with pytest.raises(BackendError, match="CUDA driver version is insufficient") as caught:
        Backend("lightning.qubit").executor(circuit(), Probabilities(), shots=None)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("name", "wires", "error", "code"),
    [
        ("lightning.qubit", 64, BackendError, 4),
        ("lightning.qubit", 70, BackendError, 4),
        ("default.mixed", 24, BackendError, 4),
        ("lightning.qubit", 0, BackendError, 4),
        ("lightning.qubit", 40, ResourceError, 7),
        ("lightning.qubit", 63, ResourceError, 7),
        ("default.qubit", 40, ResourceError, 7),
        ("default.mixed", 20, ResourceError, 7),
    ],
)
def test_too_many_wires_are_refused_at_once_and_with_nothing_allocated(name, wires, error, code):
    backend, before = resolve(name), time.perf_counter()
    with pytest.raises(error) as caught:
        backend.check(wires, batch=1, n_gates=1)
    assert caught.value.exit_code == code
    if wires:
        with pytest.raises(error):
            backend.executor(circuit(wires), Probabilities(), shots=None)
    assert time.perf_counter() - before < 5


def test_a_refusal_for_memory_says_how_much_and_what_to_do(monkeypatch):
    monkeypatch.setattr("qgan.backends.memory.available", lambda: 2**20)
    with pytest.raises(ResourceError, match=r"128 .*need of 10\.5 MiB.*1 MiB.*smaller batch, or lightning\.qubit"):
        resolve("default.qubit").check(8, batch=128, n_gates=18)
    resolve("lightning.qubit").check(8, batch=128, n_gates=18)


@pytest.mark.parametrize(
    ("name", "shots", "expected"),
    [
        ("default.qubit", None, "backprop"),
        ("default.mixed", None, "backprop"),
        ("lightning.qubit", None, "adjoint"),
        ("lightning.gpu", None, "adjoint"),
        ("reference.qubit", None, "parameter-shift"),
        ("default.qubit", 100, "parameter-shift"),
        ("lightning.qubit", 100, "parameter-shift"),
    ],
)
def test_the_gradient_follows_from_device_and_shots_and_says_why(name, shots, expected):
    gradient = resolve(name).gradient(shots)
    assert gradient.name == expected
    assert gradient.why
    assert resolve(name).gradient(None, "parameter-shift").name == "parameter-shift"


@pytest.mark.parametrize(
    ("name", "shots", "method"),
    [
        ("default.qubit", None, "adjoint"),
        ("lightning.qubit", None, "backprop"),
        ("reference.qubit", None, "adjoint"),
        ("default.qubit", 100, "backprop"),
        ("lightning.qubit", 100, "adjoint"),
        ("default.qubit", None, "finite-diff"),
    ],
)
def test_a_gradient_that_does_not_go_with_the_device_or_shots_is_refused(name, shots, method):
    with pytest.raises(ConfigError, match="does not go with") as caught:
        resolve(name).executor(circuit(), Probabilities(), shots=shots, method=method)
    assert caught.value.exit_code == 2
    assert caught.value.cure


@pytest.mark.parametrize(
    "options", [{"shots": 0}, {"shots": 10_000_001}, {"shots": 1.5}, {"gradient": "finite-diff"}, {"shot": 1}]
)
def test_impossible_options_are_refused(options):
    with pytest.raises(pydantic.ValidationError):
        BackendOptions(**options)


@pytest.mark.parametrize("name", sorted(INSTALLED & set(BACKENDS)))
def test_global_random_states_stay_as_they_are(name):
    before, torch_before = _global_state(), torch.get_rng_state()
    backend = Backend(name)
    backend.status()
    executor = backend.executor(circuit(), Probabilities(), shots=5)
    executor(torch.zeros(2, 2), {"w": torch.zeros(1, 2)}, key=Key(0, "g"))
    assert _global_state() == before
    assert torch.equal(torch.get_rng_state(), torch_before)


@pytest.mark.parametrize("name", ["ibm:least-busy", "ibm:ibm_torino", "ibm:a", "ibm:test_eagle.2-b"])
def test_a_computer_of_ibms_is_any_name_and_asks_nothing_before_it_is_used(name, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    backend = resolve(name)
    assert (backend.name, backend.paid) == (name, True)
    assert backend.status() == Status(True)
    executor = backend.executor(circuit(), Probabilities(), shots=5)
    assert executor.gradient.name == "parameter-shift"
    assert executor.remote.name == name
    with pytest.raises(BackendError, match="nobody has allowed"):
        executor(torch.zeros(2, 2), {"w": torch.zeros(1, 2)}, key=Key(0, "g"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["ibm:", "ibm:a b", "ibm:../x", "ibm:" + "a" * 65, "ibm:a\n", "IBM:a", "xibm:a"])
def test_what_cannot_be_a_computers_name_is_none(name):
    with pytest.raises(BackendError, match="There is no backend called") as caught:
        resolve(name)
    assert caught.value.exit_code == 4


def test_nothing_else_costs_anything():
    assert {name for name in names() if resolve(name).paid} == {"ibm:least-busy"}


def test_a_computer_is_measured_and_never_exact():
    with pytest.raises(ConfigError, match="nothing of it is exact") as caught:
        resolve("ibm:nowhere").executor(circuit(), Probabilities(), shots=None)
    assert caught.value.exit_code == 2
    with pytest.raises(ConfigError, match="nothing of it is exact"):
        resolve("ibm:nowhere").require_sensible(BackendOptions(shots=None))
    resolve("ibm:nowhere").require_sensible(BackendOptions(shots=5, mode="session"))
    for other in ("aer", "batched.qubit"):
        resolve(other).require_sensible(BackendOptions(shots=None))
        with pytest.raises(ConfigError, match="has no modes"):
            resolve(other).require_sensible(BackendOptions(shots=None, mode="job"))


def test_only_what_is_run_by_way_of_qiskit_takes_jobs(tmp_path):
    assert resolve("aer").service(tmp_path, qubits=2).name == "aer"
    for name in ("batched.qubit", "default.qubit"):
        with pytest.raises(BackendError, match="takes no jobs") as caught:
            resolve(name).service(tmp_path, qubits=2)
        assert caught.value.exit_code == 4


def test_without_qiskit_a_computer_is_missing_with_its_cure(monkeypatch, tmp_path):
    def broken(*_):
        raise ImportError("No module named 'qiskit_ibm_runtime'")

    monkeypatch.setattr(Backend, "_make", broken)
    backend = resolve("ibm:ibm_torino")
    assert backend.status() == Status(False, "ImportError: No module named 'qiskit_ibm_runtime'", backend.status().cure)
    assert backend.status().cure == "pip install 'qgan[qiskit]'"
    with pytest.raises(BackendError, match="qiskit_ibm_runtime"):
        backend.service(tmp_path, qubits=2)


def _global_state():
    state = np.random.get_state(legacy=False)  # noqa: NPY002
    return state["state"]["key"].tolist(), state["state"]["pos"]


def test_listing_and_checking_names_loads_neither_torch_nor_pennylane():
    code = (
        "import sys; from qgan.backends import names, resolve; names(); resolve('ibm:x');"
        "resolve('lightning.gpu').status();"
        "sys.exit(bool({'torch', 'pennylane'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
