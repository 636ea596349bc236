import numpy as np
import pytest

from qgan.data.series import SeriesOptions, series


def windows(**options: object) -> np.ndarray:
    data = series(SeriesOptions.model_validate({"size": 20_000, "scaling": "none", **options}), 0)
    return np.concatenate([part.values for part in (data.train, data.validation, data.test)])


def test_trend_and_season_are_the_mean_and_the_spread_is_one() -> None:
    values = windows(window=8, period=4, trend=0.3, seasonality=0.5)
    # Five standard errors; the fourth moment of fat tails widens that of the variance.
    np.testing.assert_allclose(values.mean(axis=0), 0.3 + 0.5 * np.sin(np.pi / 2 * np.arange(8)), atol=0.04)
    assert values.std(axis=0).mean() == pytest.approx(1, abs=0.05)


def test_tails_are_fat_and_wild_times_follow_losses() -> None:
    values = windows(trend=0.0, seasonality=0.0, degrees=5.0)
    today, tomorrow = values[:, :-1].ravel(), values[:, 1:].ravel()
    assert np.mean(today**4) / np.mean(today**2) ** 2 > 4
    assert abs(np.corrcoef(today, tomorrow)[0, 1]) < 0.02
    assert np.corrcoef(today**2, tomorrow**2)[0, 1] > 0.05
    assert np.corrcoef(today, tomorrow**2)[0, 1] < -0.02


def test_levels_add_up_returns() -> None:
    # The split is the same: it knows nothing of the values.
    np.testing.assert_allclose(windows(of="levels", size=50), windows(size=50).cumsum(axis=1))


def test_a_window_goes_on_in_the_season() -> None:
    values = series(SeriesOptions(size=10, window=3, period=6, seasonality=100.0, scaling="none"), 0)
    starts = np.sign(np.concatenate([part.values for part in (values.train, values.validation, values.test)])[:, 1])
    assert sorted(starts) == [-1] * 5 + [1] * 5
