"""The noisy twin: nothing where nothing errs, the stated infidelities where something does, nothing left in the end."""

import math
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane.tape import make_qscript

from circuits import CIRCUITS, Circuit, from_function
from qgan.backends import resolve
from qgan.errors import ResourceError
from qgan.readout import Executor, ExpectationXZ, ExpectationZ, Probabilities, ReadOut
from qgan.seeding import Key
from qgan.twins import TWINS, Setting
from qgan.twins.noisy import Noisy, NoisyOptions

KEY = Key(3, "noisy")
SOME, NONE = NoisyOptions(), NoisyOptions(one_qubit=0.0, two_qubit=0.0, readout=0.0)


def twin(rates: NoisyOptions, shots: int | None = None) -> Noisy:
    return TWINS["noisy"].make(rates, Setting(KEY, 4, shots))


def noisy(circuit: Circuit, readout: ReadOut, rates: NoisyOptions = SOME, *, shots: int | None = None) -> Executor:
    def make(*_: Any, **__: Any) -> Executor:
        raise AssertionError("the run's backend has no density matrices")

    return twin(rates, shots).executor(make)(circuit, readout, rows=1.0)


def inputs(circuit: Circuit, seed: int = 0, rows: int = 4, sets: int | None = None):
    rng = np.random.default_rng(seed)
    lead = () if sets is None else (sets,)
    weights = {
        name: torch.tensor(rng.uniform(-4, 4, (*lead, *shape)), requires_grad=True)
        for name, shape in circuit.weight_shapes.items()
    }
    return torch.tensor(rng.uniform(-4, 4, (rows, circuit.latent_dim))), weights


@settings(max_examples=15)
@given(
    name=st.sampled_from(sorted(CIRCUITS)),
    n_wires=st.integers(1, 3),
    layers=st.integers(1, 2),
    sets=st.sampled_from([None, 2]),
    readout=st.sampled_from([Probabilities(), ExpectationZ(), ExpectationXZ()]),
    seed=st.integers(0, 2**20),
)
def test_without_errors_it_is_the_circuit_itself(name, n_wires, layers, sets, readout, seed) -> None:
    circuit = CIRCUITS[name](n_wires=n_wires, layers=layers)
    latent, weights = inputs(circuit, seed, sets=sets)
    with torch.no_grad():
        found = noisy(circuit, readout, NONE)(latent, weights, key=KEY)
        exact = resolve("default.qubit").executor(circuit, readout, shots=None)(latent, weights, key=KEY)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-10)


@given(rate=st.floats(0, 0.5), wires=st.sampled_from([1, 2]))
def test_a_gate_has_the_average_infidelity_that_was_asked_for(rate: float, wires: int) -> None:
    """By its entanglement fidelity, as Horodecki, Horodecki and Horodecki (1999) have it."""
    model = twin(NoisyOptions(**{"one_qubit" if wires == 1 else "two_qubit": rate})).model
    (noise,) = model.model_map.values()
    gate = qml.Hadamard(0) if wires == 1 else qml.CNOT([0, 1])
    channels = make_qscript(noise)(gate).operations
    fidelity = math.prod(
        sum(abs(np.trace(kraus)) ** 2 for kraus in channel.kraus_matrices()) / 4  # pyright: ignore[reportAttributeAccessIssue]
        for channel in channels
    )
    size = 2**wires
    assert [list(channel.wires) for channel in channels] == [[wire] for wire in range(wires)]
    assert 1 - (size * fidelity + 1) / (size + 1) == pytest.approx(rate, abs=1e-12)


@settings(max_examples=10)
@given(rate=st.floats(0, 0.5), angle=st.floats(-4, 4))
def test_every_bit_is_read_wrongly_as_often_as_was_asked_for(rate: float, angle: float) -> None:
    def queue(latent: Any, _: Any) -> None:
        qml.RY(latent[..., 0], wires=1)

    circuit = from_function(queue, n_wires=2, latent_dim=1, weight_shapes={})
    latent = torch.tensor([[angle], [0.0]], dtype=torch.float64)
    found = noisy(circuit, Probabilities(), NONE.model_copy(update={"readout": rate}))(latent, {}, key=KEY)
    one = math.sin(angle / 2) ** 2
    first = [1 - rate, rate]
    second = [(1 - one) * (1 - rate) + one * rate, one * (1 - rate) + (1 - one) * rate]
    np.testing.assert_allclose(found[0], np.outer(first, second).ravel(), atol=1e-12)


@pytest.mark.parametrize("name", ["hardware-efficient", "style"])
def test_of_wires_that_always_err_nothing_is_left(name: str) -> None:
    circuit = CIRCUITS[name](n_wires=3, layers=2)
    found = noisy(circuit, Probabilities(), NoisyOptions(one_qubit=0.5))(*inputs(circuit), key=KEY)
    np.testing.assert_allclose(found.detach(), np.full((4, 8), 1 / 8), atol=1e-10)


def test_more_errors_leave_less() -> None:
    circuit = CIRCUITS["style"](n_wires=2, layers=2)
    latent, weights = inputs(circuit)
    rates = [0.0, 0.001, 0.01, 0.1]
    left = [
        noisy(circuit, ExpectationZ(), NoisyOptions(one_qubit=rate, two_qubit=rate, readout=rate))(
            latent, weights, key=KEY
        )
        .square()
        .sum()
        .item()
        for rate in rates
    ]
    assert left == sorted(left, reverse=True)
    assert left[-1] < left[0] / 4


def test_gradients_are_differences_of_noisy_circuits() -> None:
    circuit = CIRCUITS["style"](n_wires=2, layers=1)
    latent, weights = inputs(circuit)
    run = noisy(circuit, ExpectationZ())
    values = run(latent, weights, key=KEY)
    (name, *_) = weights
    (gradient,) = torch.autograd.grad(values[:, 0].sum(), [weights[name]])
    nudge = torch.zeros_like(weights[name])
    nudge.view(-1)[0] = 1e-4
    with torch.no_grad():
        ends = [
            run(latent, {**weights, name: weights[name] + sign * nudge}, key=KEY)[:, 0].sum().item() for sign in (1, -1)
        ]
    assert gradient.view(-1)[0].item() == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-6)


def test_shots_are_drawn_of_the_noisy_circuit_and_counted() -> None:
    circuit = CIRCUITS["style"](n_wires=2, layers=1)
    latent, weights = inputs(circuit)
    rates = NoisyOptions(one_qubit=0.05)
    run = noisy(circuit, Probabilities(), rates, shots=100_000)
    with torch.no_grad():
        drawn = run(latent, weights, key=KEY)
        exact = noisy(circuit, Probabilities(), rates)(latent, weights, key=KEY)
        assert torch.equal(drawn, run(latent, weights, key=KEY))
    assert (run.counts.executions, run.counts.shots) == (8, 800_000)
    assert 0 < (drawn - exact).abs().max() < 0.01
    assert run.gradient.name == "parameter-shift"


def test_circuits_that_are_too_large_are_refused_before_anything_is_run() -> None:
    with pytest.raises(ResourceError, match="11 wires") as refused:
        noisy(CIRCUITS["style"](n_wires=11, layers=1), Probabilities())
    assert "4194304 numbers" in str(refused.value)
