"""Passes that are done coset by coset, which small states never are, give what they give on the whole state."""

import math
from typing import Any

import numpy as np
import pytest

from benchmarks.random_circuits import random_gates
from qgan.backends.batched import groups
from qgan.backends.batched.engine import Engine
from qgan.backends.batched.groups import RUN, Span
from qgan.backends.batched.lowering import lower
from qgan.backends.batched.plan import GROUP, Product, Sum, compiled


def plan_of(n_wires, seed):
    gates = random_gates(np.random.default_rng(seed), n_wires, 60, None)
    count = sum(gate.num_params for gate in gates)
    sums = [Sum(0.0, (Product(1.0, (index // 2 if index % 2 else -1 - index // 2,)),)) for index in range(count)]
    return compiled(lower(gates, n_wires), sums), count // 2 + 1


def run(plan, size, words, angles) -> Any:
    engine = Engine(plan, dtype=np.float64, words=words)
    rng = np.random.default_rng(1)
    latents, weights = angles(rng, (9, size)), angles(rng, (1, size))
    out, held = engine.push(latents, weights, batch=9, keep=True)
    assert held is not None
    return out, *engine.pull(held, rng.normal(size=out.shape), by_latent=True, by_weights=True)


def anywhere(rng, shape):
    return rng.normal(size=shape)


def half_turns(rng, shape):
    # Half of the cosines are 0 up to rounding, and can not be left out.
    return math.pi * rng.integers(0, 2, shape)


@pytest.mark.parametrize("angles", [anywhere, half_turns])
@pytest.mark.parametrize("words", [None, [{0: "Z"}, {1: "X", 2: "Y"}, {0: "Z"}, {}]], ids=["probabilities", "words"])
@pytest.mark.parametrize("n_wires", [4, 6, 9])
def test_cosets_give_what_the_whole_state_gives(n_wires, words, angles, monkeypatch):
    for seed in range(3):
        whole, size = plan_of(n_wires, seed)
        with monkeypatch.context() as patched:
            patched.setattr(groups, "LARGE", 2)
            patched.setattr(groups, "SPAN", RUN + 2)
            parts, _ = plan_of(n_wires, seed)
        kinds = {int(parts.code[at]) for at in parts.code[-parts.n_passes :]}
        assert GROUP in kinds
        for one, other in zip(run(whole, size, words, angles), run(parts, size, words, angles), strict=True):
            np.testing.assert_allclose(other, one, atol=1e-12)


def test_a_span_has_coordinates_and_cosets_for_every_place():
    span = Span([0b1011000, 0b0110000])
    masks = [0, *(1 << bit for bit in range(RUN)), 0b1011000, 0b1101000]
    assert len({span.coordinates(mask) for mask in masks}) == len(masks)
    assert span.coordinates(0b1011000) ^ span.coordinates(0b0110000) == span.coordinates(0b1101000)
    assert len(span) + len(span.cosets(7)) == 7
