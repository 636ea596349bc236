"""What the figure of the statistics draws has the truth that it says."""

import numpy as np
import pytest

from benchmarks import compare_statistics as figure
from qgan.compare.flips import SignFlips


@pytest.mark.parametrize("kind", figure.DIFFERENCES)
def test_differences_have_mean_0_and_spread_1(kind: str) -> None:
    draws = figure.DIFFERENCES[kind](np.random.Generator(np.random.Philox(1)), (200_000,))
    assert draws.mean() == pytest.approx(0, abs=0.01)
    assert draws.std() == pytest.approx(1, abs=0.01)


def test_a_page_without_differences_hangs_together_as_it_says() -> None:
    page = figure.null_page(np.random.Generator(np.random.Philox(2)), 20_000)
    assert page.shape == (figure.METRICS * figure.OPPONENTS, 20_000)
    correlations = np.corrcoef(page).reshape(figure.OPPONENTS, figure.METRICS, figure.OPPONENTS, figure.METRICS)
    assert np.abs(page.mean(axis=1)).max() < 0.05
    assert correlations[0, 0, 0, 1] == pytest.approx(0.5, abs=0.03), "two metrics of one opponent"
    assert correlations[0, 0, 1, 0] == pytest.approx(0.5, abs=0.03), "one metric of two opponents"
    assert correlations[0, 0, 1, 1] == pytest.approx(0.25, abs=0.03), "neither in common"


def test_a_page_of_which_the_rule_says_something_else_is_noticed() -> None:
    pages = np.random.Generator(np.random.Philox(3)).normal(0, 1, (1, 2, 10))
    p_values = np.array([[float(test) for test in SignFlips(pages[0]).p_value()]])
    claims = np.array([False])
    figure.agree_with_the_rule(pages, p_values, claims)
    with pytest.raises(AssertionError, match="rule"):
        figure.agree_with_the_rule(pages, p_values, ~claims)
    with pytest.raises(AssertionError, match="rule"):
        figure.agree_with_the_rule(pages, p_values / 2, claims)
