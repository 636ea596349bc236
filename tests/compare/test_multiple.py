"""Holm's correction against its definition, and against Bonferroni's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan._typing import Array
from qgan.compare.multiple import holm

probabilities = st.one_of(st.floats(0, 1), st.sampled_from([0.001, 0.01, 0.05, 0.5]))
families = st.lists(probabilities, max_size=12).map(lambda numbers: np.array(numbers, dtype=float))


def rejected_step_by_step(p_values: Array, alpha: float) -> set[int]:
    """As Holm writes it: the smallest against alpha / m, the next against alpha / (m - 1), until one holds."""
    rejected: set[int] = set()
    for place in np.argsort(p_values, kind="stable"):
        if p_values[place] * (len(p_values) - len(rejected)) > alpha:
            break
        rejected.add(int(place))
    return rejected


@given(families, st.sampled_from([0.01, 0.05, 0.2]))
def test_it_is_holms(p_values: Array, alpha: float) -> None:
    found = holm(p_values, alpha)
    assert set(np.flatnonzero(found.adjusted <= alpha).tolist()) == rejected_step_by_step(p_values, alpha)


@given(families)
def test_it_is_monotone_between_the_raw_p_and_bonferronis(p_values: Array) -> None:
    adjusted = holm(p_values).adjusted
    assert (adjusted >= p_values).all()
    assert (adjusted <= np.minimum(len(p_values) * p_values, 1)).all()
    order = np.argsort(p_values)
    assert (np.diff(adjusted[order]) >= 0).all()


@given(families, st.randoms())
def test_the_order_of_the_tests_does_not_matter(p_values: Array, random: Any) -> None:
    order = list(range(len(p_values)))
    random.shuffle(order)
    np.testing.assert_array_equal(holm(p_values[order]).adjusted, holm(p_values).adjusted[order])


@given(families, st.sampled_from([0.01, 0.05, 0.2]))
def test_each_is_rejected_just_where_its_own_level_says_so(p_values: Array, alpha: float) -> None:
    found = holm(p_values, alpha)
    away = np.abs(p_values - found.alphas) > 1e-12
    np.testing.assert_array_equal((p_values <= found.alphas)[away], (found.adjusted <= alpha)[away])
    assert ((alpha / max(len(p_values), 1) <= found.alphas) & (found.alphas <= alpha)).all()


def test_the_example_of_the_textbook() -> None:
    found = holm([0.01, 0.04, 0.03, 0.005])
    assert found.adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert found.alphas == pytest.approx([0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 4])


def test_families_side_by_side_do_not_know_each_other() -> None:
    p_values = np.random.Generator(np.random.Philox(2)).uniform(0, 0.1, (3, 2, 5))
    together = holm(p_values)
    for place in np.ndindex(3, 2):
        np.testing.assert_array_equal(together.adjusted[place], holm(p_values[place]).adjusted)
        np.testing.assert_array_equal(together.alphas[place], holm(p_values[place]).alphas)


def test_one_test_needs_no_correction_and_none_is_none() -> None:
    assert holm([0.03]).adjusted.tolist() == [0.03]
    assert holm([0.03]).alphas.tolist() == [0.05]
    assert holm([]).adjusted.tolist() == []
