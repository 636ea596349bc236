"""Executors on Qiskit's primitives: one job for values and gradients, and the shots of all other simulators."""

import numpy as np
import pytest
import torch

from circuits import CIRCUITS
from qgan.backends import resolve
from qgan.backends.primitives.executor import PrimitiveExecutor
from qgan.errors import BackendError
from qgan.readout import ExpectationXZ, Probabilities
from qgan.seeding import Key

ROWS = 4


def executor(name, readout, *, shots=None, n_wires=3):
    exact = "complex128" if name == "batched.qubit" else None
    circuit = CIRCUITS["style"](n_wires=n_wires, layers=1)
    return resolve(name).executor(circuit, readout, shots=shots, c_dtype=exact)


def inputs():
    circuit, rng = CIRCUITS["style"](n_wires=3, layers=1), np.random.default_rng(0)
    latent = torch.tensor(rng.normal(size=(ROWS, circuit.latent_dim)), requires_grad=True)
    weights = {
        name: torch.tensor(rng.normal(size=shape), requires_grad=True) for name, shape in circuit.weight_shapes.items()
    }
    return latent, weights


def run(executor, *, purpose="test"):
    latent, weights = inputs()
    found = executor(latent, weights, key=Key(3, purpose))
    cost = (found * torch.linspace(0, 1, found.numel()).reshape(found.shape)).sum()
    return found.detach(), torch.autograd.grad(cost, [latent, *weights.values()])


@pytest.mark.parametrize("readout", [Probabilities(), ExpectationXZ()], ids=lambda readout: readout.name)
@pytest.mark.parametrize("name", ["aer", "aer:density"])
def test_the_same_seed_draws_the_same_shots_as_elsewhere(name, readout):
    (found, slopes), (expected, known) = (run(executor(each, readout, shots=100)) for each in (name, "batched.qubit"))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    for one, other in zip(slopes, known, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    assert not torch.equal(found, run(executor(name, readout, shots=100), purpose="another")[0])


@pytest.mark.parametrize("name", ["aer", "fake:manila"])
def test_values_and_gradients_are_one_job_and_one_structure(name):
    made = executor(name, Probabilities(), shots=50)
    assert isinstance(made, PrimitiveExecutor)
    for steps in (1, 2):
        run(made)
        assert made.target.sent.jobs == steps
    assert made.target.sent.transpilations == (name != "aer")
    assert made.counts.executions == made.target.sent.circuits
    assert made.counts.shots == 50 * made.counts.executions
    assert "one job" in made.gradient.why


def test_without_gradients_no_shifted_circuit_is_run_and_values_are_the_same():
    made = executor("aer", Probabilities())
    expected, _ = run(executor("aer", Probabilities()))
    with torch.no_grad():
        torch.testing.assert_close(made(*inputs(), key=Key(3, "test")), expected, rtol=0, atol=1e-15)
    assert made.counts.executions == ROWS


def test_noise_is_the_same_in_every_run():
    (one, slopes), (other, again) = (run(executor("fake:lagos", Probabilities(), shots=64)) for _ in range(2))
    assert torch.equal(one, other)
    assert all(torch.equal(first, second) for first, second in zip(slopes, again, strict=True))


def test_a_circuit_of_more_qubits_than_the_computer_is_refused():
    with pytest.raises(BackendError, match="does not take that many qubits") as caught:
        executor("fake:manila", Probabilities(), n_wires=6)
    assert caught.value.exit_code == 4
