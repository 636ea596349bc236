"""Shots are drawn from the exact probabilities by the key's stream, and gradients from them are unbiased."""

import numpy as np
import pytest
import torch

from circuits import CIRCUITS
from qgan.backends import resolve
from qgan.backends.gradients import Shots
from qgan.errors import DivergedError
from qgan.readout import Counts, Probabilities
from qgan.seeding import Key, stream

SAMPLED = ["default.qubit", "default.mixed", "lightning.qubit", "reference.qubit", "batched.qubit"]


def sampled_on(name, circuit, shots):
    # Probabilities that differ in single precision may draw otherwise.
    exact = "complex128" if name == "batched.qubit" else None
    return resolve(name).executor(circuit, Probabilities(), shots=shots, c_dtype=exact)


def inputs(case, rows=2):
    rng = np.random.default_rng(2)
    weights = {
        name: torch.tensor(rng.uniform(-3, 3, shape), requires_grad=True)
        for name, shape in case.circuit.weight_shapes.items()
    }
    return torch.tensor(rng.uniform(-3, 3, (rows, case.circuit.latent_dim)), requires_grad=True), weights


def run(executor, latent, weights, key, cotangent):
    """Frequencies, and the gradients of their product with the cotangent, flat."""
    leaves = [latent, *weights.values()]
    found = executor(latent, weights, key=key)
    gradients = torch.autograd.grad((found * cotangent).sum(), leaves)
    return found.detach(), torch.cat([gradient.ravel() for gradient in gradients])


def test_frequencies_and_gradients_are_unbiased_for_a_batch_of_latents(lopsided_case):
    latent, weights = inputs(lopsided_case)
    cotangent = torch.tensor(np.random.default_rng(3).normal(size=(2, 8)))
    backend = resolve("default.qubit")
    exact = backend.executor(lopsided_case.circuit, Probabilities(), shots=None)
    sampled = backend.executor(lopsided_case.circuit, Probabilities(), shots=20)

    expected = torch.cat([part.ravel() for part in run(exact, latent, weights, Key(0, "g"), cotangent)])
    draws = torch.stack([
        torch.cat([part.ravel() for part in run(sampled, latent, weights, Key(0, "g", step), cotangent)])
        for step in range(150)
    ])  # fmt: skip

    assert (draws.std(dim=0) > 0).any()
    error = (draws.mean(dim=0) - expected).abs()
    # Five standard errors; 1e-9 for what no shot can change.
    assert (error <= 5 * draws.std(dim=0) / len(draws) ** 0.5 + 1e-9).all()


def test_the_same_key_gives_the_same_shots_and_gradients_on_every_device(case):
    latent, weights = inputs(case)
    cotangent = torch.arange(16.0, dtype=torch.float64).reshape(2, 8)
    frequencies, gradients = zip(
        *(
            run(
                sampled_on(name, case.circuit, 50),
                latent,
                weights,
                Key(4, "g", 7),
                cotangent,
            )
            for name in SAMPLED
        ),
        strict=True,
    )
    for other in frequencies[1:]:
        torch.testing.assert_close(other, frequencies[0], rtol=0, atol=0)
    for other in gradients[1:]:
        torch.testing.assert_close(other, gradients[0], rtol=0, atol=1e-12)


def test_other_steps_purposes_and_seeds_give_other_shots_whatever_was_run_before(lopsided_case):
    latent, weights = inputs(lopsided_case)
    executor = resolve("lightning.qubit").executor(lopsided_case.circuit, Probabilities(), shots=500)
    keys = [Key(0, "g", 0), Key(0, "g", 1), Key(0, "d", 0), Key(1, "g", 0)]
    with torch.no_grad():
        first = [executor(latent, weights, key=key) for key in keys]
        again = [executor(latent, weights, key=key) for key in reversed(keys)][::-1]
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert len({tuple(found.ravel().tolist()) for found in first}) == len(keys)


@pytest.mark.parametrize("name", SAMPLED)
def test_frequencies_are_multiples_of_one_shot_and_are_counted(name):
    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=1)
    executor = sampled_on(name, circuit, 10)
    assert executor.gradient.name == "parameter-shift"
    weights = {"w": torch.rand(1, 2, dtype=torch.float64, requires_grad=True)}

    found = executor(torch.rand(3, 2), weights, key=Key(0, "g"))
    assert torch.equal((found * 10).round(), found * 10)
    assert (executor.counts.executions, executor.counts.shots) == (3, 30)

    found[:, 0].sum().backward()
    # Two weights, two shifts each.
    assert (executor.counts.executions, executor.counts.shots) == (3 + 3 * 4, 30 + 30 * 4)


@pytest.mark.parametrize("shots", [None, 10])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit"])
def test_angles_that_are_not_finite_are_refused_and_not_run(name, value, shots):
    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=1)
    executor = resolve(name).executor(circuit, Probabilities(), shots=shots)
    with pytest.raises(DivergedError, match="not finite"):
        executor(torch.zeros(3, 2), {"w": torch.tensor([[0.0, value]])}, key=Key(0, "g"))
    assert executor.counts == Counts()


def test_rounding_errors_draw_nothing_from_the_stream():
    clean = np.array([[0.25, 0.0, 0.25, 0.25, 0.0, 0.25]])
    noisy = clean + np.array([[0, 3e-33, 0, 0, -1e-17, 0]])
    drawn = [Shots(100, Counts()).draw(table, np.random.default_rng(0)) for table in (clean, noisy)]
    np.testing.assert_array_equal(drawn[0], drawn[1])


def test_shifted_circuits_have_a_stream_of_their_own(lopsided_case, monkeypatch):
    asked = []

    def recorded(key):
        asked.append(key)
        return stream(key)

    for module in ("executor", "gradients"):
        monkeypatch.setattr(f"qgan.backends.{module}.stream", recorded)
    latent, weights = inputs(lopsided_case)
    executor = resolve("default.qubit").executor(lopsided_case.circuit, Probabilities(), shots=5)
    executor(latent, weights, key=Key(3, "g", 8))[:, 0].sum().backward()
    assert asked == [Key(3, "g:shots", 8), Key(3, "g:shift", 8)]
