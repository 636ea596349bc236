"""Who does what of a call: all of it once and in order, and the same bits whoever does it."""

from itertools import pairwise
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from circuits import CIRCUITS
from qgan.backends.batched.engine import Engine
from qgan.backends.batched.executor import compiled_of
from qgan.backends.batched.groups import SHARES
from qgan.backends.batched.sharing import shared_out

WORDS = [{0: "Z"}, {1: "X", 2: "Y"}]
BY_COSET = (False, True, True, False, True)


def called(threads, *, blocks=1, by_coset=BY_COSET, backwards=False, pieces=None):
    calls: list[Any] = []

    def do(first, last, steps):
        calls.append((first, last, *steps))
        return first != 99

    found = shared_out(do, range(blocks + 1), by_coset, threads=threads, pieces=pieces or threads, backwards=backwards)
    assert found == [True] * len(calls)
    return calls


def test_one_thread_does_everything_at_once():
    assert called(1, blocks=5) == [(0, 5, 0, 7, 0, SHARES)]


def test_blocks_are_done_by_threads_where_there_are_enough():
    assert sorted(called(2, blocks=5)) == [(0, 2, 0, 7, 0, SHARES), (2, 5, 0, 7, 0, SHARES)]


@pytest.mark.parametrize(("pieces", "expected"), [(3, [0, 4, 8, 12]), (5, [0, 2, 4, 7, 9, 12]), (99, [*range(13)])])
def test_threads_take_as_many_pieces_as_they_may_and_there_are_blocks(pieces, expected):
    calls = sorted(called(2, blocks=12, pieces=pieces))
    assert [call[:2] for call in calls] == list(pairwise(expected))


def test_more_threads_than_blocks_are_of_no_use_without_cosets():
    assert sorted(called(8, blocks=2, by_coset=(False,) * 5)) == [(0, 1, 0, 7, 0, SHARES), (1, 2, 0, 7, 0, SHARES)]


@pytest.mark.parametrize("threads", [2, 3, 5, 16, 40])
@pytest.mark.parametrize("backwards", [False, True])
def test_steps_follow_each_other_and_their_shares_are_all_done_once(threads, backwards):
    calls = called(threads, backwards=backwards)
    stretches = list(dict.fromkeys(call[2:4] for call in calls))
    expected = [(0, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)]
    assert stretches == (expected[::-1] if backwards else expected)
    for first, end in expected:
        shares = sorted(call[4:] for call in calls if call[2:4] == (first, end))
        assert [0, *(last for _, last in shares)] == [*(begin for begin, _ in shares), SHARES]
        assert len(shares) == (min(threads, SHARES) if (False, *BY_COSET, False)[first] else 1)


def test_the_blocks_of_a_call_in_steps_come_one_after_the_other():
    assert [call[:2] for call in called(3, blocks=2)] == [*[(0, 1)] * 12, *[(1, 2)] * 12]


@pytest.mark.parametrize("name", ["hardware-efficient", "strongly-entangling", "style"])
@pytest.mark.parametrize("words", [None, WORDS], ids=["probabilities", "words"])
def test_the_bits_are_the_same_whatever_the_number_of_threads(name, words):
    plan = compiled_of(CIRCUITS[name](n_wires=16, layers=2), dtype=np.float32)
    assert any(plan.by_coset)
    results, factors = [], {factor for each in plan.sums for product in each.products for factor in product.factors}
    for threads in (1, 2, 3, 16):
        rng = np.random.default_rng(1)
        latents, weights = rng.normal(size=(11, 1 + max(factors))), rng.normal(size=(1, -min(factors)))
        engine = Engine(plan, dtype=np.float32, words=words, threads=lambda threads=threads: threads)
        with patch("qgan.backends.batched.engine.WORTH_A_THREAD", 1000):
            out, held = engine.push(latents, weights, batch=11, keep=True)
            assert held is not None
            alone, _ = engine.push(latents, weights, batch=11, keep=False)
            np.testing.assert_array_equal(alone, out)
            slopes = engine.pull(held, rng.normal(size=out.shape), by_latent=True, by_weights=True)
            results.append((out, *slopes))
    for result in results[1:]:
        for one, other in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(one, other)
