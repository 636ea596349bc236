from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from qgan.data.arrays import from_array
from qgan.errors import DataError
from qgan.metrics import Reference
from qgan.metrics.marginals import ks, wasserstein_1
from qgan.samples import Part


def cloud(seed: int, n: int = 30, features: int = 3, shift: float = 0.0) -> Part:
    return Part(np.random.default_rng(seed).normal(shift, 1, (n, features)))


def against(real: Part) -> Reference:
    return Reference(from_array(np.resize(real.values, (20, *real.values.shape[1:])), seed=0), real)


def test_the_wasserstein_distance_is_scipys_in_real_standard_deviations() -> None:
    real, fake = Part(cloud(0).values * [1, 10, 0.1]), cloud(1, shift=1)
    pairs = zip(real.values.T, fake.values.T, strict=True)
    expected = np.mean([stats.wasserstein_distance(a, b) / a.std() for a, b in pairs])
    assert wasserstein_1(against(real), fake) == pytest.approx(expected, rel=1e-12)


def test_the_wasserstein_distance_has_no_unit() -> None:
    real, fake, scale = cloud(0), cloud(1, shift=1), np.array([1e-3, 1.0, 1e6])
    value = wasserstein_1(against(real), fake)
    assert wasserstein_1(against(Part(real.values * scale)), Part(fake.values * scale)) == pytest.approx(
        value, rel=1e-9
    )


def test_a_constant_feature_is_measured_in_the_spread_of_the_others() -> None:
    real = np.column_stack([np.tile([-3.0, 3.0], 10), np.full(20, 0.1)])
    moved = real + np.array([0, 1.5])
    assert wasserstein_1(against(Part(real)), Part(real.copy())) == 0
    assert wasserstein_1(against(Part(real)), Part(moved)) == pytest.approx((0 + 1.5 / 3) / 2)
    constant = Part(np.full((20, 2), 0.1))
    assert wasserstein_1(against(constant), Part(constant.values + 2)) == pytest.approx(2)


def test_the_wasserstein_distance_needs_equal_sizes() -> None:
    with pytest.raises(DataError, match="30 real and 29 generated"):
        wasserstein_1(against(cloud(0)), cloud(1, n=29))


@pytest.mark.parametrize("n", [30, 17])
def test_ks_is_scipys_of_the_worst_feature(n: int) -> None:
    real, fake = cloud(0), Part(cloud(1, n=n).values + np.array([0, 0.3, 0]))
    both = zip(real.values.T, fake.values.T, strict=True)
    expected = max(stats.ks_2samp(a, b).statistic for a, b in both)  # pyright: ignore[reportAttributeAccessIssue]
    assert ks(against(real), fake) == pytest.approx(expected, rel=1e-12)


def test_ks_counts_ties_as_one_step() -> None:
    real, fake = (Part(np.array(rows, dtype=float)[:, None]) for rows in ([0] * 6 + [1] * 4, [0] * 3 + [1] * 7))
    assert ks(against(real), fake) == pytest.approx(0.3)
    assert ks(against(real), Part(real.values[::-1].copy())) == 0


def test_single_precision_is_no_difference() -> None:
    real = cloud(0)
    rounded = Part(real.values.astype(np.float32).astype(float))
    assert ks(against(real), rounded) == 0
    constant = Part(np.full((20, 1), 0.1))
    assert ks(against(constant), Part(np.full((20, 1), np.float64(np.float32(0.1))))) == 0


def test_on_a_grid_levels_are_compared() -> None:
    real = Part(np.repeat([[0.0], [1 / 3], [1.0]], 10, axis=0))
    reference = Reference(replace(against(real).data, levels=(np.array([0, 1 / 3, 1.0]),)), real)
    assert ks(reference, Part(real.values + 0.05)) == 0
    assert ks(against(real), Part(real.values + 0.05)) == pytest.approx(1 / 3)
