from dataclasses import replace

import numpy as np
import pytest

from qgan.data.arrays import from_array
from qgan.metrics import Reference
from qgan.metrics.dependence import correlation_error, mean_difference, why_not
from qgan.samples import Part


def against(real: Part) -> Reference:
    return Reference(from_array(np.resize(real.values, (20, *real.values.shape[1:])), seed=0), real)


def mixed(seed: int, n: int = 50) -> Part:
    return Part(np.random.default_rng(seed).normal(size=(n, 3)) @ [[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1]])


def test_it_is_that_of_numpys_correlations() -> None:
    real, fake = mixed(0), Part(mixed(1).values[:, ::-1])
    gaps = np.abs(np.corrcoef(real.values.T) - np.corrcoef(fake.values.T))
    assert correlation_error(against(real), fake) == pytest.approx(gaps.sum() / 6, rel=1e-12)


def test_a_mirrored_feature_is_twice_its_correlation_off() -> None:
    line = np.linspace(0, 1, 30)
    real, fake = (Part(np.stack([line, sign * line], axis=1)) for sign in (1, -1))
    assert correlation_error(against(real), fake) == pytest.approx(2)


def test_shift_and_scale_do_not_matter() -> None:
    real, fake = mixed(0), mixed(1)
    value = correlation_error(against(real), fake)
    assert correlation_error(against(real), Part(fake.values * [1, 10, 0.1] + 7)) == pytest.approx(value, rel=1e-9)


def test_what_is_constant_on_one_side_only_is_wrong() -> None:
    real = mixed(0)
    fake = Part(real.values.copy())
    fake.values[:, 0] = 0.1
    assert correlation_error(against(real), fake) == pytest.approx(2 / 3)
    assert correlation_error(against(fake), Part(fake.values.copy())) == pytest.approx(0, abs=1e-12)
    assert mean_difference(np.array([np.nan, np.nan, 0.5]), np.array([np.nan, 0.0, 0.0])) == pytest.approx(1.5 / 3)


def test_what_is_missing_is_named() -> None:
    data = against(mixed(0)).data
    assert why_not(data) is None
    assert "mean" in (why_not(replace(data, kind="text")) or "")
    assert "one feature" in (why_not(from_array(np.zeros((20, 1)), seed=0)) or "")
