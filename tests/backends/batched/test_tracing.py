"""A circuit that is traced once gives the programs of one that is traced in every call."""

import numpy as np
import pennylane as qml
import pytest
import torch

from circuits import CIRCUITS, Circuit, from_function
from qgan.backends import resolve
from qgan.backends.batched.inputs import NotPolynomial
from qgan.backends.batched.kernel import BatchedKernel
from qgan.backends.batched.plan import Product, Sum
from qgan.backends.batched.tracing import AngleTable, TracedOnce
from qgan.backends.executor import TracedExecutor
from qgan.backends.gradients import Differences, Shots, shift_terms
from qgan.backends.program import EveryCall
from qgan.errors import ConfigError, DivergedError
from qgan.readout import Counts, GradientMethod, Probabilities
from qgan.seeding import Key

KEY = Key(6, "tracing", 4)
ROWS = 4


def inputs(circuit, *, sets=None, frozen=()):
    rng = np.random.default_rng(2)
    lead = () if sets is None else (sets,)
    weights = {
        name: torch.tensor(rng.uniform(-3, 3, (*lead, *shape)), requires_grad=name not in frozen)
        for name, shape in circuit.weight_shapes.items()
    }
    latent = torch.tensor(rng.uniform(-3, 3, (ROWS, circuit.latent_dim)), requires_grad="latent" not in frozen)
    return latent, weights


def lopsided():
    """Gates with two-term and four-term rules, one that is taken apart, and angles of several products."""

    def queue(latent, weights):
        a, b = weights["a"], weights["b"]
        qml.RX(latent[..., 0] * latent[..., 0] - 2 * b[..., 1] * latent[..., 1] + 0.25, wires=0)
        qml.CRX(a[..., 0, 0], wires=[0, 2])
        qml.Hadamard(wires=1)
        qml.Rot(a[..., 0, 1], b[..., 0] + b[..., 1], 0.3, wires=1)
        qml.SingleExcitation(a[..., 1, 0] * latent[..., 1], wires=[2, 1])
        qml.IsingXY(a[..., 1, 1], wires=[0, 1])
        qml.Toffoli(wires=[0, 2, 1])
        qml.RY(0.7, wires=2)

    return from_function(queue, n_wires=3, latent_dim=2, weight_shapes={"a": (2, 2), "b": (2,)}, name="lopsided")


def on_batched(tracer, n_wires, shots, dtype=np.float64):
    kernel, drawn = BatchedKernel(n_wires, dtype=dtype), Shots(shots, Counts())
    method = GradientMethod("parameter-shift", "a test")
    return TracedExecutor(
        tracer,
        Probabilities(),
        kernel=kernel,
        shots=drawn,
        backward=Differences(kernel, drawn, shift_terms),
        gradient=method,
    )


@pytest.mark.parametrize("sets", [None, 2, ROWS])
@pytest.mark.parametrize("name", ["lopsided", *CIRCUITS])
def test_programs_are_those_of_every_call(name, sets):
    circuit = lopsided() if name == "lopsided" else CIRCUITS[name](n_wires=3, layers=2)
    one, other = (tracer(*inputs(circuit, sets=sets)) for tracer in (EveryCall(circuit), TracedOnce(circuit)))
    assert [(each.name, each.wires) for each in other.operators] == [(each.name, each.wires) for each in one.operators]
    assert other.trainable == one.trainable
    # A few roundings of sums in another order.
    torch.testing.assert_close(other.angles, one.angles, rtol=0, atol=1e-13)


@pytest.mark.parametrize("frozen", [("latent",), ("a",), ("b",), ("a", "b"), ("latent", "a", "b")])
def test_only_angles_of_what_wants_a_gradient_are_trainable(frozen):
    circuit = lopsided()
    given = inputs(circuit, frozen=frozen)
    assert TracedOnce(circuit)(*given).trainable == EveryCall(circuit)(*given).trainable
    with torch.no_grad():
        assert TracedOnce(circuit)(*given).trainable == ()


@pytest.mark.parametrize("shots", [None, 50])
@pytest.mark.parametrize("sets", [None, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_and_gradients_are_those_of_every_call(shots, sets, dtype):
    circuit = lopsided()
    cotangent = torch.tensor(np.random.default_rng(3).normal(size=(ROWS, 8)))
    results = []
    for tracer in (EveryCall(circuit), TracedOnce(circuit)):
        executor = on_batched(tracer, 3, shots, dtype)
        latent, weights = inputs(circuit, sets=sets)
        found = executor(latent, weights, key=KEY)
        (found * cotangent).sum().backward()
        results.append((executor.counts, found.detach(), latent.grad, *(each.grad for each in weights.values())))
    (counts, frequencies, *gradients), (others, same, *slopes) = results
    assert counts == others
    assert counts.shots == counts.executions * (shots or 0)
    if shots is not None:
        assert torch.equal(frequencies, same)
    # The exact limit depends on angles to the rounding of the amplitudes.
    for one, other in zip([frequencies, *gradients], [same, *slopes], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5 if dtype is np.float32 and shots is None else 1e-11)


@pytest.mark.parametrize("shots", [None, 20])
def test_the_circuit_queues_its_gates_once(shots):
    calls = []

    def queue(latent, weights, _):
        calls.append(latent)
        qml.RX(latent[..., 0] + weights["w"][..., 0], wires=0)

    circuit = Circuit(name="counted", n_wires=1, latent_dim=1, weight_shapes={"w": (1,)}, queue=queue)
    executor = resolve("batched.qubit").executor(circuit, Probabilities(), shots=shots, method="parameter-shift")
    weights = {"w": torch.ones(1, dtype=torch.float64, requires_grad=True)}
    before = len(calls)
    for step in range(3):
        executor(torch.rand(5, 1), weights, key=KEY._replace(step=step))[:, 0].sum().backward()
    assert len(calls) == before > 0
    assert executor.counts.executions == 3 * 5 * (1 + 2)


def test_what_is_no_polynomial_is_traced_in_every_call():
    circuit = from_function(lambda z, _w: qml.RY(z[..., 0] ** 1.5, wires=0), n_wires=1, latent_dim=1,
                            weight_shapes={"w": (1,)}, name="f")  # fmt: skip
    with pytest.raises(NotPolynomial):
        TracedOnce(circuit)
    executor = resolve("batched.qubit").executor(circuit, Probabilities(), shots=4000)
    latent = torch.tensor([[0.3], [1.0]], dtype=torch.float64, requires_grad=True)
    found = executor(latent, {"w": torch.zeros(1)}, key=KEY)
    found[:, 1].sum().backward()
    one = torch.sin(latent.detach()[:, 0] ** 1.5 / 2) ** 2
    # Five standard errors of 4000 shots.
    assert ((found[:, 1] - one).abs() < 5 * (one * (1 - one) / 4000).sqrt()).all()
    assert latent.grad is not None


def test_latents_that_do_not_fit_and_angles_that_are_not_finite_are_refused():
    executor = resolve("batched.qubit").executor(lopsided(), Probabilities(), shots=10)
    latent, weights = inputs(lopsided())
    with pytest.raises(ConfigError, match="do not fit the circuit"):
        executor(torch.zeros(4, 3), weights, key=KEY)
    with pytest.raises(ConfigError, match="sets of weights"):
        executor(latent, {**weights, "a": torch.zeros(3, 2, 2)}, key=KEY)
    with pytest.raises(DivergedError, match="not finite"):
        executor(latent, {**weights, "a": torch.full((2, 2), torch.nan)}, key=KEY)
    assert executor.counts == Counts()


def test_of_a_table_values_and_slopes_are_those_of_its_sums():
    sums = [
        Sum(0.5, ()),
        Sum(-1.0, (Product(2.0, (0, 0, -4)), Product(3.0, (-1,)))),
        Sum(0.0, (Product(1.0, (1, -2)),)),
    ]
    table = AngleTable(sums, 2, {"a": (2,), "b": (1, 2)})
    latent = torch.tensor([[0.3, -1.0], [2.0, 0.0]], dtype=torch.float64, requires_grad=True)
    a = torch.tensor([[0.1, 0.2], [0.3, 0.4]], dtype=torch.float64, requires_grad=True)
    b = torch.tensor([[1.5, -0.5]], dtype=torch.float64, requires_grad=True)
    closed = [[0.5, 2 * 0.09 * -0.5 + 3 * 0.1 - 1, -1 * 0.2], [0.5, 2 * 4 * -0.5 + 3 * 0.3 - 1, 0.0]]
    np.testing.assert_allclose(table(latent, {"a": a, "b": b}).detach(), closed, atol=1e-15)
    assert torch.autograd.gradcheck(lambda z, x, y: table(z, {"a": x, "b": y}), (latent, a, b))
    assert table.varied(latent=True, weights=()) == (1, 2)
    assert table.varied(latent=False, weights=("a",)) == (1, 2)
    assert table.varied(latent=False, weights=("b",)) == (1,)
