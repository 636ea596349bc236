"""`batched.qubit` against default.qubit, in every way that PennyLane asks it."""

import subprocess
import sys

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane.tape import QuantumScript

from benchmarks.random_circuits import disagreement, random_gates
from qgan.errors import ResourceError

TOLERANCE = {np.complex64: 1e-4, np.complex128: 1e-10}


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_wires=st.integers(1, 7),
    n_gates=st.integers(0, 25),
    rows=st.none() | st.integers(1, 33),
    c_dtype=st.sampled_from([np.complex64, np.complex128]),
)
def test_values_and_gradients_are_those_of_default_qubit(seed, n_wires, n_gates, rows, c_dtype):
    found = disagreement(seed, n_wires=n_wires, n_gates=n_gates, rows=rows, c_dtype=c_dtype)
    assert found.values < TOLERANCE[c_dtype]
    assert found.gradients < TOLERANCE[c_dtype]


@pytest.mark.parametrize("rows", [None, 3])
def test_the_state_has_the_phase_of_default_qubit_and_its_gradient(rows):
    rng = np.random.default_rng(3)
    gates = random_gates(rng, 3, 40, rows)
    angle = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)

    def circuit(x):
        qml.PhaseShift(x, wires=0)
        for gate in gates:
            qml.apply(gate)
        qml.PhaseShift(2 * x, wires=1)
        qml.ControlledPhaseShift(x, wires=[0, 1])
        return qml.state()

    states, slopes = [], []
    for name, options in (("default.qubit", {}), ("batched.qubit", {"c_dtype": np.complex128})):
        node = qml.QNode(circuit, qml.device(name, wires=3, **options), interface="torch")
        state = node(angle)
        slopes.append(torch.autograd.grad((state.real * 0.3 + state.imag**2).sum(), angle)[0])
        states.append(state.detach())
    torch.testing.assert_close(states[1], states[0], rtol=0, atol=1e-10)
    torch.testing.assert_close(slopes[1], slopes[0], rtol=0, atol=1e-10)


@pytest.mark.parametrize("interface", ["torch", "autograd"])
def test_gradients_reach_every_interface_that_is_here(interface):
    def circuit(x, w):
        qml.StatePrep(np.array([1, 2j, 0, -1]) / np.sqrt(6), wires=[0, 1])
        qml.RX(x, wires=0)
        qml.CRY(w[0], wires=[0, 1])
        qml.Rot(w[1], x, w[0], wires=1)
        return qml.probs(wires=[1])

    found = []
    for name, options in (("default.qubit", {}), ("batched.qubit", {"c_dtype": np.complex128})):
        node = qml.QNode(circuit, qml.device(name, wires=2, **options), interface=interface)
        if interface == "torch":
            x, w = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in ([0.2, 0.9], [0.3, -1.0]))
            node(x, w)[:, 0].sum().backward()
            found.append(np.concatenate([np.asarray(x.grad), np.asarray(w.grad)]))
        else:
            x, w = qml.numpy.array(0.2), qml.numpy.array([0.3, -1.0])
            found.append(np.concatenate([np.ravel(part) for part in qml.jacobian(node)(x, w)]))
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-10)


def test_shots_are_drawn_from_the_exact_probabilities_and_by_the_seed():
    def circuit(x):
        qml.RX(x, wires=0)
        qml.CNOT(wires=[0, 1])
        return qml.counts(), qml.expval(qml.Z(1)), qml.sample(wires=[0])

    def run(seed):
        return qml.set_shots(qml.QNode(circuit, qml.device("batched.qubit", wires=2, seed=seed)), 2000)(1.1)

    counts, mean, sample = run(5)
    assert set(counts) == {"00", "11"}
    assert sum(counts.values()) == len(np.ravel(sample)) == 2000
    # Five standard errors.
    assert abs(mean - np.cos(1.1)) < 5 * np.sin(1.1) / np.sqrt(2000)
    assert counts == run(5)[0] != run(6)[0]


def test_tapes_of_the_same_gates_are_run_together(monkeypatch):
    from qgan.backends.batched.engine import Engine

    calls = []
    push = Engine.push

    def counted(self, *args, **more):
        calls.append(more["batch"])
        return push(self, *args, **more)

    monkeypatch.setattr(Engine, "push", counted)
    device = qml.device("batched.qubit", wires=2)
    tapes = [QuantumScript([qml.RX(x, 0), qml.CNOT([0, 1])], [qml.probs(wires=1)]) for x in (0.1, 0.2, 0.3)]
    found = device.execute(tapes)
    assert calls == [3]
    np.testing.assert_allclose(np.array(found)[:, 1], np.sin(np.array([0.1, 0.2, 0.3]) / 2) ** 2, atol=1e-6)


def test_post_selection_is_that_of_default_qubit():
    def circuit(x):
        qml.RY(x, wires=0)
        qml.CRX(0.7, wires=[0, 1])
        qml.measure(0, postselect=1)
        qml.RY(0.3, wires=1)
        return qml.probs(wires=[1])

    found = [
        qml.QNode(circuit, qml.device(name, wires=3, **options))(0.4)
        for name, options in (("default.qubit", {}), ("batched.qubit", {"c_dtype": np.complex128}))
    ]
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-10)


def test_what_has_no_gradient_says_so():
    device = qml.device("batched.qubit", wires=3)
    tape = QuantumScript([qml.BlockEncode(0.3, wires=[0])], [qml.expval(qml.Z(0))])
    tape.trainable_params = [0]
    with pytest.raises(qml.exceptions.DeviceError, match="parameter-shift"):
        device.compute_vjp((tape,), (1.0,))


@pytest.mark.parametrize("c_dtype", [np.float64, np.complex256, "complex"])
def test_other_types_of_amplitudes_are_refused(c_dtype):
    if np.dtype(c_dtype) == np.complex128:
        assert qml.device("batched.qubit", wires=1, c_dtype=c_dtype).c_dtype == np.complex128
        return
    with pytest.raises(qml.exceptions.DeviceError, match="c_dtype must be"):
        qml.device("batched.qubit", wires=1, c_dtype=c_dtype)


def test_too_many_qubits_are_refused_before_anything_is_allocated():
    tape = QuantumScript([qml.Hadamard(wire) for wire in range(46)], [qml.expval(qml.Z(45))])
    with pytest.raises(ResourceError, match="too much memory"):
        qml.device("batched.qubit").execute((tape,))


def test_numba_is_loaded_when_a_circuit_is_first_run():
    script = (
        "import sys, pennylane as qml; device = qml.device('batched.qubit'); assert 'numba' not in sys.modules;"
        "qml.QNode(lambda: qml.state(), device)(); assert 'numba' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).returncode == 0
