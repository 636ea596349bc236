"""The bound that products of bits cannot pass."""

import numpy as np
import pytest

from benchmarks.compare_entanglement import distance, product_bound

# Of the truncated mixture of two normal distributions on 0 to 7 that Zoufal et al. call bimodal.
LEVELS = np.arange(8)


def mixture() -> np.ndarray:
    found = np.exp(-2 * (LEVELS - 0.5) ** 2) + np.exp(-2 * (LEVELS - 3.5) ** 2)
    return found / found.sum()


def test_a_product_is_reached() -> None:
    ones = np.array([0.2, 0.7, 0.4])
    bits = (LEVELS[:, None] >> np.arange(3)[::-1]) & 1
    target = np.prod(np.where(bits, ones, 1 - ones), axis=1)
    assert product_bound(target, starts=20) == pytest.approx(0, abs=1e-6)


def test_what_is_no_product_is_not_reached_and_the_bound_is_that_of_a_grid() -> None:
    target = mixture()
    found = product_bound(target, starts=40)
    bits = (LEVELS[:, None] >> np.arange(3)[::-1]) & 1
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 41)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    products = np.prod(np.where(bits, grid, 1 - grid), axis=2)
    best = np.abs(np.cumsum(products - target, axis=1)).max(axis=1).min()
    assert best - 0.02 < found <= best
    assert found > 0.05


def test_the_distance_is_that_of_cumulative_shares() -> None:
    assert distance(np.array([1.0, 0, 0]), np.array([0, 0, 1.0])) == 1
    assert distance(np.array([0.5, 0.5]), np.array([0.25, 0.75])) == 0.25
