from dataclasses import replace

import numpy as np
import pytest

from qgan._typing import Array
from qgan.data.parts import assemble
from qgan.metrics import Reference
from qgan.metrics.series import autocorrelation_error, leverage_error, why_not
from qgan.samples import DataSet, Part


def remembering(memory: float, seed: int, n: int = 4000, length: int = 8) -> Array:
    """Of variance 1, with the autocorrelation ``memory**lag``."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, length))
    for moment in range(1, length):
        values[:, moment] = memory * values[:, moment - 1] + (1 - memory**2) ** 0.5 * values[:, moment]
    return values


def against(values: Array) -> Reference:
    rows = Part(values)
    low, high = values.min() - 1, values.max() + 1
    return Reference(
        assemble("series", train=rows, validation=rows, test=rows, low=low, high=high, kind="series"), rows
    )


def test_the_autocorrelation_of_a_memory_is_its_power() -> None:
    reference = against(remembering(0.0, 0))
    # Lags 1 to 4 of values; those of sizes are (2/π) (√(1-r²) + r arcsin r - 1) / (1 - 2/π) of a Gaussian.
    rho = 0.8 ** np.arange(1, 5)
    sizes = (np.sqrt(1 - rho**2) + rho * np.arcsin(rho) - 1) * (2 / np.pi) / (1 - 2 / np.pi)
    expected = np.mean([rho, sizes])
    assert autocorrelation_error(reference, Part(remembering(0.8, 1))) == pytest.approx(expected, abs=0.03)


def test_clusters_are_seen_where_values_do_not_remember() -> None:
    random = np.random.default_rng(0)
    plain = random.normal(size=(4000, 8))
    clustered = random.normal(size=(4000, 8)) * np.where(random.random((4000, 1)) < 0.5, 0.2, 2.0)
    assert autocorrelation_error(against(plain), Part(clustered)) > 0.15
    assert autocorrelation_error(against(plain), Part(random.normal(size=(4000, 8)))) < 0.02
    assert leverage_error(against(plain), Part(clustered)) < 0.05


def test_the_sign_and_the_arrow_of_leverage_are_seen() -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=(4000, 1))
    later = random.normal(size=(4000, 3)) * np.where(first < 0, 2, 0.5)
    values = np.concatenate([first, later], axis=1)
    reference = against(values)
    assert leverage_error(reference, Part(values[::-1].copy())) == pytest.approx(0, abs=1e-9)
    value = leverage_error(reference, Part(-values))
    assert value > 0.1
    assert leverage_error(reference, Part(values[:, ::-1])) > 0.05
    # The other sign is twice as far as none at all.
    assert leverage_error(reference, Part(random.normal(size=(4000, 4)))) == pytest.approx(value / 2, rel=0.2)


def test_shift_and_scale_do_not_matter() -> None:
    real, fake = remembering(0.5, 0, n=50), remembering(0.2, 1, n=50)
    for metric in (autocorrelation_error, leverage_error):
        value = metric(against(real), Part(fake))
        assert metric(against(real), Part(3 * fake + 7)) == pytest.approx(value, rel=1e-9)


def test_channels_are_compared_with_themselves() -> None:
    slow, fast = remembering(0.8, 0), remembering(0.0, 1)
    both, swapped = (Part(np.stack(pair, axis=-1)) for pair in ((slow, fast), (fast, slow)))
    reference = against(both.values)
    assert autocorrelation_error(reference, Part(both.values * [1, 5] + [0, 2])) == pytest.approx(0, abs=1e-9)
    assert autocorrelation_error(reference, swapped) > 0.3


def test_a_constant_is_not_taken_for_noise() -> None:
    noise = against(remembering(0.0, 0, n=100))
    assert autocorrelation_error(noise, Part(np.full((100, 8), 0.1))) == 1
    assert leverage_error(noise, Part(np.full((100, 8), 0.1))) == 1


def test_what_is_missing_is_named() -> None:
    data: DataSet = against(remembering(0.0, 0, n=10)).data
    assert why_not(data) is None
    assert "points" in (why_not(replace(data, kind="points")) or "")
    assert "three" in (why_not(against(np.random.default_rng(0).normal(size=(10, 2))).data) or "")
