"""Initial weights: where they lie, and that they can be had again."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.initial import Initial, normal, uniform

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
