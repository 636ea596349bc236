"""Read-outs in two bases: in one circuit where a backend can, and in two everywhere else."""

import numpy as np
import pennylane as qml
import pytest
import torch

from circuits import CIRCUITS, from_function, with_basis_angle
from qgan.backends import resolve
from qgan.errors import ConfigError
from qgan.readout import Counts, ExpectationXZ, ExpectationZ
from qgan.seeding import Key

KEY = Key(1, "bases", 3)
# All but the first take a circuit for each basis.
METHODS = [
    ("batched.qubit", "adjoint"),
    ("batched.qubit", "parameter-shift"),
    ("default.qubit", "backprop"),
    ("lightning.qubit", "adjoint"),
    ("reference.qubit", "parameter-shift"),
]


def inputs(circuit, *, rows=4, sets=None):
    rng = np.random.default_rng(2)
    lead = () if sets is None else (sets,)
    weights = {name: rng.uniform(-3, 3, (*lead, *shape)) for name, shape in circuit.weight_shapes.items()}
    return (
        torch.tensor(rng.uniform(-3, 3, (rows, circuit.latent_dim)), requires_grad=True),
        {name: torch.tensor(values, requires_grad=True) for name, values in weights.items()},
    )


def executor_on(name, circuit, *, shots=None, method="auto"):
    exact = "complex128" if name == "batched.qubit" else None
    return resolve(name).executor(circuit, ExpectationXZ(), shots=shots, method=method, c_dtype=exact)


@pytest.mark.parametrize("sets", [None, 2], ids=["one set of weights", "two sets"])
def test_backends_agree_in_values_and_gradients(lopsided_case, sets):
    cotangent = torch.tensor(np.random.default_rng(4).normal(size=(4, 6)))
    results = []
    for name, method in METHODS:
        latent, weights = inputs(lopsided_case.circuit, sets=sets)
        found = executor_on(name, lopsided_case.circuit, method=method)(latent, weights, key=KEY)
        (found * cotangent).sum().backward()
        results.append([found.detach(), latent.grad, *(each.grad for each in weights.values())])
    for result in results[1:]:
        for one, other in zip(results[0], result, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_one_circuit_a_row_and_direction_is_run_where_words_can_be_read(lopsided_case):
    executor = executor_on("batched.qubit", lopsided_case.circuit)
    latent, weights = inputs(lopsided_case.circuit, rows=5)
    found = executor(latent, weights, key=KEY)
    assert executor.counts == Counts(5, 0)
    found.sum().backward()
    assert executor.counts == Counts(10, 0)


@pytest.mark.parametrize(("name", "backward"), [("default.qubit", 0), ("lightning.qubit", 2)])
def test_elsewhere_two_are(name, backward):
    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=1)
    executor = executor_on(name, circuit)
    latent, weights = inputs(circuit, rows=5)
    executor(latent.detach(), weights, key=KEY).sum().backward()
    assert executor.counts == Counts(10 + 5 * backward, 0)


@pytest.mark.parametrize("name", ["batched.qubit", "default.qubit"])
def test_shots_are_spent_in_each_basis(name):
    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=1)
    executor = executor_on(name, circuit, shots=10)
    latent, weights = inputs(circuit, rows=3)
    found = executor(latent.detach(), weights, key=KEY)
    torch.testing.assert_close((found * 10).round(), found * 10, rtol=0, atol=1e-12)
    assert executor.counts == Counts(6, 60)
    found.sum().backward()
    # Two weights, two shifts each, in two bases.
    assert executor.counts == Counts(6 + 24, 60 + 240)


@pytest.mark.parametrize("name", ["batched.qubit", "lightning.qubit"])
def test_rows_are_drawn_one_after_the_other_and_x_before_z(name):
    """What a run with shots drew before there was such a read-out, it draws again."""
    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=1)
    latent, weights = inputs(circuit, rows=3)
    turned = resolve(name).executor(with_basis_angle(circuit), ExpectationZ(), shots=20)
    table = torch.cat([torch.stack([torch.cat([row, torch.tensor([turn])]) for turn in (-np.pi / 2, 0.0)])
                       for row in latent.detach()])  # fmt: skip
    expected = turned(table, weights, key=KEY).reshape(3, 2, 2).permute(0, 2, 1).reshape(3, 4)
    found = resolve(name).executor(circuit, ExpectationXZ(), shots=20)(latent, weights, key=KEY)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_angles_that_are_no_polynomials_are_read_in_both_bases():
    circuit = from_function(lambda z, _w: qml.RY(z[..., 0] ** 1.5, wires=0), n_wires=1, latent_dim=1,
                            weight_shapes={"w": (1,)}, name="f")  # fmt: skip
    executor = executor_on("batched.qubit", circuit)
    latent = torch.tensor([[0.3], [1.0]], dtype=torch.float64)
    found = executor(latent, {"w": torch.zeros(1)}, key=KEY)
    # Of RY on |0>, <X> is the sine of the angle and <Z> the cosine.
    torch.testing.assert_close(found, torch.cat([(latent**1.5).sin(), (latent**1.5).cos()], dim=1), rtol=0, atol=1e-12)
    assert executor.counts.executions == 4


@pytest.mark.parametrize("name", ["batched.qubit", "default.qubit"])
def test_latents_of_another_circuit_are_refused_in_its_own_terms(lopsided_case, name):
    _, weights = inputs(lopsided_case.circuit)
    with pytest.raises(ConfigError, match=r"Got: shape \(4, 3\).*\(batch, 2\)"):
        executor_on(name, lopsided_case.circuit)(torch.zeros(4, 3), weights, key=KEY)
