"""All executors of one circuit agree with plain matrices, and their gradients with finite differences."""

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import CIRCUITS, from_function
from qgan.backends import resolve
from qgan.backends.program import FIXED, ROTATIONS
from qgan.readout import ExpectationXZ, ExpectationZ, Probabilities
from qgan.seeding import Key

BACKENDS = [
    *["batched.qubit", "default.qubit", "default.mixed", "lightning.qubit", "reference.qubit"],
    *["aer", "aer:density"],
]
METHODS = [
    ("batched.qubit", "adjoint"),
    ("batched.qubit", "parameter-shift"),
    ("default.qubit", "backprop"),
    ("default.mixed", "backprop"),
    ("lightning.qubit", "adjoint"),
    ("default.qubit", "parameter-shift"),
    ("lightning.qubit", "parameter-shift"),
    ("reference.qubit", "parameter-shift"),
    ("aer", "parameter-shift"),
]
KEY = Key(1, "conformance")
VALUES, GRADIENTS, STEP = 1e-10, 1e-6, 1e-5
READOUTS = [Probabilities(), ExpectationZ(), ExpectationXZ()]


def executor_on(name, circuit, readout, *, shots=None, method="auto"):
    # What all are held against is in double precision.
    exact = "complex128" if name == "batched.qubit" else None
    return resolve(name).executor(circuit, readout, shots=shots, method=method, c_dtype=exact)


def drawn(circuit, rows, *, batched=False, seed=0):
    rng = np.random.default_rng(seed)
    lead = (rows,) if batched else ()
    weights = {name: rng.uniform(-3, 3, (*lead, *shape)) for name, shape in circuit.weight_shapes.items()}
    return rng.uniform(-3, 3, (rows, circuit.latent_dim)), weights


def tensors(latent, weights, *, grad=False):
    return (
        torch.tensor(latent, requires_grad=grad),
        {name: torch.tensor(values, requires_grad=grad) for name, values in weights.items()},
    )


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("readout", READOUTS, ids=lambda readout: type(readout).__name__)
def test_agrees_with_plain_matrices(case, name, readout):
    latent, weights = drawn(case.circuit, 3)
    if isinstance(readout, Probabilities):
        expected = case.probabilities(latent, weights)
    else:
        # Wire by wire, and for each wire letter by letter.
        by_letter = [case.expectation(letter, latent, weights) for letter in readout.bases]
        expected = np.stack(by_letter, axis=-1).reshape(3, -1)

    found = executor_on(name, case.circuit, readout, shots=None)(*tensors(latent, weights), key=KEY)

    assert found.dtype == torch.float64
    assert found.shape == (3, readout.size(3))
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=VALUES)


def finite_differences(case, latent, weights, cotangent):
    def loss():
        return (case.probabilities(latent, weights) * cotangent).sum()

    gradients = []
    for values in (latent, *weights.values()):
        gradient = np.zeros_like(values)
        for place in np.ndindex(values.shape):
            middle = values[place]
            values[place] = middle + STEP
            above = loss()
            values[place] = middle - STEP
            gradient[place] = (above - loss()) / (2 * STEP)
            values[place] = middle
        gradients.append(gradient)
    return gradients


@pytest.mark.parametrize(("name", "method"), METHODS)
@pytest.mark.parametrize("batched", [False, True], ids=["one set of weights", "weights for each row"])
def test_gradients_of_weights_and_latents_agree_with_finite_differences(case, name, method, batched):
    if batched and case.circuit.name == "template":
        pytest.skip("PennyLane's template takes no batch of weights")
    latent, weights = drawn(case.circuit, 2, batched=batched)
    cotangent = np.random.default_rng(5).normal(size=(2, 8))
    executor = executor_on(name, case.circuit, Probabilities(), shots=None, method=method)
    assert executor.gradient.name == method

    leaves, named = tensors(latent, weights, grad=True)
    (executor(leaves, named, key=KEY) * torch.tensor(cotangent)).sum().backward()

    expected = finite_differences(case, latent, weights, cotangent)
    for leaf, gradient in zip((leaves, *named.values()), expected, strict=True):
        np.testing.assert_allclose(np.asarray(leaf.grad), gradient, rtol=0, atol=GRADIENTS)


def batched_differences(circuit, readout, latent, weights, cotangent):
    """Central differences of one executor, all of a row's in one batch: for every number of latents and weights."""
    executor = executor_on("default.qubit", circuit, readout, shots=None)
    flat = np.concatenate([latent, *(values.ravel() for values in weights.values())])
    moved = np.concatenate([flat + sign * STEP * np.eye(flat.size) for sign in (1, -1)])
    arrays, at = {}, latent.size
    for name, values in weights.items():
        arrays[name] = torch.tensor(moved[:, at : at + values.size].reshape(-1, *values.shape))
        at += values.size
    found = executor(torch.tensor(moved[:, : latent.size]), arrays, key=KEY).numpy() @ cotangent
    return (found[: flat.size] - found[flat.size :]) / (2 * STEP)


@pytest.mark.parametrize(
    ("readout", "entangled"),
    [(Probabilities(), True), (ExpectationZ(), True), (ExpectationXZ(), True), (Probabilities(), False)],
    ids=["probabilities", "Z", "X and Z", "product"],
)
@pytest.mark.parametrize("name", CIRCUITS)
def test_every_circuit_has_one_value_and_one_gradient_whatever_the_method(name, readout, entangled):
    circuit = CIRCUITS[name](n_wires=2, layers=1, entangled=entangled)
    latent, weights = drawn(circuit, 2)
    cotangent = np.random.default_rng(5).normal(size=readout.size(2))
    rows = [batched_differences(circuit, readout, row, weights, cotangent) for row in latent]
    expected = [*(row[: circuit.latent_dim] for row in rows), sum(row[circuit.latent_dim :] for row in rows)]
    first = None
    for device, method in METHODS:
        leaves, named = tensors(latent, weights, grad=True)
        executor = executor_on(device, circuit, readout, shots=None, method=method)
        found = executor(leaves, named, key=KEY)
        (found @ torch.tensor(cotangent)).sum().backward()
        first = found.detach().numpy() if first is None else first
        assert found.shape == (2, readout.size(2))
        np.testing.assert_allclose(found.detach().numpy(), first, rtol=0, atol=VALUES)
        gradients = np.concatenate([np.asarray(named[key].grad).ravel() for key in weights])
        np.testing.assert_allclose(gradients, expected[-1], rtol=0, atol=GRADIENTS)
        if circuit.latent_dim:
            np.testing.assert_allclose(np.asarray(leaves.grad), expected[:-1], rtol=0, atol=GRADIENTS)


@settings(max_examples=12)
@given(
    n_wires=st.integers(1, 4),
    layers=st.integers(1, 2),
    rows=st.integers(1, 5),
    seed=st.integers(0, 99),
    batch=st.booleans(),
)
def test_row_by_row_and_broadcast_devices_agree_for_any_size(n_wires, layers, rows, seed, batch):
    circuit = CIRCUITS["hardware-efficient"](n_wires=n_wires, layers=layers)
    latent, weights = drawn(circuit, rows, batched=batch, seed=seed)
    results = []
    for name in ("batched.qubit", "default.qubit", "lightning.qubit"):
        leaves, named = tensors(latent, weights, grad=True)
        found = executor_on(name, circuit, Probabilities(), shots=None)(leaves, named, key=KEY)
        (found**2).sum().backward()
        results.append([found.detach(), leaves.grad, named["w"].grad])
    for result in results[1:]:
        for one, other in zip(results[0], result, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=VALUES)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(rows, dtype=torch.float64), rtol=0, atol=VALUES)


@pytest.mark.parametrize("name", BACKENDS)
def test_wire_zero_is_the_most_significant_bit(name):
    circuit = from_function(lambda z, w: qml.RX(z[..., 0] + w["w"][..., 0], wires=0), n_wires=3, latent_dim=1,
                            weight_shapes={"w": (1,)}, name="flip")  # fmt: skip
    latent, weights = torch.full((1, 1), np.pi, dtype=torch.float64), {"w": torch.zeros(1)}
    found = executor_on(name, circuit, Probabilities(), shots=None)(latent, weights, key=KEY)
    assert found.shape == (1, 8)
    assert found.argmax() == 0b100


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("rows", [1, 4])
def test_a_circuit_that_ignores_its_latents_keeps_the_batch_axis(name, rows):
    circuit = from_function(
        lambda _z, w: qml.RY(w["w"][..., 0], wires=1), n_wires=2, weight_shapes={"w": (1,)}, name="f"
    )
    weight = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    executor = executor_on(name, circuit, Probabilities(), shots=None)
    found = executor(torch.zeros(rows, 2), {"w": weight}, key=KEY)
    assert found.shape == (rows, 4)
    found[:, 1].sum().backward()
    # p(01) = sin²(w/2) in each row, and its derivative is sin(w)/2.
    torch.testing.assert_close(weight.grad, rows * torch.sin(weight.detach()) / 2)


@pytest.mark.parametrize("name", BACKENDS)
def test_a_circuit_without_angles_runs(name):
    circuit = from_function(lambda _z, _w: qml.PauliX(wires=1), n_wires=2, weight_shapes={"w": (1,)}, name="f")
    found = executor_on(name, circuit, Probabilities(), shots=None)(torch.zeros(2, 2), {"w": torch.ones(1)}, key=KEY)
    assert found.tolist() == [[0, 1, 0, 0]] * 2


@pytest.mark.parametrize("gate", sorted(ROTATIONS))
@pytest.mark.parametrize(("name", "method"), METHODS)
def test_every_gate_that_is_left_whole_has_the_gradient_of_its_own_matrix(gate, name, method):
    operator = getattr(qml, gate)
    wires = [0, 1][: operator.num_wires or 2]

    def function(latent, weights):
        for wire in (0, 1):
            qml.RY(0.4 + wire + weights["w"][..., 0], wires=wire)
        operator(latent[..., 0], wires=wires)
        for wire in (0, 1):
            qml.RX(0.8 - wire, wires=wire)

    def plain(angle):
        gates = [qml.RY(0.4, 0), qml.RY(1.4, 1), operator(angle, wires=wires), qml.RX(0.8, 0), qml.RX(-0.2, 1)]
        return np.abs(np.linalg.multi_dot([np.asarray(gate.matrix([0, 1])) for gate in reversed(gates)])[:, 0]) ** 2

    circuit = from_function(function, n_wires=2, latent_dim=1, weight_shapes={"w": (1,)})
    angles, cotangent = np.array([0.3, -1.1, 2.0]), np.array([0.3, -1.0, 2.0, 0.7])
    latent = torch.tensor(angles[:, None], requires_grad=True)
    executor = executor_on(name, circuit, Probabilities(), shots=None, method=method)
    found = executor(latent, {"w": torch.zeros(1)}, key=KEY)
    (found @ torch.tensor(cotangent)).sum().backward()

    np.testing.assert_allclose(found.detach(), [plain(angle) for angle in angles], rtol=0, atol=VALUES)
    slopes = [(plain(angle + STEP) - plain(angle - STEP)) @ cotangent / (2 * STEP) for angle in angles]
    assert latent.grad is not None
    np.testing.assert_allclose(latent.grad[:, 0], slopes, rtol=0, atol=GRADIENTS)


@pytest.mark.parametrize("gate", sorted(FIXED))
@pytest.mark.parametrize("name", BACKENDS)
def test_every_fixed_gate_that_is_left_whole_is_its_own_matrix(gate, name):
    made = getattr(qml, gate)
    wires = [2, 0, 1][: made.num_wires]

    def gates(angle):
        yield from (qml.RX(angle + wire, wires=wire) for wire in range(3))
        yield made(wires=wires)
        yield from (qml.RY(0.3 + wire, wires=wire) for wire in range(3))

    matrices = [np.asarray(gate.matrix(wire_order=range(3))) for gate in gates(0.7)]
    circuit = from_function(lambda z, _w: list(gates(z[..., 0])) and None, n_wires=3, weight_shapes={"w": (1,)})
    executor = executor_on(name, circuit, Probabilities(), shots=None)
    latent = torch.full((2, 3), 0.7, dtype=torch.float64, requires_grad=True)
    found = executor(latent, {"w": torch.zeros(1)}, key=KEY)
    expected = np.abs(np.linalg.multi_dot(matrices[::-1])[:, 0]) ** 2
    np.testing.assert_allclose(found.detach(), [expected] * 2, rtol=0, atol=VALUES)
