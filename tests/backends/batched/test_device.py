"""`batched.qubit` against default.qubit, in every way that PennyLane asks it."""

import subprocess
import sys

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane.measurements import ProbabilityMP
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


X, Y, Z = qml.X, qml.Y, qml.Z
READINGS = {
    "all": lambda: qml.probs(wires=range(4)),
    "another order": lambda: qml.probs(wires=[2, 0, 3, 1]),
    "some": lambda: qml.probs(wires=[3, 1]),
    "one": lambda: qml.probs(wires=[2]),
    "Z": lambda: [qml.expval(Z(wire)) for wire in range(4)],
    "words": lambda: [qml.expval(Z(0) @ X(2)), qml.expval(Y(1) @ Y(3) @ Z(0)), qml.expval(qml.I(1)), qml.expval(Y(3))],
    "sums": lambda: [qml.expval(0.3 * X(0) + 2 * Z(1) @ Z(3) - qml.I(2)), qml.expval(X(0) @ Z(1) - 0.5 * X(0))],
    "Hamiltonian": lambda: qml.expval(qml.Hamiltonian([0.5, -1.5, 2.0], [Z(0) @ Z(1), Y(2), Z(0) @ Z(0)])),
}


def layered(x, w):
    qml.RX(x, wires=0)
    for wire in range(4):
        qml.RY(w[wire], wires=wire)
        qml.CNOT(wires=[wire, (wire + 1) % 4])
    qml.CRZ(w[1], wires=[3, 0])
    qml.RX(x, wires=3)
    qml.PhaseShift(w[2], wires=1)


@pytest.mark.parametrize("rows", [None, 1, 11])
@pytest.mark.parametrize("name", READINGS)
def test_the_engine_reads_out_what_default_qubit_measures_and_no_state_is_built(monkeypatch, name, rows):
    rng = np.random.default_rng(3)
    start, weights = rng.uniform(-3, 3, () if rows is None else rows), rng.uniform(-3, 3, 4)
    found = []
    for device in (qml.device("default.qubit", wires=4), qml.device("batched.qubit", wires=4, c_dtype=np.complex128)):
        if device.name == "batched.qubit":
            monkeypatch.setattr(type(device), "_measured", None)
            monkeypatch.setattr("qgan.backends.batched.layout.Compiled.run", None)
        node = qml.QNode(lambda x, w: layered(x, w) or READINGS[name](), device, interface="torch")
        x, w = (torch.tensor(values, requires_grad=True) for values in (start, weights))
        out = node(x, w)
        # Of sums, default.qubit gives complex numbers.
        parts = [torch.real(part) for part in (out if isinstance(out, (list, tuple)) else [out])]
        scores = [(torch.cos(part + index) * part).sum() for index, part in enumerate(parts)]
        torch.stack(scores).sum().backward()
        found.append([*(part.detach() for part in parts), x.grad, w.grad])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(other, one, rtol=0, atol=1e-10)


@pytest.mark.parametrize("batched", [False, True])
def test_a_state_to_begin_with_is_read_too(batched):
    rng = np.random.default_rng(4)
    states = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
    states /= np.linalg.norm(states, axis=1, keepdims=True)

    def circuit(w):
        qml.StatePrep(states if batched else states[0], wires=[0, 1])
        qml.CRY(w, wires=[0, 1])
        return qml.expval(X(0) @ Y(1)), qml.expval(Z(1))

    found = []
    for name, options in (("default.qubit", {}), ("batched.qubit", {"c_dtype": np.complex128})):
        w = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        one, two = qml.QNode(circuit, qml.device(name, wires=2, **options), interface="torch")(w)
        (one + 2 * two).sum().backward()
        found.append([one.detach(), two.detach(), w.grad])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(other, one, rtol=0, atol=1e-10)


@pytest.mark.parametrize("measured", [qml.probs(wires=[0, 1]), qml.expval(Z(0) @ X(1)), qml.var(Z(0))])
def test_value_and_slopes_asked_for_together_are_of_one_run(monkeypatch, measured):
    from qgan.backends.batched.engine import Engine

    calls, push = [], Engine.push
    monkeypatch.setattr(Engine, "push", lambda self, *args, **more: calls.append(1) or push(self, *args, **more))
    device = qml.device("batched.qubit", wires=2, c_dtype=np.complex128)
    tape = QuantumScript([qml.RX(0.3, 0), qml.CNOT([0, 1]), qml.RY(0.9, 1)], [measured], trainable_params=[0, 1])
    cotangent = np.arange(1.0, 5.0) if isinstance(measured, ProbabilityMP) else 1.0
    ((value,), (slopes,)) = device.execute_and_compute_vjp((tape,), (cotangent,))
    assert len(calls) == 1
    np.testing.assert_allclose(value, device.execute(tape), rtol=0, atol=1e-12)
    np.testing.assert_allclose(slopes, device.compute_vjp((tape,), (cotangent,))[0], rtol=0, atol=1e-12)
    assert len(calls) == 3


def test_sums_of_the_same_words_are_run_together(monkeypatch):
    from qgan.backends.batched.engine import Engine

    calls, push = [], Engine.push
    monkeypatch.setattr(
        Engine, "push", lambda self, *args, **more: calls.append(more["batch"]) or push(self, *args, **more)
    )
    device = qml.device("batched.qubit", wires=2, c_dtype=np.complex128)
    tapes = [QuantumScript([qml.RY(x, 0)], [qml.expval(c * Z(0) + X(0))]) for x, c in ((0.1, 1.0), (0.2, -2.0))]
    found = device.execute([*tapes, QuantumScript([qml.RY(0.3, 0)], [qml.state()])])
    assert calls == [2, 1]
    np.testing.assert_allclose(found[:2], [np.cos(0.1) + np.sin(0.1), -2 * np.cos(0.2) + np.sin(0.2)], atol=1e-12)
    np.testing.assert_allclose(found[2], [np.cos(0.15), np.sin(0.15)], atol=1e-12)


def test_coefficients_have_no_gradient_and_it_says_so():
    tape = QuantumScript([qml.RX(0.3, 0)], [qml.expval(qml.Hamiltonian([0.4, 1.0], [Z(0), X(0)]))])
    tape.trainable_params = [1]
    with pytest.raises(qml.exceptions.DeviceError, match="parameter-shift"):
        qml.device("batched.qubit", wires=1).compute_vjp((tape,), (1.0,))


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
