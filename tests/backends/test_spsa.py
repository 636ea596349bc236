"""Simultaneous perturbation: right on average but for the square of its step, cheap, and the same everywhere."""

from itertools import product

import numpy as np
import pennylane as qml
import pytest
import torch

from circuits import CIRCUITS, from_function
from qgan.backends import BackendOptions, resolve
from qgan.backends.executor import make_device
from qgan.backends.gradients import Differences, Shots, shift_terms
from qgan.backends.kernels import BroadcastKernel, RowKernel
from qgan.backends.perturbation import Perturbation
from qgan.backends.primitives.executor import PrimitiveExecutor
from qgan.backends.program import trace
from qgan.backends.spsa import Spsa
from qgan.errors import ConfigError
from qgan.readout import Counts, ExpectationXZ, ExpectationZ, Probabilities
from qgan.seeding import Key, stream

KEY = Key(2, "g", 3)
SIMULATORS = ["default.qubit", "default.mixed", "lightning.qubit", "reference.qubit", "batched.qubit", "aer"]
SHOTS, PERTURBATION = 40, Perturbation(step=0.25, directions=3)


def executor_on(name, circuit, readout, *, shots: int | None = SHOTS, spsa=PERTURBATION):
    exact = "complex128" if name == "batched.qubit" else None
    return resolve(name).executor(circuit, readout, shots=shots, method="spsa", c_dtype=exact, spsa=spsa)


def inputs(circuit, rows=2, seed=0):
    rng = np.random.default_rng(seed)
    weights = {
        name: torch.tensor(rng.uniform(-3, 3, shape), requires_grad=True)
        for name, shape in circuit.weight_shapes.items()
    }
    return torch.tensor(rng.uniform(-3, 3, (rows, circuit.latent_dim))), weights


def run(executor, circuit, *, key=KEY):
    latent, weights = inputs(circuit)
    found = executor(latent, weights, key=key)
    cotangent = torch.linspace(-1, 1, found.numel(), dtype=torch.float64).reshape(found.shape)
    gradients = torch.autograd.grad((found * cotangent).sum(), list(weights.values()))
    return found.detach(), torch.cat([gradient.ravel() for gradient in gradients])


def rotations(n_wires):
    """RY on each wire: the expectation value of all Z together is the product of the cosines."""

    def queue(_latent, weights):
        for wire in range(n_wires):
            qml.RY(weights["w"][..., wire], wires=wire)

    return from_function(queue, n_wires=n_wires, latent_dim=0, weight_shapes={"w": (n_wires,)}, name="rotations")


def parity(n_wires):
    return np.array([(-1.0) ** sum(bits) for bits in product((0, 1), repeat=n_wires)])


def traced(circuit, rows=2):
    latent, weights = inputs(circuit, rows)
    with torch.enable_grad():
        return trace(circuit, latent, weights)


class EverySign:
    """A stream in whose first so many rows all patterns of signs come, each once."""

    def __init__(self, _):
        pass

    def integers(self, _low, _high, *, size):
        (directions, rows, columns) = size
        assert (directions, rows) == (1, 2**columns)
        return np.array(list(product((0, 1), repeat=columns)))[None]

    def multinomial(self, *_):
        raise AssertionError("nothing is drawn here")


@pytest.mark.parametrize("step", [0.1, 0.3, 1.0])
def test_over_all_signs_a_product_of_cosines_has_the_slope_that_the_docstring_says(step, monkeypatch):
    for module in ("spsa", "gradients"):
        monkeypatch.setattr(f"qgan.backends.{module}.stream", EverySign)
    n = 4
    rows, angles = 2**n, np.array([0.3, -1.1, 0.8, 2.0])
    program = traced(rotations(n))
    kernel = BroadcastKernel(make_device("default.qubit", n), n, density=False)
    backward = Differences(kernel, Shots(None, Counts()), Spsa(Perturbation(step, 1)))

    found = backward(program.operators, np.tile(angles, (rows, 1)), range(n), np.tile(parity(n), (rows, 1)), KEY)

    exact = -np.prod(np.cos(angles)) * np.tan(angles)
    np.testing.assert_allclose(found.mean(axis=0), exact * np.cos(step) ** (n - 1) * np.sin(step) / step, atol=1e-12)


@pytest.mark.parametrize("kernel", ["default.qubit", "lightning.qubit"])
@pytest.mark.parametrize("name", CIRCUITS)
def test_along_its_direction_it_has_the_slope_of_the_parameter_shift_rule(name, kernel):
    """For a small step, row by row: twice the step makes four times the error."""
    program = traced(CIRCUITS[name](n_wires=2, layers=1))
    device = make_device(kernel, 2)
    made = BroadcastKernel(device, 2, density=False) if kernel == "default.qubit" else RowKernel(device, 2)
    angles, columns = program.angles.detach().numpy(), program.varied
    cotangent = np.random.default_rng(5).normal(size=(2, 4))
    signs = 2.0 * stream(Key(2, "g:spsa", 3)).integers(0, 2, size=(1, 2, len(columns)))[0] - 1

    def slopes(terms_of):
        return Differences(made, Shots(None, Counts()), terms_of)(program.operators, angles, columns, cotangent, KEY)

    along = (slopes(shift_terms) * signs).sum(axis=1, keepdims=True) * signs
    small, twice = (np.abs(slopes(Spsa(Perturbation(step, 1))) - along).max() for step in (1e-3, 2e-3))
    assert small < 1e-4
    assert twice == pytest.approx(4 * small, rel=0.01, abs=1e-8)


def test_the_mean_over_many_draws_is_the_gradient_but_for_what_the_step_takes():
    """Four thousand rows, each with signs and shots of its own, within 5 standard errors."""
    n, rows, step = 3, 4000, 0.2
    circuit, angles = rotations(n), torch.tensor([0.8, -0.9, 1.2], dtype=torch.float64)
    executor = executor_on("batched.qubit", circuit, Probabilities(), shots=20, spsa=Perturbation(step, 2))
    each = angles.repeat(rows, 1).requires_grad_()
    found = executor(torch.zeros(rows, 0, dtype=torch.float64), {"w": each}, key=KEY)
    (slopes,) = torch.autograd.grad((found @ torch.tensor(parity(n))).sum(), each)
    exact = -angles.cos().prod() * angles.tan()
    expected = exact * np.cos(step) ** (n - 1) * np.sin(step) / step
    standard = slopes.std(dim=0) / rows**0.5
    assert ((slopes.mean(dim=0) - expected).abs() < 5 * standard).all()
    # A wrong sign or a missing factor would be seen.
    assert (expected.abs() > 10 * standard).all()


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("layers", [1, 3])
def test_it_costs_two_circuits_for_each_row_and_direction_whatever_the_number_of_weights(name, layers):
    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=layers)
    executor = executor_on(name, circuit, Probabilities())
    assert executor.gradient.name == "spsa"
    assert "6 circuits for each row" in executor.gradient.why
    run(executor, circuit)
    assert executor.counts == Counts(2 * (1 + 6), 2 * (1 + 6) * SHOTS)
    with torch.no_grad():
        executor(*inputs(circuit), key=KEY)
    assert executor.counts.executions == 2 * (1 + 6) + 2


@pytest.mark.parametrize("readout", [Probabilities(), ExpectationZ(), ExpectationXZ()], ids=lambda each: each.name)
@pytest.mark.parametrize("name", ["style", "strongly-entangling", "brickwork"])
def test_the_same_seed_gives_the_same_numbers_on_every_simulator(name, readout):
    circuit = CIRCUITS[name](n_wires=3, layers=1)
    found = [run(executor_on(each, circuit, readout), circuit) for each in SIMULATORS]
    for values, slopes in found[1:]:
        torch.testing.assert_close(values, found[0][0], rtol=0, atol=1e-12)
        torch.testing.assert_close(slopes, found[0][1], rtol=0, atol=1e-10)
    again = run(executor_on("batched.qubit", circuit, readout), circuit, key=KEY._replace(step=4))
    assert not torch.equal(again[1], found[0][1])


def test_every_row_has_signs_of_its_own():
    terms = Spsa(Perturbation(0.1, 5))((), range(7), rows=11, key=KEY)
    assert len(terms) == 10
    table = np.zeros((11, 7))
    terms[0].move(table)
    np.testing.assert_allclose(np.abs(table), 0.1)
    assert len({tuple(row) for row in table.tolist()}) > 5
    terms[1].move(table)
    np.testing.assert_allclose(table, 0, atol=1e-15)


@pytest.mark.parametrize("name", ["aer", "fake:manila"])
def test_values_and_gradient_are_one_job(name):
    circuit = CIRCUITS["style"](n_wires=3, layers=1)
    made = executor_on(name, circuit, Probabilities())
    assert isinstance(made, PrimitiveExecutor)
    run(made, circuit)
    assert made.target.sent.jobs == 1
    assert made.counts.executions == made.target.sent.circuits == 2 * (1 + 6)
    assert "one job" in made.gradient.why


@pytest.mark.parametrize("name", ["batched.qubit", "default.qubit", "aer"])
def test_without_shots_it_is_refused(name):
    with pytest.raises(ConfigError, match="for finite shots") as caught:
        executor_on(name, rotations(2), Probabilities(), shots=None)
    assert caught.value.exit_code == 2
    assert "spsa" in str(caught.value)
    assert caught.value.cure


def test_options_are_recorded_where_it_is_used_and_nowhere_else():
    assert BackendOptions(shots=5, gradient="spsa").resolved().spsa == Perturbation()
    told = BackendOptions(shots=5, gradient="spsa", spsa_directions=2).resolved().model_dump(exclude_none=True)
    assert told == {"shots": 5, "gradient": "spsa", "spsa_step": 0.2, "spsa_directions": 2}
    plain = BackendOptions(shots=5)
    assert plain.resolved().model_dump(exclude_none=True) == {"shots": 5, "gradient": "auto"}


@pytest.mark.parametrize(
    "options",
    [
        {"gradient": "spsa", "spsa_step": 0.0},
        {"gradient": "spsa", "spsa_step": 1.1},
        {"gradient": "spsa", "spsa_directions": 0},
        {"gradient": "auto", "spsa_step": 0.1},
        {"spsa_directions": 2},
    ],
)
def test_impossible_options_are_refused(options):
    with pytest.raises(ValueError, match="spsa"):
        BackendOptions(shots=5, **options)
