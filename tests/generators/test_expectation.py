from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch

from circuits import Circuit, from_function, hardware_efficient
from qgan.errors import ConfigError
from qgan.generators import ExpectationGenerator
from qgan.seeding import Key

Make = Callable[..., ExpectationGenerator]
KEY = Key(5, "latent", 2)


def expected(circuit: Circuit, latent: np.ndarray, weights: np.ndarray, paulis: str) -> np.ndarray:
    """Expectation values from PennyLane itself, wire by wire, one circuit at a time."""

    @qml.qnode(qml.device("default.qubit", wires=circuit.n_wires))
    def run() -> Any:
        circuit.gates(latent, {"w": weights})
        return [
            qml.expval({"x": qml.PauliX, "z": qml.PauliZ}[pauli](wire))
            for wire in range(circuit.n_wires)
            for pauli in paulis
        ]

    return np.asarray(run())


@pytest.mark.parametrize(("observables", "wires"), [("z", 6), ("xz", 3)])
def test_features_are_expectation_values_in_the_range_of_the_data(make: Make, observables: str, wires: int) -> None:
    module = make("expectation", observables=observables, low=-2.0, high=4.0)
    assert module.circuit.n_wires == wires
    draw, weights = module.draw(3, KEY), module.weights["w"][0].detach().numpy()
    rows = [expected(module.circuit, latent, weights, observables) for latent in draw.latent.numpy()]
    # Single precision.
    np.testing.assert_allclose(module(draw).values.detach(), -2 + 6 * (1 + np.array(rows)) / 2, atol=1e-5)
    assert module.counts.executions == 3 * len(observables)


@pytest.mark.parametrize("observables", ["z", "xz"])
def test_a_backend_that_reads_words_runs_each_row_once(make: Make, observables: str) -> None:
    one, other = (
        make("expectation", observables=observables, copies=2, backend=backend)
        for backend in ("default.qubit", "batched.qubit")
    )
    torch.testing.assert_close(other.sample(3, KEY).values, one.sample(3, KEY).values, atol=1e-5, rtol=0)
    assert one.counts.executions == 2 * 3 * len(observables)
    assert other.counts.executions == 2 * 3


@pytest.mark.parametrize("observables", ["z", "xz"])
def test_copies_share_their_latent_and_follow_each_other(make: Make, observables: str) -> None:
    module = make("expectation", observables=observables, copies=3, low=-1.0, high=1.0)
    assert module.circuit.n_wires == 2 // len(observables)
    draw, weights = module.draw(2, KEY), module.weights["w"].detach().numpy()
    rows = [
        np.concatenate([expected(module.circuit, latent, copy, observables) for copy in weights])
        for latent in draw.latent.numpy()
    ]
    np.testing.assert_allclose(module(draw).values.detach(), rows, atol=1e-6)


def test_one_rotation_gives_a_cosine(make: Make) -> None:
    """In closed form: RY(z) on |0> has <Z> = cos z and <X> = sin z."""
    own = from_function(lambda latent, _: qml.RY(latent[..., 0], wires=0), n_wires=1, weight_shapes={})
    module = make("expectation", shape=(2,), observables="xz", own=own, low=-1.0, high=1.0)
    draw = module.draw(5, KEY)
    closed = torch.cat([draw.latent.sin(), draw.latent.cos()], dim=1).float()
    torch.testing.assert_close(module(draw).values, closed, atol=1e-6, rtol=0)


def test_what_is_beyond_the_last_feature_is_left_out(make: Make) -> None:
    whole, short = make("expectation", shape=(6,)), make("expectation", shape=(5,), n_wires=6)
    assert torch.equal(short.sample(3, KEY).values, whole.sample(3, KEY).values[:, :5])


def test_more_features_than_observables_need_a_head(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"Got: 6 features, 4 observables.*Set generator\.head=affine"):
        make("expectation", n_wires=2, observables="xz")
    module = make("expectation", n_wires=2, observables="xz", head="affine")
    assert module.sample(3, KEY).values.shape == (3, 6)


def test_a_head_is_an_affine_map_and_a_logistic_function(make: Make) -> None:
    module = make("expectation", n_wires=2, head="affine", low=-1.0, high=1.0)
    draw, weights = module.draw(3, KEY), module.weights["w"][0].detach().numpy()
    read = np.array([expected(module.circuit, latent, weights, "z") for latent in draw.latent.numpy()])
    matrix, offset = (parameter.detach().numpy() for parameter in module.head.parameters())  # type: ignore[union-attr]
    np.testing.assert_allclose(module(draw).values.detach(), np.tanh((read @ matrix.T + offset) / 2), atol=1e-6)


def test_a_head_of_many_features_has_few_wires_by_default(make: Make) -> None:
    assert make("expectation", shape=(8, 8), head="affine").circuit.n_wires == 5


def test_shots_in_x_and_in_z_are_independent(make: Make) -> None:
    module = make("expectation", shape=(2,), observables="xz", shots=10, own=hardware_efficient(n_wires=1, layers=1))
    with torch.no_grad():
        # Between |0> and |+>, where both are noisy alike.
        module.weights["w"].fill_(np.pi / 4)
        latent = torch.zeros(4000, 1).double()
        noise = module(type(module.draw(1, KEY))(latent, None, KEY)).values.numpy()
    # Four standard errors of 4000 independent pairs.
    assert abs(np.corrcoef(noise.T)[0, 1]) < 4 / 4000**0.5
    assert noise.std() > 0.05


def test_a_circuit_without_latents_is_refused(make: Make) -> None:
    own = from_function(
        lambda _, weights: qml.RY(weights["w"][..., 0], wires=0), n_wires=1, latent_dim=0, weight_shapes={"w": (1,)}
    )
    with pytest.raises(ConfigError, match="all samples of this generator would be the same"):
        make("expectation", shape=(1,), own=own)


def test_latents_may_be_normal(make: Make) -> None:
    latent = make("expectation", latent="normal").draw(2000, KEY).latent
    assert latent.dtype == torch.float64
    # Four standard errors of 12 000 draws.
    assert abs(latent.mean().item()) < 4 / 12_000**0.5
    assert abs(latent.var().item() - 1) < 4 * (2 / 12_000) ** 0.5
