"""Passes as one matrix: whatever is read out, it is what the passes give, and only where latents come before them."""

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from circuits import CIRCUITS
from qgan.backends.batched.engine import Engine
from qgan.backends.batched.executor import compiled_of
from qgan.backends.batched.unitary import Passes, shares

WORDS = [{0: "Z"}, {1: "X", 2: "Y"}, {0: "X"}]


def engine_of(name="strongly-entangling", *, n_wires=3, layers=3, dtype: Any = np.float64, words=None, threads=1):
    plan = compiled_of(CIRCUITS[name](n_wires=n_wires, layers=layers), dtype=dtype)
    return Engine(plan, dtype=dtype, words=words, threads=lambda: threads)


def inputs_of(engine, *, batch, sets=1, seed=1):
    rng, factors = np.random.default_rng(seed), engine._inputs
    latents, weights = 1 + max(factors), -min(factors)
    return (
        rng.normal(size=(sets * batch, latents)),
        rng.normal(size=(sets, weights)),
        rng.normal(size=(sets * batch, engine.size)),
    )


def run(engine, given, *, batch, matrix, by_latent=True, by_weights=True) -> Any:
    latents, weights, cotangent = given
    with patch.object(Passes, "pay", lambda self, _: matrix and self._possible):
        out, held = engine.push(latents, weights, batch=batch, keep=True)
        assert held is not None
        assert (held.matrices is not None) is matrix
        return out, *engine.pull(held, cotangent, by_latent=by_latent, by_weights=by_weights)


@pytest.mark.parametrize("name", ["hardware-efficient", "strongly-entangling", "efficient-su2", "zoufal"])
@pytest.mark.parametrize("words", [None, WORDS], ids=["probabilities", "words"])
@pytest.mark.parametrize(("batch", "sets"), [(1, 1), (13, 1), (150, 3), (8, 2)])
@pytest.mark.parametrize("n_wires", [3, 4])
def test_a_matrix_does_what_the_passes_do(name, words, batch, sets, n_wires):
    engine = engine_of(name, words=words, n_wires=n_wires)
    given = inputs_of(engine, batch=batch, sets=sets)
    results = [run(engine, given, batch=batch, matrix=matrix) for matrix in (False, True)]
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize(("by_latent", "by_weights"), [(True, False), (False, True)])
def test_slopes_by_either_are_those_by_both(by_latent, by_weights):
    engine = engine_of(words=WORDS)
    given = inputs_of(engine, batch=20)
    _, *both = run(engine, given, batch=20, matrix=True)
    _, *found = run(engine, given, batch=20, matrix=True, by_latent=by_latent, by_weights=by_weights)
    for wanted, slopes, all_slopes in zip((by_latent, by_weights), found, both, strict=True):
        assert (slopes is not None) is wanted
        if wanted:
            np.testing.assert_allclose(slopes, all_slopes, atol=1e-14)


def test_single_precision_is_as_good_as_that_of_passes():
    exact, engine = (engine_of(dtype=dtype, n_wires=5, layers=6) for dtype in (np.float64, np.float32))
    given = inputs_of(engine, batch=600)
    for one, other in zip(
        run(exact, given, batch=600, matrix=False), run(engine, given, batch=600, matrix=True), strict=True
    ):
        np.testing.assert_allclose(other, one, atol=1e-5 * np.abs(one).max())


def test_the_bits_are_the_same_whatever_the_number_of_threads():
    results = []
    for threads in (1, 2, 5):
        engine = engine_of(dtype=np.float32, n_wires=5, layers=6, threads=threads)
        given = inputs_of(engine, batch=3000, sets=2)
        with patch("qgan.backends.batched.engine.WORTH_A_THREAD", 1000):
            results.append(run(engine, given, batch=3000, matrix=True))
    for result in results[1:]:
        for one, other in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(one, other)


def test_it_is_made_once_for_as_long_as_weights_are_the_same():
    engine = engine_of()
    latents, weights, cotangent = inputs_of(engine, batch=20)
    with (
        patch.object(Passes, "pay", lambda *_: True),
        patch.object(Passes, "matrices", autospec=True, side_effect=Passes.matrices) as made,
    ):
        first, held = engine.push(latents, weights, batch=20, keep=True)
        again, other = engine.push(latents, weights.copy(), batch=20, keep=True)
        np.testing.assert_array_equal(first, again)
        assert made.call_count == 1
        assert held is not None
        assert other is not None
        changed, _ = engine.push(latents, weights + 0.1, batch=20, keep=False)
        assert made.call_count == 2
        assert np.abs(changed - first).max() > 0.01
        # The way back is that of its own call, whatever has been run since.
        slopes = [engine.pull(each, cotangent, by_latent=True, by_weights=True) for each in (held, other)]
    for one, two in zip(*slopes, strict=True):
        np.testing.assert_array_equal(one, two)


def test_weights_that_are_changed_where_they_lie_are_others():
    engine = engine_of()
    latents, weights, _ = inputs_of(engine, batch=20)
    with patch.object(Passes, "pay", lambda *_: True):
        engine.push(latents, weights, batch=20, keep=False)
        weights += 0.1
        found, _ = engine.push(latents, weights, batch=20, keep=False)
        expected, _ = engine_of().push(latents, weights, batch=20, keep=False)
    np.testing.assert_array_equal(found, expected)


def test_it_is_used_for_many_rows_of_small_deep_circuits_alone():
    deep, wide = engine_of(n_wires=3, layers=20)._passes, engine_of(n_wires=7, layers=3)._passes
    assert deep.pay(1024)
    assert not deep.pay(8)
    assert not wide.pay(100_000)


@pytest.mark.parametrize("name", ["style", "data-reuploading"])
def test_circuits_whose_latents_come_again_have_none(name):
    engine = engine_of(name, layers=20)
    assert not engine._passes.pay(10**6)


def test_two_wires_are_too_few():
    assert not engine_of(n_wires=2, layers=20)._passes.pay(10**6)


@pytest.mark.parametrize("blocks", [1, 16, 17, 1000, 10**6])
def test_shares_are_few_and_never_empty(blocks):
    assert 1 <= shares(blocks) <= min(blocks, 64)
