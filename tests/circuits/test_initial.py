"""Initial weights: where they lie, and that they can be had again."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import INITIAL, hardware_efficient
from circuits.initial import Initial, in_pairs, normal, uniform

SHAPES = {"w": (6, 5), "scale": (3,)}
MAKERS: dict[str, Callable[[Mapping[str, tuple[int, ...]]], Initial]] = {
    "uniform": lambda shapes: uniform(shapes, low=-1.0, high=2.0),
    "normal": lambda shapes: normal(shapes, scale=0.1),
}


@pytest.mark.parametrize("name", MAKERS)
@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_seed_gives_the_same_weights_each_time_in_double_precision(name: str, seed: int) -> None:
    draw = MAKERS[name](SHAPES)
    first, again = (draw(np.random.default_rng(seed)) for _ in range(2))
    assert {key: values.shape for key, values in first.items()} == SHAPES
    assert all(values.dtype == np.float64 for values in first.values())
    assert all(np.array_equal(first[key], again[key]) for key in SHAPES)


@settings(deadline=None)
@given(low=st.floats(-10, 10), width=st.floats(1e-3, 10), seed=st.integers(0, 2**32))
def test_uniform_weights_lie_in_their_interval(low: float, width: float, seed: int) -> None:
    values = uniform({"w": (100,)}, low=low, high=low + width)(np.random.default_rng(seed))["w"]
    assert values.min() >= low
    assert values.max() <= low + width


def test_uniform_and_normal_weights_have_their_moments() -> None:
    # With 10,000 draws the mean of U(0, 1) is known to 0.003 and the deviation of a normal to 0.7 %; five of these are
    # allowed.
    rng = np.random.default_rng(3)
    assert uniform({"w": (10_000,)}, low=0.0, high=1.0)(rng)["w"].mean() == pytest.approx(0.5, abs=0.015)
    small = normal({"w": (10_000,)}, scale=0.2)(rng)["w"]
    assert small.std() == pytest.approx(0.2, rel=0.035)
    assert small.mean() == pytest.approx(0.0, abs=0.01)


@settings(deadline=None)
@given(layers=st.integers(1, 9), every=st.integers(1, 3), angles=st.sampled_from([1, 3]), seed=st.integers(0, 99))
def test_pairs_undo_each_other_and_what_has_no_partner_is_zero(layers: int, every: int, angles: int, seed: int) -> None:
    values = in_pairs(np.random.default_rng(seed), (layers, 2, 3), every=every, angles=angles)
    drawn = values[::every]
    paired = len(drawn) // 2 * 2
    one, other = drawn[:paired:2], drawn[1:paired:2]
    assert (one + (other if angles == 1 else other[..., ::-1]) == 0).all()
    assert (one != 0).all()
    assert not drawn[paired:].any()
    assert np.count_nonzero(values) == drawn[:paired].size


def test_a_way_to_begin_can_be_added() -> None:
    INITIAL["halves"] = lambda circuit: lambda _: {name: np.full(s, 0.5) for name, s in circuit.weight_shapes.items()}
    begun = hardware_efficient(n_wires=2, layers=1).with_initial("halves")
    del INITIAL["halves"]
    assert begun.initial_weights(np.random.default_rng(0))["w"].tolist() == [[0.5, 0.5]]
