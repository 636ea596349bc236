"""What an executor runs and counts, and what it leaves alone."""

import numpy as np
import pennylane as qml
import pytest
import torch

from circuits import CIRCUITS, from_function
from qgan.backends import resolve
from qgan.readout import Probabilities
from qgan.seeding import Key

KEY = Key(1, "executor")


def tensors(case, rows, *, grad=False):
    rng = np.random.default_rng(0)
    weights = {
        name: torch.tensor(rng.uniform(-3, 3, shape), requires_grad=grad)
        for name, shape in case.circuit.weight_shapes.items()
    }
    return torch.tensor(rng.uniform(-3, 3, (rows, case.circuit.latent_dim)), requires_grad=grad), weights


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("default.qubit", "backprop"),
        ("default.qubit", "parameter-shift"),
        ("lightning.qubit", "adjoint"),
        ("reference.qubit", "parameter-shift"),
    ],
)
def test_no_gradient_circuit_is_run_unless_a_gradient_is_wanted(lopsided_case, name, method):
    executor = resolve(name).executor(lopsided_case.circuit, Probabilities(), shots=None, method=method)
    with torch.no_grad():
        found = executor(*tensors(lopsided_case, 3, grad=True), key=KEY)
    assert not found.requires_grad
    assert not executor(*tensors(lopsided_case, 3), key=KEY).requires_grad
    assert (executor.counts.executions, executor.counts.shots) == (6, 0)


@pytest.mark.parametrize(
    ("name", "method", "backward"),
    # Two terms for RY, four for CRX, two for IsingZZ: eight circuits a row.
    [("default.qubit", "backprop", 0), ("lightning.qubit", "adjoint", 1), ("default.qubit", "parameter-shift", 8)],
)
def test_executions_are_rows_and_only_wanted_columns_are_differentiated(name, method, backward):
    def function(latent, weights):
        qml.RX(latent[..., 0], wires=0)
        qml.RY(weights["w"][..., 0], wires=1)
        qml.CRX(weights["w"][..., 1], wires=[0, 1])
        qml.IsingZZ(weights["w"][..., 2], wires=[0, 1])

    circuit = from_function(function, n_wires=2, latent_dim=1, weight_shapes={"w": (3,)})
    executor = resolve(name).executor(circuit, Probabilities(), shots=None, method=method)
    weights = {"w": torch.rand(3, dtype=torch.float64, requires_grad=True)}
    executor(torch.rand(5, 1), weights, key=KEY)[:, 0].sum().backward()
    assert executor.counts.executions == 5 + 5 * backward


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit"])
def test_gradients_of_latents_alone_are_those_of_latents_among_others(lopsided_case, name):
    executor = resolve(name).executor(lopsided_case.circuit, Probabilities(), shots=None)
    both, weights = tensors(lopsided_case, 2, grad=True)
    executor(both, weights, key=KEY)[:, 3].sum().backward()
    alone, fixed = both.detach().requires_grad_(), tensors(lopsided_case, 2)[1]
    executor(alone, fixed, key=KEY)[:, 3].sum().backward()
    assert alone.grad is not None
    torch.testing.assert_close(alone.grad, both.grad, rtol=0, atol=1e-12)


def test_single_precision_goes_in_and_its_gradient_comes_back():
    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=1)
    weight = torch.rand(1, 2, requires_grad=True)
    found = resolve("lightning.qubit").executor(circuit, Probabilities(), shots=None)(
        torch.rand(3, 2), {"w": weight}, key=KEY
    )
    found[:, 0].sum().backward()
    assert found.dtype == torch.float64
    assert weight.grad is not None
    assert weight.grad.dtype == torch.float32


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit"])
def test_a_circuit_without_latents_takes_a_batch_of_nothing(name):
    circuit = from_function(
        lambda _z, w: qml.RY(w["w"][..., 0], wires=0), n_wires=1, latent_dim=0, weight_shapes={"w": (1,)}, name="born"
    )
    weight = torch.tensor([0.4], requires_grad=True)
    found = resolve(name).executor(circuit, Probabilities(), shots=None)(torch.zeros(1, 0), {"w": weight}, key=KEY)
    found[0, 1].backward()
    torch.testing.assert_close(weight.grad, torch.sin(weight.detach()) / 2)
