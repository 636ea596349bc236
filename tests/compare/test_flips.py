"""The sign-flip test against SciPy's, and its interval against the test."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from qgan._typing import Array
from qgan.compare.flips import MOST_FLIPS, SignFlips, flips_of
from qgan.errors import DataError

# Eighths add up without rounding, so that ties are ties whoever counts them.
eighths = st.integers(-40, 40).map(lambda number: number / 8)
alphas = st.sampled_from([0.01, 0.05, 0.1, 0.5])


def differences(fewest: int = 1, most: int = 10) -> st.SearchStrategy[Array]:
    return st.lists(eighths, min_size=fewest, max_size=most).map(np.array)


def scipys(values: Array, alternative: str) -> float:
    def mean(one: Array, other: Array, axis: int) -> Array:
        return np.mean(one - other, axis=axis)

    samples: Any = (values, np.zeros_like(values))
    every: Any = np.inf
    result = stats.permutation_test(
        samples, mean, permutation_type="samples", n_resamples=every, vectorized=True, alternative=alternative
    )
    return float(result.pvalue)


@given(differences(fewest=2))
def test_p_is_scipys(values: Array) -> None:
    flips = SignFlips(values)
    assert flips.p_less() == pytest.approx(scipys(values, "less"))
    assert flips.p_greater() == pytest.approx(scipys(values, "greater"))
    assert flips.p_value() == pytest.approx(scipys(values, "two-sided"))


@given(differences(fewest=2, most=8), eighths)
def test_the_test_of_another_mean_is_that_of_shifted_differences(values: Array, at: float) -> None:
    here, shifted = SignFlips(values), SignFlips(values - at)
    assert here.p_less(at) == shifted.p_less()
    assert here.p_greater(at) == shifted.p_greater()


@given(differences(), eighths, alphas)
def test_the_interval_holds_what_the_test_does_not_reject(values: Array, at: float, alpha: float) -> None:
    flips = SignFlips(values)
    low, high = flips.interval(alpha)
    assert (low <= at <= high) == (flips.p_value(at) > alpha)


@given(differences(), alphas)
def test_the_ends_of_the_interval_are_the_last_that_are_not_rejected(values: Array, alpha: float) -> None:
    flips, step = SignFlips(values), 1e-6
    for end, outwards in zip(flips.interval(alpha), (-step, step), strict=True):
        if np.isfinite(end):
            assert flips.p_value(float(end)) > alpha >= flips.p_value(float(end) + outwards)


@pytest.mark.parametrize("n", [1, 2, 4, 5, 6, 10, 16])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_it_has_no_ends_where_no_data_can_be_rejected(n: int, alpha: float) -> None:
    assert flips_of(n).exact
    assert flips_of(n).smallest_p == 2 / 2**n
    alike = SignFlips(np.arange(1.0, n + 1))
    assert alike.p_value() == flips_of(n).smallest_p
    low, high = alike.interval(alpha)
    assert (np.isinf(low) and np.isinf(high)) == (2 / 2**n > alpha)


@given(differences(), st.randoms())
def test_neither_the_order_of_seeds_nor_the_side_changes_a_bit(values: Array, random: Any) -> None:
    values = values * 0.1
    shuffled = list(values)
    random.shuffle(shuffled)
    here, there, mirrored = SignFlips(values), SignFlips(np.array(shuffled)), SignFlips(-values)
    assert here.interval(0.1) == there.interval(0.1)
    assert here.p_less() == there.p_less()
    assert here.p_less() == mirrored.p_greater()
    low, high = here.interval(0.1)
    assert mirrored.interval(0.1) == pytest.approx((-high, -low), abs=1e-15)


@given(differences(), st.floats(1e-6, 1e6), alphas)
def test_units_do_not_matter(values: Array, scale: float, alpha: float) -> None:
    here, scaled = SignFlips(values), SignFlips(values * scale)
    assert scaled.p_value() == here.p_value()
    assert scaled.interval(alpha) == pytest.approx(tuple(scale * end for end in here.interval(alpha)))


@given(differences(), alphas)
def test_rounding_makes_no_ties_and_breaks_none(values: Array, alpha: float) -> None:
    """Scores such as 0.1 + 0.2 and 0.3, whose difference is not quite 0."""
    decimal = SignFlips((values + 0.7) / 10 - 0.7 / 10)
    assert decimal.p_value() == SignFlips(values).p_value()
    low, high = decimal.interval(alpha)
    assert (low <= 0 <= high) == (decimal.p_value() > alpha)


def test_many_rows_at_once_are_each_of_them() -> None:
    rows = np.random.Generator(np.random.Philox(1)).normal(0.3, 1, (3, 4, 8))
    together = SignFlips(rows)
    for place in np.ndindex(3, 4):
        alone = SignFlips(rows[place])
        assert together.p_value(0.1)[place] == alone.p_value(0.1)
        assert [float(end[place]) for end in together.interval(0.1)] == pytest.approx(
            list(map(float, alone.interval(0.1)))
        )


@settings(max_examples=10)
@given(st.integers(17, 40), st.integers(0, 1000), st.floats(-1, 1))
def test_of_many_pairs_random_flips_are_near_all_of_them(n: int, seed: int, shift: float) -> None:
    values = np.random.Generator(np.random.Philox(seed)).normal(shift, 1, n)
    flips = SignFlips(values)
    assert not flips.flips.exact
    assert flips.p_value() == SignFlips(values).p_value(), "random flips are the same every time"
    low, high = flips.interval(0.05)
    assert low < values.mean() < high
    assert (low <= 0 <= high) == (flips.p_value() > 0.05)
    # Student's is what the test comes to with many normal differences.
    student = 2 * float(stats.t.sf(abs(values.mean()) / values.std(ddof=1) * np.sqrt(n), n - 1))
    assert flips.p_value() == pytest.approx(student, abs=0.02 + 0.15 * student)


@pytest.mark.parametrize("n", [17, 24, 40])
def test_with_every_random_flip_comes_its_opposite_and_the_one_that_changes_nothing(n: int) -> None:
    flips = flips_of(n)
    assert flips.count == MOST_FLIPS
    assert flips.always >= 1
    words = flips.members @ 2.0 ** np.arange(n)
    everything = 2.0**n - 1
    assert np.count_nonzero(words == everything) == flips.always
    proper = words[words != everything]
    np.testing.assert_array_equal(np.sort(proper), np.sort(everything - proper))
    assert SignFlips(np.arange(1.0, n + 1)).p_value() == flips.smallest_p


def test_random_flips_agree_with_all_flips_where_all_can_be_counted() -> None:
    """2^17 and 2^18 flips are few enough to be counted by doubling the sums pair by pair."""
    for n in (17, 18):
        values = np.random.Generator(np.random.Philox(n)).normal(0.45, 1, n)
        sums = np.zeros(1)
        for value in values:
            sums = np.concatenate([sums, sums + value])
        exact = np.mean(sums <= 0)
        error = np.sqrt(exact / flips_of(n).count)
        assert SignFlips(values).p_greater() == pytest.approx(exact, abs=5 * error)


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf], 3.0])
def test_what_is_no_row_of_numbers_is_refused(values: Any) -> None:
    with pytest.raises(DataError, match="finite numbers"):
        SignFlips(values)
