"""What could have been detected is detected as often as it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq

from qgan.compare.flips import SignFlips, flips_of
from qgan.compare.multiple import holm
from qgan.compare.power import detectable, detectable_spreads, fewest_seeds
from qgan.errors import ConfigError

ALPHA = 0.05


@pytest.mark.parametrize(
    ("n", "simulations"),
    [(6, 20_000), (7, 20_000), (8, 20_000), (10, 8000), pytest.param(20, 400, marks=pytest.mark.slow)],
)
def test_it_is_found_four_times_in_five(n: int, simulations: int) -> None:
    shift = detectable_spreads(n, ALPHA)
    assert shift is not None
    draws = np.random.Generator(np.random.Philox(n)).normal(shift, 1, (simulations, n))
    found = np.mean([SignFlips(part).p_value() <= ALPHA for part in np.split(draws, 20)])
    # Four errors of this simulation, and 1 % for that of the shift itself.
    assert found == pytest.approx(0.8, abs=4 * np.sqrt(0.16 / simulations) + 0.01)


def test_of_six_seeds_all_have_to_have_one_sign() -> None:
    assert detectable_spreads(6, ALPHA) == pytest.approx(float(stats.norm.ppf(0.8 ** (1 / 6))), rel=0.015)


@pytest.mark.parametrize(("n", "alpha"), [(10, 0.05), (12, 0.05), (12, 0.1), (14, 0.01)])
def test_of_more_it_is_nearly_that_of_students_test(n: int, alpha: float) -> None:
    flips = flips_of(n)
    reached = 2 * flips.rank(alpha) / flips.count
    critical = stats.t.ppf(1 - reached / 2, n - 1)
    root = brentq(lambda shift: float(stats.nct.sf(critical, n - 1, shift * np.sqrt(n))) - 0.8, 0.1, 5)
    assert detectable_spreads(n, alpha) == pytest.approx(root, rel=0.05)


@given(st.integers(1, 5), st.floats(0, 10))
def test_nothing_could_have_been_found_where_nothing_can_be_rejected(n: int, spread: float) -> None:
    assert detectable(spread, n, ALPHA) is None


@given(st.floats(0, 1e6), st.sampled_from([6, 8, 10]))
def test_it_grows_with_the_spread_and_falls_with_the_level(spread: float, n: int) -> None:
    strict, lax = detectable(spread, n, 0.04), detectable(spread, n, 0.2)
    assert strict is not None
    assert lax is not None
    assert 0 <= lax <= strict
    assert strict == pytest.approx(spread * (detectable_spreads(n, 0.04) or 0))


def test_more_seeds_find_smaller_differences() -> None:
    shifts = [detectable_spreads(n, ALPHA) or np.inf for n in range(5, 13)]
    assert shifts == sorted(shifts, reverse=True)


@given(st.integers(1, 1638), st.sampled_from([0.01, 0.05, 0.1]))
def test_with_the_fewest_seeds_holm_can_reject_one_and_with_one_less_none(tests: int, alpha: float) -> None:
    fewest = fewest_seeds(tests, alpha)
    if fewest is None:
        assert tests * flips_of(16).smallest_p > alpha
        return
    others = [1.0] * (tests - 1)
    assert holm([2 / 2**fewest, *others], alpha).adjusted[0] <= alpha
    assert holm([2 / 2 ** (fewest - 1), *others], alpha).adjusted[0] > alpha


def test_what_the_documentation_says_of_six_ten_and_eleven_seeds() -> None:
    assert [fewest_seeds(tests, ALPHA) for tests in (1, 25, 26, 1638, 1639)] == [6, 10, 11, 16, None]


def test_a_level_without_meaning_is_refused() -> None:
    with pytest.raises(ConfigError, match="level"):
        detectable(1.0, 10, 0.5)
