"""How much is needed, how much there is, and that both are told in units people read."""

import resource
import subprocess
import sys

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.backends import memory, resolve


@pytest.mark.parametrize(
    "name", ["default.qubit", "default.mixed", "lightning.qubit", "reference.qubit", "aer", "fake:fez"]
)
@given(wires=st.integers(1, 70), batch=st.integers(1, 1000), gates=st.integers(1, 1000))
def test_a_wire_a_row_or_a_gate_more_never_needs_less(name, wires, batch, gates):
    backend = resolve(name)
    need = backend.memory(wires, batch=batch, n_gates=gates)
    assert need >= 16 * 2**wires
    assert backend.memory(wires + 1, batch=batch, n_gates=gates) >= 2 * need
    assert backend.memory(wires, batch=batch + 1, n_gates=gates) >= need
    assert backend.memory(wires, batch=batch, n_gates=gates + 1) >= need


def test_the_estimate_is_that_of_its_formula():
    assert resolve("default.qubit").memory(5, batch=4, n_gates=10) == 4 * 2**5 * 16 * 13
    assert resolve("default.mixed").memory(5, batch=4, n_gates=10) == 4 * 4**5 * 16 * 13
    assert resolve("lightning.qubit").memory(5, batch=4, n_gates=10) == 2**5 * 16 * 6 + 4 * 2**5 * 8 * 2


def test_of_one_job_everything_comes_back_together():
    with_shifted_ones = 4 * (1 + 2 * 10)
    assert resolve("aer").memory(5, batch=4, n_gates=10) == 2**5 * 16 * 6 + with_shifted_ones * 2**5 * 24
    assert resolve("fake:fez").memory(5, batch=4, n_gates=10) == 4**5 * 16 * 6 + with_shifted_ones * 2**5 * 24


def test_sets_of_few_rows_take_as_much_as_sets_of_eight():
    backend = resolve("batched.qubit")
    one_of_32, four_of_1 = (backend.memory(5, batch=rows, n_gates=1, sets=sets) for rows, sets in ((32, 1), (4, 4)))
    assert one_of_32 - four_of_1 == 2**5 * 2 * 8 * 28


@pytest.mark.slow
def test_the_estimate_for_backprop_is_near_what_training_takes():
    code = """
import torch
from circuits import CIRCUITS
from qgan.backends import resolve
from qgan.readout import Probabilities
from qgan.seeding import Key
torch.set_num_threads(1)
peaks = []
for n_wires in (2, 14):
    circuit = CIRCUITS["hardware-efficient"](n_wires=n_wires, layers=2)
    executor = resolve("default.qubit").executor(circuit, Probabilities(), shots=None)
    weights = {"w": torch.rand(2, n_wires, requires_grad=True)}
    (executor(torch.rand(16, n_wires), weights, key=Key(0, "g"))**2).sum().backward()
    # Not getrusage: its maximum is inherited from the process that started this one.
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    peaks.append(int(status["VmHWM"].split()[0]) * 1024)
n_gates = sum(circuit.resources().gates.values())
print(peaks[1] - peaks[0], resolve("default.qubit").memory(14, batch=16, n_gates=n_gates))
"""
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    taken, estimated = map(int, answer.split())
    assert estimated / 3 < taken < 3 * estimated


def test_what_is_available_is_never_more_than_the_machine_has_free():
    assert 0 < memory.available() <= psutil.virtual_memory().total


def test_a_limit_on_the_address_space_counts():
    code = (
        "import resource; from qgan.backends import memory;"
        "import psutil; used = psutil.Process().memory_info().vms;"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000, resource.RLIM_INFINITY));"
        "print(memory.available())"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert 0 < int(answer) <= 50_000_000
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 50_000_000


@pytest.mark.parametrize(
    ("membership", "files"),
    [
        ("0::/outer/inner\n", ("memory.max", "memory.current", "inactive_file")),
        ("4:memory:/outer/inner\n", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")),
    ],
    ids=["version 2", "version 1"],
)
def test_the_limit_of_an_outer_control_group_counts_less_what_is_used_and_not_mere_cache(tmp_path, membership, files):
    (tmp_path / "membership").write_text(membership)
    root = tmp_path / "cgroup"
    outer = root / ("memory/outer" if "memory" in membership else "outer")
    (outer / "inner").mkdir(parents=True)
    for folder, limit in ((outer, "1000"), (outer / "inner", "max")):
        for name, text in zip((*files[:2], "memory.stat"), (limit, "300", f"anon 1\n{files[2]} 100\n"), strict=True):
            (folder / name).write_text(text)
    assert list(memory.control_groups(root, tmp_path / "membership")) == [1000 - 300 + 100]


def test_without_control_groups_there_is_no_limit_of_theirs(tmp_path):
    assert list(memory.control_groups(tmp_path, tmp_path / "none")) == []


@pytest.mark.parametrize(
    ("size", "text"),
    [(1023, "1023 bytes"), (1536, "1.5 KiB"), (2**30, "1 GiB"), (16 * 2**40, "16 TiB"), (2**80, "1024 ZiB")],
)
def test_bytes_are_told_in_binary_units(size, text):
    assert memory.human(size) == text
