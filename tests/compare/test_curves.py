"""Middles and bands against SciPy's."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from qgan._typing import Array
from qgan.compare.curves import RESAMPLES, band, iqm, median
from qgan.compare.verdict import RULE
from qgan.errors import DataError
from qgan.seeding import Key, stream


def normal(seed: int, *shape: int) -> Array:
    return np.random.Generator(np.random.Philox(seed)).normal(0, 1, shape)


def test_a_quarter_on_each_side_does_not_count_in_the_interquartile_mean() -> None:
    assert iqm([100.0, 1.0, 2.0, 3.0, -100.0]) == 2.0
    assert iqm(np.arange(10.0)) == np.arange(2.0, 8.0).mean()
    assert median([3.0, 1.0, 2.0]) == 2.0


@pytest.mark.parametrize("statistic", [median, iqm])
def test_bands_are_scipys_where_they_are_bca(statistic: object) -> None:
    values = normal(1, 10)
    found = band(values, statistic=statistic, level=0.9, seed=3)  # type: ignore[arg-type]
    expected = stats.bootstrap(
        (values,),
        statistic,
        n_resamples=RESAMPLES,
        confidence_level=0.9,
        method="BCa",
        vectorized=True,
        rng=stream(Key(3, "bootstrap", 10)),
    ).confidence_interval
    assert found.methods == ("BCa",)
    assert (found.low[0], found.high[0]) == pytest.approx((float(expected.low), float(expected.high)))


def test_where_seeds_are_nearly_all_the_same_it_falls_back_and_says_so() -> None:
    curves = normal(2, 10, 4)
    curves[:, 1] = 0.5
    curves[:, 2] = [1.0] * 9 + [9.0]
    found = band(curves)
    assert found.methods == ("BCa", "percentile", "percentile", "BCa")
    assert (found.low[1], found.high[1]) == (0.5, 0.5)
    assert band(curves[:, 0]) == band(curves[:, :1]), "a curve of one step"
    assert json.loads(json.dumps(asdict(found), allow_nan=False))["n"] == 10


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(RULE.say_from, 12), st.sampled_from([median, iqm]), st.booleans())
def test_a_band_holds_its_statistic(seed: int, n: int, statistic: object, round_off: bool) -> None:
    curves = normal(seed, n, 3) ** 3
    found = band(np.round(curves) if round_off else curves, statistic=statistic)  # type: ignore[arg-type]
    for low, value, high in zip(found.low, found.values, found.high, strict=True):
        assert low is not None
        assert high is not None
        assert low <= value <= high


def test_the_same_seed_gives_the_same_band_and_others_do_not() -> None:
    values = normal(5, 10)
    assert band(values, statistic=iqm, seed=1) == band(values, statistic=iqm, seed=1)
    assert band(values, statistic=iqm, seed=1).low != band(values, statistic=iqm, seed=2).low


@pytest.mark.parametrize("n", range(1, RULE.say_from))
def test_so_few_seeds_that_nothing_is_said_of_them_have_no_band(n: int) -> None:
    found = band([[1.0, 2.0]] * n)
    assert (found.values, found.low, found.high, found.methods) == ((1, 2), (None, None), (None, None), ("none",) * 2)
    assert band([[1.0, 2.0]] * RULE.say_from).low == (1, 2)


def test_mistakes_are_named() -> None:
    with pytest.raises(DataError, match="trivial score"):
        band([1.0, np.nan])
    for wrong in ([[], []], []):
        with pytest.raises(DataError, match="have to be there"):
            band(wrong)
