import numpy as np
import pytest
import torch
from scipy import linalg, stats
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import rbf_kernel

from qgan._registry import NoOptions
from qgan.data.arrays import from_array
from qgan.errors import DataError
from qgan.metrics import METRICS, Metric, Reference
from qgan.metrics.distances import energy_distance, frechet_distance, mmd, sliced_wasserstein
from qgan.samples import Part

NAMES = ["sliced-wasserstein", "energy-distance", "mmd", "frechet-distance"]


def metric(name: str) -> Metric:
    return METRICS.lookup(name).make(NoOptions())


def cloud(seed: int, n: int = 30, features: int = 4, shift: float = 0.0) -> Part:
    return Part(np.random.default_rng(seed).normal(shift, 1, (n, features)))


def against(real: Part) -> Reference:
    return Reference(from_array(np.resize(real.values, (20, *real.values.shape[1:])), seed=0), real)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_between_identical_samples(name: str) -> None:
    real = cloud(0)
    value = metric(name).function(against(real), Part(real.values.copy()))
    if name == "mmd":  # unbiased: the pairs that are equal count across the two sides, but not within one
        assert -2 / len(real) < value <= 0
    else:
        assert value == pytest.approx(0, abs=1e-6)  # roots of sums that cancel to 1e-15


@pytest.mark.parametrize("name", NAMES)
def test_order_does_not_matter(name: str) -> None:
    real, fake = cloud(0), cloud(1, shift=0.5)
    shuffled = [Part(np.random.default_rng(2).permutation(part.values)) for part in (real, fake)]
    function = metric(name).function
    assert function(against(shuffled[0]), shuffled[1]) == pytest.approx(function(against(real), fake), rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_farther_is_larger(name: str) -> None:
    reference = against(cloud(0))
    values = [metric(name).function(reference, cloud(1, shift=shift)) for shift in (0, 1, 2)]
    assert values == sorted(values)
    assert values[0] < values[2] / 2


def test_sliced_wasserstein_in_one_dimension_is_scipys() -> None:
    real, fake = cloud(0, features=1), cloud(1, features=1, shift=1)
    expected = stats.wasserstein_distance(real.values[:, 0], fake.values[:, 0])
    assert sliced_wasserstein(against(real), fake) == pytest.approx(expected, rel=1e-12)


def test_sliced_wasserstein_of_a_shift_is_its_mean_projection() -> None:
    # Along a random unit vector u a shift by s moves a cloud by |s.u|, whose mean in 3 dimensions is |s| / 2.
    real = cloud(0, features=3)
    shift = np.array([0.0, 0.0, 4.0])
    value = sliced_wasserstein(against(real), Part(real.values + shift))
    assert value == pytest.approx(
        2, abs=4 * 4 * 12**-0.5 / 128**0.5
    )  # |u.z| is uniform on [0, 1]; four standard errors


def test_sliced_wasserstein_needs_equal_sizes() -> None:
    with pytest.raises(DataError, match="30 real and 29 generated"):
        sliced_wasserstein(against(cloud(0)), cloud(1, n=29))


def test_energy_distance_in_one_dimension_is_scipys() -> None:
    real, fake = cloud(0, features=1), cloud(1, n=17, features=1, shift=1)
    expected = stats.energy_distance(real.values[:, 0], fake.values[:, 0])
    assert energy_distance(against(real), fake) == pytest.approx(expected, rel=1e-9)


def test_mmd_is_that_of_torchmetrics_on_kernels_of_scikit_learn() -> None:
    from torchmetrics.image.kid import maximum_mean_discrepancy

    real, fake = cloud(0), cloud(1, shift=0.5)
    gamma = 0.5 / np.median(pdist(real.values)) ** 2
    kernels = [rbf_kernel(x.values, y.values, gamma) for x, y in ((real, real), (real, fake), (fake, fake))]
    expected = maximum_mean_discrepancy(*(torch.from_numpy(kernel) for kernel in kernels)).item()
    assert mmd(against(real), fake) == pytest.approx(expected, rel=1e-9)


def test_mmd_has_no_bias() -> None:
    values = [mmd(against(cloud(seed, n=10)), cloud(seed + 1000, n=10)) for seed in range(200)]
    assert abs(np.mean(values)) < 4 * np.std(values) / 200**0.5


@pytest.mark.parametrize("n", [3, 50])
def test_frechet_distance_is_the_closed_form(n: int) -> None:
    real, fake = cloud(0, n=50), Part(cloud(1, n=50).values @ np.diag([1, 2, 3, 4.0]) + 1)
    real, fake = Part(real.values[:n]), Part(fake.values[:n])
    covariances = [np.cov(part.values.T) for part in (real, fake)]
    root = np.real(np.asarray(linalg.sqrtm(covariances[0] @ covariances[1] + 1e-14 * np.eye(4))))
    means = real.values.mean(0) - fake.values.mean(0)
    expected = means @ means + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(against(real), fake) == pytest.approx(expected, rel=1e-5)


def test_frechet_distance_of_a_scaled_cloud() -> None:
    # Both Gaussians share their axes, so the distance is the sum over the axes of (s - 3 s)² = 4 s².
    real = Part(cloud(0).values - cloud(0).values.mean(axis=0))
    expected = 4 * real.values.var(axis=0, ddof=1).sum()
    assert frechet_distance(against(real), Part(3 * real.values)) == pytest.approx(expected, rel=1e-9)
