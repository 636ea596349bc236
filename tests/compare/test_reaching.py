"""Times to a skill that some never reach."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare.reaching import faster, reached
from qgan.errors import DataError

END = 100.0
seeds = st.lists(st.one_of(st.integers(1, 90).map(float), st.just(np.nan)), min_size=1, max_size=12)


@given(seeds)
def test_with_equal_ends_the_share_is_how_many_got_there(times: list[float]) -> None:
    found = reached(times, [END] * len(times))
    known = np.array(times)
    for time, share in zip(found.times, found.shares, strict=True):
        assert share == pytest.approx(np.count_nonzero(known <= time) / len(times))
    assert found.n == len(times)
    assert found.count == np.count_nonzero(known <= END)
    if found.count * 2 < found.n:
        assert found.median is None
    else:
        assert found.median == np.sort(known)[-(-found.n // 2) - 1]
    assert json.loads(json.dumps(asdict(found), allow_nan=False))["count"] == found.count


def test_a_run_that_ended_early_counts_for_as_long_as_it_lasted() -> None:
    """Kaplan and Meier: of 4 one gets there at 10; one is gone at 15; of 2 left one gets there at 20."""
    found = reached([10, np.nan, 20, np.nan], [END, 15, END, END])
    assert dict(zip(found.times, found.shares, strict=True)) == pytest.approx(
        {10: 0.25, 15: 0.25, 20: 0.625, END: 0.625}
    )
    assert found.median == 20


@given(seeds, seeds)
def test_who_is_faster_is_scipys_log_rank_and_the_same_from_both_sides(one: list[float], other: list[float]) -> None:
    ends, other_ends = [END] * len(one), [END] * len(other)
    p = faster(one, ends, other, other_ends)
    back = faster(other, other_ends, one, ends)
    assert (p is None) == (back is None)
    if p is not None:
        assert p == pytest.approx(back)
        assert 0 <= p <= 1
    if np.isnan(one).all() and np.isnan(other).all():
        assert p is None


def test_the_example_of_scipys_manual() -> None:
    x_times, x_right = [6, 13, 21, 30, 37, 38, 49, 50, 63, 79, 86, 98, 202, 219], [31, 47, 80, 82, 82, 149]
    y_times = [10, 10, 12, 13, 14, 15, 16, 17, 18, 20, 24, 24, 25, 28, 30, 33, 35, 37, 40, 40, 46, 48, 76, 81, 82]
    y_times, y_right = [*y_times, 91, 112, 181], [34, 40, 70]
    p = faster(
        [*x_times, *[np.nan] * 6], [*[300] * 14, *x_right], [*y_times, *[np.nan] * 3], [*[300] * len(y_times), *y_right]
    )
    assert p == pytest.approx(0.00618, abs=1e-5)


def test_half_of_them_got_there_though_the_shares_are_rounded() -> None:
    found = reached([1, 1, 2, 2, 3, *[np.nan] * 5], [END] * 10)
    assert (found.median, found.shares[-1]) == (3, 0.5)


def test_nobody_got_there() -> None:
    found = reached([np.nan] * 3, [END] * 3)
    assert (set(found.shares), found.count, found.median) == ({0.0}, 0, None)


def test_one_of_two_models_never_gets_there() -> None:
    p = faster([5, 6, 7, 8, 9], [END] * 5, [np.nan] * 5, [END] * 5)
    assert p is not None
    assert p < 0.01
    same = faster([5, 6, 7], [END] * 3, [5, 6, 7], [END] * 3)
    assert same == pytest.approx(1.0)


def test_mistakes_are_named() -> None:
    with pytest.raises(DataError, match="one time and one end"):
        reached([1.0, 2.0], [END])
    with pytest.raises(DataError, match="one time and one end"):
        reached([], [])
    for times, ends in (([200.0], [END]), ([np.nan], [np.nan])):
        with pytest.raises(DataError, match="has to end"):
            reached(times, ends)
