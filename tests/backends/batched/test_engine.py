"""What the engine promises whatever it runs: the same bits, no numbers made of NaN, space given back."""

from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch

from benchmarks.random_circuits import random_gates
from qgan.backends.batched.engine import WORTH_A_THREAD, Engine
from qgan.backends.batched.lowering import lower
from qgan.backends.batched.plan import Product, Sum, compiled
from qgan.errors import DivergedError


def engine_of(n_wires=6, n_gates=60, *, dtype: Any = np.float32, threads=1, words=None, seed=0):
    gates = random_gates(np.random.default_rng(seed), n_wires, n_gates, None)
    angles = sum(gate.num_params for gate in gates)
    # One half of them from latents, the other from weights.
    sums = [Sum(0.0, (Product(1.0, (index // 2 if index % 2 else -1 - index // 2,)),)) for index in range(angles)]
    engine = Engine(compiled(lower(gates, n_wires), sums), dtype=dtype, threads=lambda: threads, words=words)
    return engine, angles // 2 + 1


def run(engine, latents, weights, batch, cotangent) -> Any:
    out, held = engine.push(latents, weights, batch=batch, keep=True)
    assert held is not None
    return out, *engine.pull(held, cotangent, by_latent=True, by_weights=True)


@pytest.mark.parametrize(
    "words", [None, [{0: "Z"}, {1: "X", 2: "Y"}, {3: "Z", 4: "Z"}]], ids=["probabilities", "words"]
)
def test_the_bits_are_the_same_whatever_the_number_of_threads(words):
    results = []
    for threads in (1, 2, 5):
        engine, size = engine_of(threads=threads, words=words)
        rng = np.random.default_rng(1)
        latents, weights = rng.normal(size=(700, size)), rng.normal(size=(3, size))
        assert 3 * 88 * engine._work > 5 * WORTH_A_THREAD
        cotangent = rng.normal(size=(2100, engine.size))
        results.append(run(engine, np.tile(latents, (3, 1)), weights, 700, cotangent))
    for result in results[1:]:
        for one, other in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("given", ["float32", "complex64", "transposed"])
def test_a_cotangent_may_be_of_any_precision_and_lie_as_it_likes(given):
    engine, size = engine_of(dtype=np.float64)
    rng = np.random.default_rng(1)
    latents, weights = rng.normal(size=(9, size)), rng.normal(size=(1, size))
    cotangent = rng.normal(size=(9, engine.size)).astype("float32").astype(float)
    if given == "complex64":
        cotangent = cotangent + 1j * rng.normal(size=cotangent.shape).astype("float32")
    other = np.asfortranarray(cotangent) if given == "transposed" else cotangent.astype(given)
    for one, two in zip(*(run(engine, latents, weights, 9, each) for each in (cotangent, other)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_row_does_not_depend_on_the_batch_that_it_is_in():
    engine, size = engine_of()
    rng = np.random.default_rng(1)
    latents, weights = rng.normal(size=(21, size)), rng.normal(size=(1, size))
    whole, _ = engine.push(latents, weights, batch=21, keep=False)
    for first, last in ((0, 1), (3, 20), (20, 21)):
        part, _ = engine.push(latents[first:last].copy(), weights, batch=last - first, keep=False)
        np.testing.assert_array_equal(part, whole[first:last])


def test_sets_of_weights_are_runs_of_their_own():
    engine, size = engine_of(dtype=np.float64)
    rng = np.random.default_rng(1)
    latents, weights = rng.normal(size=(5, size)), rng.normal(size=(4, size))
    cotangent = rng.normal(size=(20, engine.size))
    together = run(engine, np.tile(latents, (4, 1)), weights, 5, cotangent)
    for index in range(4):
        rows = slice(5 * index, 5 * index + 5)
        alone = run(engine, latents, weights[index : index + 1], 5, cotangent[rows])
        np.testing.assert_array_equal(together[0][rows], alone[0])
        np.testing.assert_array_equal(together[1][rows], alone[1])
        np.testing.assert_array_equal(together[2][index : index + 1], alone[2])
    shared, _ = engine.push(latents, weights, batch=5, keep=False)
    np.testing.assert_array_equal(shared, together[0])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", ["latent", "weight"])
def test_an_angle_that_is_not_finite_is_refused(wrong, side):
    engine, size = engine_of()
    latents, weights = np.zeros((9, size)), np.zeros((1, size))
    (latents if side == "latent" else weights)[-1, 1] = wrong
    with pytest.raises(DivergedError, match="not finite"):
        engine.push(latents, weights, batch=9, keep=False)


def test_huge_angles_are_as_good_as_small_ones():
    engine, size = engine_of(dtype=np.float64)
    latents, weights = np.full((1, size), 0.3), np.zeros((1, size))
    near, _ = engine.push(latents, weights, batch=1, keep=False)
    far, _ = engine.push(latents + 4 * np.pi * 2**30, weights, batch=1, keep=False)
    # The angle itself is known to 1e-6 only, that far out.
    np.testing.assert_allclose(far, near, atol=1e-4)


@pytest.mark.parametrize("latents_of_gates", [(0, 1), (1, 0)])
def test_a_huge_angle_leaves_the_latents_of_others_alone(latents_of_gates):
    """Of whichever of both gates the compiler makes the angle first."""
    sums = [Sum(0.0, (Product(1.0, (latent,)),)) for latent in latents_of_gates]
    engine = Engine(compiled(lower([qml.RY(0.0, wires=0), qml.RY(0.0, wires=1)], 2), sums), dtype=np.float64)
    latents, weights = np.array([[0.3, 0.5]]), np.zeros((1, 0))
    expected, _ = engine.push(latents, weights, batch=1, keep=False)
    for far in ([0.0, 4 * np.pi * 2**30], [4 * np.pi * 2**30, 0.0]):
        found, _ = engine.push(latents + far, weights, batch=1, keep=False)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_space_is_used_again():
    engine, size = engine_of()
    latents, weights = np.zeros((9, size)), np.zeros((1, size))
    _, held = engine.push(latents, weights, batch=9, keep=True)
    assert held is not None
    states = held.states
    engine.pull(held, np.ones((9, engine.size)), by_latent=False, by_weights=True)
    assert held.states is None
    _, again = engine.push(latents, weights, batch=9, keep=True)
    assert again is not None
    assert again.states is states
    _, other = engine.push(latents, weights, batch=9, keep=True)
    assert other is not None
    assert other.states is not states


def test_a_second_way_back_gives_the_same(lopsided_case):
    from qgan.backends import resolve
    from qgan.readout import Probabilities
    from qgan.seeding import Key

    executor = resolve("batched.qubit").executor(lopsided_case.circuit, Probabilities(), shots=None)
    latent = torch.rand(3, 2, dtype=torch.float64, requires_grad=True)
    weights = {name: torch.rand(shape) for name, shape in lopsided_case.circuit.weight_shapes.items()}
    found = executor(latent, weights, key=Key(0, "twice"))
    first, second = (torch.autograd.grad(found[:, 1].sum(), latent, retain_graph=True)[0] for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
