from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from qgan.data.densities import COVARIANCE, GammaOptions, Gaussian3DOptions, gamma, gaussian_3d, within
from qgan.data.discrete import BimodalOptions, LognormalOptions, TriangularOptions, bimodal, lognormal, triangular
from qgan.data.mixtures import GaussianGridOptions, GaussianRingOptions, gaussian_grid, gaussian_ring
from qgan.errors import ConfigError
from qgan.samples import DataSet

N = 40_000
# Five standard errors of a share or of a mean of unit spread.
TOLERANCE = 5 / N**0.5


def whole(data: DataSet) -> np.ndarray:
    values = np.concatenate([part.values for part in (data.train, data.validation, data.test)])
    return data.scaling.undone(values)


@pytest.mark.parametrize(
    ("data", "cdf"),
    [
        (lognormal(LognormalOptions(size=N), 0), stats.lognorm(1, scale=np.e).cdf),
        (triangular(TriangularOptions(size=N), 0), stats.triang(2 / 7, scale=7).cdf),
        (
            bimodal(BimodalOptions(size=N), 0),
            lambda x: (stats.norm(0.5, 1).cdf(x) + stats.norm(3.5, 0.5).cdf(x)) / 2,
        ),
    ],
    ids=["lognormal", "triangular", "bimodal"],
)
def test_levels_are_as_frequent_as_the_distribution_says(
    data: DataSet, cdf: Callable[[np.ndarray], np.ndarray]
) -> None:
    edges = np.array([0, *np.arange(0.5, 7), 7])
    expected = np.diff(cdf(edges)) / np.ptp(cdf(edges))
    shares = np.bincount(whole(data)[:, 0].astype(int), minlength=8) / N
    np.testing.assert_allclose(shares, expected, atol=TOLERANCE)


def test_bits_refine_the_same_range() -> None:
    for bits in (1, 5):
        data = lognormal(LognormalOptions(bits=bits), 0)
        assert data.levels is not None
        (levels,) = data.levels
        np.testing.assert_allclose(levels, np.linspace(0, 7, 2**bits))


def test_gamma_follows_its_distribution_up_to_its_cut() -> None:
    values = whole(gamma(GammaOptions(size=N, shape=2.0, scale=0.5), 0))[:, 0]
    law = stats.gamma(2, scale=0.5)
    assert stats.kstest(values, lambda x: law.cdf(x) / law.cdf(4.0)).statistic < 1.95 / N**0.5
    assert values.max() <= 4


def test_three_variables_have_their_covariance() -> None:
    values = whole(gaussian_3d(Gaussian3DOptions(size=N), 0))
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=TOLERANCE)
    np.testing.assert_allclose(np.cov(values.T), COVARIANCE, atol=TOLERANCE)


def test_modes_lie_on_the_ring_and_on_the_grid() -> None:
    ring = gaussian_ring(GaussianRingOptions(modes=4, radius=2.0), 0)
    np.testing.assert_allclose(np.asarray(ring.modes), [[2, 0], [0, 2], [-2, 0], [0, -2]], atol=1e-12)
    grid = gaussian_grid(GaussianGridOptions(side=2, spacing=1.0, spread=0.01), 0)
    np.testing.assert_allclose(np.asarray(grid.modes), [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]])
    assert grid.train.labels is not None
    deviations = grid.train.values - np.asarray(grid.modes)[grid.train.labels]
    assert deviations.std() == pytest.approx(0.01, rel=0.1)
    assert np.abs(deviations).max() <= 0.05


def test_a_distribution_that_lies_elsewhere_is_refused() -> None:
    with pytest.raises(ConfigError, match="Next to nothing"):
        lognormal(LognormalOptions(mu=10.0, sigma=0.1), 0)
    with pytest.raises(ConfigError, match="0 of 500 draws"):
        within(lambda size: np.full(size, 2.0), 5, low=0, high=1)
