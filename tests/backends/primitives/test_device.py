"""PennyLane's `primitive.qubit`: any QNode, any gradient, in one job."""

import re
import warnings
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from pennylane.exceptions import DeviceError
from qiskit.primitives import StatevectorSampler
from qiskit_aer import AerSimulator

from qgan.backends.primitives.device import PrimitiveQubit
from qgan.backends.primitives.tapes import frequencies

SHOTS = 4000


def device(backend: Any = "aer", wires: Any = 3) -> PrimitiveQubit:
    return PrimitiveQubit(wires=wires, backend=backend, seed=7)


def gates(weights, latent):
    for wire in range(3):
        qml.RY(latent[..., wire], wire)
    for layer in range(2):
        for wire in range(3):
            qml.RX(weights[layer, wire], wire)
        qml.CNOT([0, 1])
        qml.CRZ(weights[layer, 0], [1, 2])


def circuit(weights, latent):
    gates(weights, latent)
    return qml.probs(wires=[2, 0]), qml.expval(qml.X(0) @ qml.Z(1)), qml.expval(qml.Y(2)), qml.var(qml.Z(1))


def inputs():
    rng = np.random.default_rng(0)
    weights = torch.tensor(rng.normal(size=(2, 3)), requires_grad=True)
    return weights, torch.tensor(rng.normal(size=(4, 3)))


def node(on, shots=None, method="best"):
    return qml.set_shots(qml.QNode(circuit, on, interface="torch", diff_method=method), shots)


def results(qnode):
    weights, latent = inputs()
    found = qnode(weights, latent)
    cost: Any = sum((each * torch.linspace(0, 1, each.numel()).reshape(each.shape)).sum() for each in found)
    return [each.detach().numpy() for each in found], torch.autograd.grad(cost, weights)[0].numpy()


@pytest.fixture(scope="module")
def expected():
    return results(node(qml.device("default.qubit", seed=0), method="backprop"))


@pytest.mark.parametrize("backend", ["aer", "aer:density"])
def test_exact_values_and_gradients_are_those_of_default_qubit(backend, expected):
    on = device(backend)
    values, gradient = results(node(on))
    for found, right in zip(values, expected[0], strict=True):
        np.testing.assert_allclose(found, right, atol=1e-12)
    np.testing.assert_allclose(gradient, expected[1], atol=1e-12)
    assert on.target.sent.jobs == 1


@pytest.mark.parametrize(
    "backend",
    ["aer", "aer:density", StatevectorSampler(seed=3), AerSimulator(seed_simulator=3)],
    ids=["aer", "aer:density", "a sampler", "a backend"],
)
def test_samples_are_right_and_values_and_gradients_are_one_job(backend, expected):
    on = device(backend)
    values, gradient = results(node(on, SHOTS))
    for found, right in zip(values, expected[0], strict=True):
        # Five standard errors of a number between -1 and 1, and variances up to twice as much.
        np.testing.assert_allclose(found, right, atol=10 / np.sqrt(SHOTS))
    np.testing.assert_allclose(gradient, expected[1], atol=40 / np.sqrt(SHOTS))
    assert on.target.sent.jobs == 1


@pytest.mark.parametrize("method", ["parameter-shift", "finite-diff", "hadamard", "spsa"])
def test_gradient_transforms_of_pennylane_work(method):
    weights, latent = inputs()
    # Of a batch PennyLane takes this one wrongly, on every device.
    latent = latent[0] if method == "hadamard" else latent
    on = device(wires=4 if method == "hadamard" else 3)

    @qml.qnode(on, interface="torch", diff_method=method)
    def cost(weights, latent):
        gates(weights, latent)
        return qml.expval(qml.Z(0))

    @qml.qnode(qml.device("default.qubit", seed=0), interface="torch", diff_method="backprop")
    def right(weights, latent):
        gates(weights, latent)
        return qml.expval(qml.Z(0))

    with warnings.catch_warnings():
        # PennyLane's own, of finite differences and of NumPy.
        warnings.simplefilter("ignore")
        found, known = (torch.autograd.grad(each(weights, latent).sum(), weights)[0] for each in (cost, right))
    if method == "spsa":
        # One random direction.
        assert torch.isfinite(found).all()
    else:
        torch.testing.assert_close(found, known, rtol=0, atol=1e-5)


def test_a_fake_computer_transpiles_each_structure_once():
    on = device("fake:manila")
    first = results(node(on, SHOTS))
    transpiled = on.target.sent.transpilations
    results(node(on, SHOTS))
    assert on.target.sent.transpilations == transpiled
    assert on.target.sent.jobs == 2
    # X and Z of neighbours go together, and Y stands alone.
    assert transpiled == 2
    assert all(np.isfinite(each).all() for each in first[0])


def test_no_gradient_is_run_where_none_is_wanted():
    on = device()
    weights, latent = inputs()
    with torch.no_grad():
        node(on)(weights.detach(), latent)
    assert on.target.sent.circuits == len(latent)


@pytest.mark.parametrize("n_wires", [1, 2, 7, 8, 9, 11])
@pytest.mark.parametrize("backend", ["aer", StatevectorSampler(seed=1)], ids=["aer", "a sampler"])
def test_bits_stand_in_the_order_of_the_wires(backend, n_wires):
    labels = [f"w{wire}" for wire in range(n_wires)]
    on = device(backend, wires=labels)
    bits = np.random.default_rng(n_wires).integers(0, 2, n_wires)

    @qml.set_shots(5)
    @qml.qnode(on)
    def flipped():
        for label, bit in zip(labels[::-1], bits[::-1], strict=True):
            qml.RX(np.pi * bit, label)
        return qml.sample(wires=labels), qml.counts(wires=labels), qml.probs(wires=labels)

    samples, counts, probabilities = flipped()
    word = "".join(map(str, bits))
    np.testing.assert_array_equal(samples, np.tile(bits, (5, 1)))
    assert samples.dtype == np.int64
    assert counts == {word: 5}
    assert probabilities[int(word, 2)] == 1.0


def test_a_shot_vector_has_a_result_for_each_of_its_parts():
    @qml.set_shots((10, 10, 30))
    @qml.qnode(device())
    def flipped():
        qml.X(1)
        return qml.expval(qml.Z(1)), qml.sample(wires=0)

    found = flipped()
    assert [(float(value), np.shape(samples)) for value, samples in found] == [
        (-1.0, (10, 1)), (-1.0, (10, 1)), (-1.0, (30, 1))
    ]  # fmt: skip


def test_seeds_decide_what_is_drawn():
    def drawn(seed):
        on = PrimitiveQubit(wires=3, backend="aer", seed=seed)
        return [results(node(on, 50))[1] for _ in range(2)]

    (one, two), again, other = drawn(1), drawn(1), drawn(2)
    np.testing.assert_array_equal([one, two], again)
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, other[0])


def test_frequencies_are_counts_by_shots():
    bits = np.random.default_rng(0).integers(0, 2, (3, 100, 2))
    expected = [[(((row[:, 0] == a) & (row[:, 1] == b)).mean()) for a in (0, 1) for b in (0, 1)] for row in bits]
    np.testing.assert_allclose(frequencies(bits), expected)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_angle_that_is_not_finite_is_refused(wrong):
    @qml.set_shots(10)
    @qml.qnode(device())
    def turned():
        qml.RX(wrong, 0)
        return qml.probs(wires=0)

    with pytest.raises(DeviceError, match="not finite"):
        turned()


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        ("fake:manilla", "Did you mean 'manila'"),
        ("air", "There is no backend 'air'"),
        (None, "There is no backend None"),
    ],
)
def test_a_backend_that_is_not_there_is_refused(backend, message):
    with pytest.raises(DeviceError, match=re.escape(message)):
        device(backend)


def test_what_a_backend_cannot_do_is_refused():
    with pytest.raises(DeviceError, match="nothing but samples"):
        node(device(StatevectorSampler()))(*inputs())
    with pytest.raises(DeviceError, match="up to 5 qubits"):
        _seven_qubits()


def _seven_qubits():
    @qml.qnode(device("fake:manila", wires=7))
    def wide():
        qml.X(0)
        return qml.probs(wires=range(7))

    return wide()


def test_observables_that_are_trained_are_left_to_pennylane():
    @qml.qnode(device())
    def measured(matrix):
        qml.RX(0.3, 0)
        return qml.expval(qml.Hermitian(matrix, 0))

    matrix = qml.numpy.array([[1.0, 0.2], [0.2, -1.0]], requires_grad=True)
    assert measured(matrix) == pytest.approx(np.cos(0.3), abs=1e-9)
