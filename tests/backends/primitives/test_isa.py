"""Circuits are known by what they do, and kept as they were."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

from circuits import CIRCUITS
from qgan.backends.primitives.isa import Shelf, canonical, isa_of
from qgan.backends.primitives.names import fakes
from qgan.backends.primitives.target import passes
from qgan.backends.primitives.templates import template_of
from qgan.backends.program import trace
from qgan.errors import CheckpointError

GATES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["h", "sx"]), st.permutations(range(3)).map(lambda p: tuple(p[:1])), st.none()),
        st.tuples(
            st.sampled_from(["rx", "rz"]), st.permutations(range(3)).map(lambda p: tuple(p[:1])), st.floats(0.1, 3)
        ),
        st.tuples(st.sampled_from(["cx", "cz"]), st.permutations(range(3)).map(lambda p: tuple(p[:2])), st.none()),
    ),
    max_size=4,
)


def circuit_of(gates, *, bits=(0, 1, 2), unitary=None):
    circuit = QuantumCircuit(3, 3)
    for name, wires, angle in gates:
        getattr(circuit, name)(*([] if angle is None else [angle]), *wires)
    if unitary is not None:
        circuit.append(UnitaryGate(unitary), [0])
    circuit.measure(range(3), bits)
    return circuit


def template(name="style", layers=1):
    import torch

    circuit = CIRCUITS[name](n_wires=2, layers=layers)
    weights = {key: torch.ones(shape, dtype=torch.float64) for key, shape in circuit.weight_shapes.items()}
    return template_of(trace(circuit, torch.ones(1, circuit.latent_dim, dtype=torch.float64), weights).operators, 2)


@settings(max_examples=40)
@given(GATES, GATES)
def test_circuits_are_alike_if_and_only_if_they_have_the_same_gates_in_order(one, other):
    assert (canonical(circuit_of(one)) == canonical(circuit_of(other))) == (one == other)
    assert canonical(circuit_of(one).copy()) == canonical(circuit_of(one))


def test_wires_bits_angles_and_matrices_are_told_apart():
    gates = [("rx", (0,), 0.5), ("cx", (0, 1), None)]
    different = [
        circuit_of(gates),
        circuit_of(gates, bits=(1, 0, 2)),
        circuit_of([("rx", (0,), np.nextafter(0.5, 1)), gates[1]]),
        circuit_of([gates[0], ("cx", (1, 0), None)]),
        circuit_of(gates, unitary=np.eye(2)),
        circuit_of(gates, unitary=np.array([[0, 1], [1, 0]])),
    ]
    assert len({canonical(each) for each in different}) == len(different)


def test_another_process_knows_them_by_the_same_name():
    """Where strings have other hashes."""
    code = (
        "from qiskit import QuantumCircuit\n"
        "from qiskit.circuit import Parameter\n"
        "from qgan.backends.primitives.isa import canonical\n"
        "made = QuantumCircuit(2)\n"
        "made.rx(2 * Parameter('angle_1') + Parameter('angle_0') + 0.1, 0)\n"
        "made.cx(0, 1)\n"
        "made.measure_all()\n"
    )
    here: dict[str, Any] = {}
    exec(code, here)
    run = [sys.executable, "-W", "ignore", "-c", f"{code}print(canonical(made))"]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == canonical(here["made"])


def test_facts_are_those_of_the_circuit():
    known = template("hardware-efficient")
    facts = isa_of(known, known.measured).facts
    assert facts == {"isa": canonical(known.measured), "qubits": 2, "depth": 4, "two_qubit_gates": 1}


@pytest.mark.parametrize("name", CIRCUITS)
def test_what_was_put_is_there_again_and_still_takes_its_angles(name, tmp_path):
    known = template(name)
    made = passes(level=3, seed=0, backend=fakes()["manila"]).run(known.measured)
    Shelf(tmp_path / "isa", "manila").put(known, made)
    again = Shelf(tmp_path / "isa", "manila").get(template(name))
    assert again is not None
    assert canonical(again) == canonical(made)
    table = np.ones((2, known.n_angles))
    assert known.values(again, table).keys() == known.values(made, table).keys()


def test_only_what_was_put_for_it_is_given(tmp_path):
    shelf, known = Shelf(tmp_path, "manila/3/0"), template()
    assert shelf.get(known) is None
    shelf.put(known, known.measured)
    assert shelf.get(template(layers=2)) is None
    assert shelf.get(template("iqp")) is None
    assert Shelf(tmp_path, "manila/3/1").get(known) is None
    assert shelf.get(known) == known.measured


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shelf = Shelf(None, "manila")
    shelf.put(template(), template().measured)
    assert shelf.get(template()) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"QISKIT", b"nothing of the kind"])
def test_a_damaged_one_is_refused_and_not_made_anew(tmp_path, damage):
    shelf = Shelf(tmp_path, "manila")
    shelf.put(template(), template().measured)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    with pytest.raises(CheckpointError, match="cannot be read") as caught:
        shelf.get(template())
    assert caught.value.exit_code == 5
    assert str(path) in str(caught.value)
