"""Paired differences and margins: what is reported of the tests, and that it hangs together."""

import json
import statistics
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan._typing import Array
from qgan.compare.paired import Interval, equivalence, paired
from qgan.errors import ConfigError, DataError

tenths = st.integers(-40, 40).map(lambda number: number / 10)
rows = st.lists(tenths, min_size=1, max_size=10).map(np.array)
alphas = st.sampled_from([0.01, 0.05, 0.1, 0.2])
margins = st.integers(1, 40).map(lambda number: number / 10 + 0.05)


@given(rows, alphas)
def test_the_interval_holds_the_mean_and_zero_just_where_the_test_does(values: Array, alpha: float) -> None:
    test = paired(values, alpha=alpha)
    assert test.mean == pytest.approx(values.mean(), abs=1e-12)
    assert test.interval.holds(test.mean)
    assert test.spread == (pytest.approx(statistics.stdev(values), abs=1e-12) if len(values) > 1 else None)
    assert test.interval.holds(0.0) == (test.p > alpha)
    assert test.interval.level == pytest.approx(1 - alpha)
    assert (test.interval.low is None) == (test.smallest_p > alpha)
    assert test.p == pytest.approx(min(2 * min(test.p_less, test.p_greater), 1))


@given(rows, alphas)
def test_the_other_way_round_is_the_other_way_round(values: Array, alpha: float) -> None:
    here, there = paired(values, alpha=alpha), paired(-values[::-1], alpha=alpha)
    assert (there.mean, there.p, there.p_less, there.p_greater) == (-here.mean, here.p, here.p_greater, here.p_less)
    assert there.detectable == pytest.approx(here.detectable)
    if here.interval.low is not None and here.interval.high is not None:
        assert (there.interval.low, there.interval.high) == pytest.approx((-here.interval.high, -here.interval.low))


@given(st.floats(-1, 1), st.integers(1, 10))
def test_constant_differences_are_their_own_interval(value: float, n: int) -> None:
    test = paired([value] * n)
    assert test.interval.holds(value)
    assert test.interval.holds(test.mean)
    if n > 5:
        assert test.interval.low == pytest.approx(value)
        assert test.interval.high == pytest.approx(value)
        assert test.interval.holds(0.0) == (abs(value) == 0)


def test_five_seeds_exclude_nothing_at_five_percent_and_say_so() -> None:
    test = paired([1.0, 1.1, 1.2, 1.3, 1.4])
    assert (test.interval.low, test.interval.high, test.detectable) == (None, None, None)
    assert test.p == test.smallest_p == 0.0625
    assert test.interval.holds(1e300)
    sixth = paired([1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    assert sixth.interval.low == 1.0
    assert sixth.interval.high == 1.5
    assert sixth.detectable is not None


@given(rows, margins, alphas)
def test_a_mean_is_within_the_margin_just_where_the_wider_interval_is(
    values: Array, margin: float, alpha: float
) -> None:
    test = equivalence(values, margin, alpha=alpha)
    low, high = test.interval.low, test.interval.high
    assert test.interval.level == pytest.approx(1 - 2 * alpha)
    assert test.p == max(test.p_above, test.p_below)
    near = 1e-9
    inside = low is not None and high is not None and -margin < low and high < margin
    at_an_end = low is not None and high is not None and min(abs(low + margin), abs(high - margin)) < near
    assert at_an_end or inside == (test.p <= alpha)


@given(rows, margins, margins)
def test_a_wider_margin_is_easier(values: Array, margin: float, more: float) -> None:
    assert equivalence(values, margin + more).p <= equivalence(values, margin).p
    assert equivalence(-values, margin).p == equivalence(values, margin).p


def test_a_difference_may_be_real_and_too_small_to_matter() -> None:
    values = 0.1 + 0.01 * np.arange(10)
    assert paired(values).p < 0.01
    assert equivalence(values, 0.5).p < 0.01
    assert equivalence(values, 0.145).p > 0.4
    assert equivalence(values, 0.05).p == 1.0


@settings(max_examples=20)
@given(rows)
def test_json_takes_it(values: Array) -> None:
    for found in (paired(values), equivalence(values, 1.0)):
        assert json.loads(json.dumps(asdict(found), allow_nan=False)) == asdict(found)


@pytest.mark.parametrize(
    ("low", "high", "held"), [(0.0, 1.0, True), (None, None, True), (0.1, 1.0, False), (-1.0, -0.1, False)]
)
def test_ends_belong_to_an_interval(low: float | None, high: float | None, held: bool) -> None:
    assert Interval(low, high, 0.95).holds(0.0) is held


def test_mistakes_are_named() -> None:
    for alpha in (0.0, -0.1, 0.5, float("nan")):
        with pytest.raises(ConfigError, match="level"):
            paired([1.0, 2.0], alpha=alpha)
    for margin in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ConfigError, match="margin"):
            equivalence([1.0, 2.0], margin)
    with pytest.raises(DataError, match="for each seed"):
        paired([[1.0, 2.0]])
    with pytest.raises(DataError, match="trivial score"):
        paired([1.0, float("nan")])
    with pytest.raises(DataError):
        paired([])
