from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from qgan._typing import Array
from qgan.data.arrays import from_array
from qgan.data.digits import DigitsOptions, digits
from qgan.metrics.trivial import DRAWS, copies, naive_guesses
from qgan.samples import DataSet, Part
from qgan.seeding import Key, stream


def correlated(n: int = 400) -> DataSet:
    rows = np.random.default_rng(0).normal(size=(n, 2)) @ [[1.0, 0.9], [0.0, 0.3]] + [5, -5]
    return replace(from_array(rows, seed=0), low=-20.0, high=20.0)


def gridded(*, text: bool = False, features: int = 2) -> DataSet:
    rows = np.random.default_rng(0).binomial(6, 0.5, (200, features)) / 6
    more = {"kind": "text", "alphabet": "abcdefg"} if text else {}
    return replace(from_array(rows, seed=0), levels=(np.arange(7) / 6,) * features, **more)


def stacked(parts: list[Part]) -> Array:
    return np.concatenate([part.flat() for part in parts])


def test_images_are_guessed_by_their_mean_and_a_gaussian_for_each_pixel() -> None:
    """In the very numbers that published figures rest on."""
    data = digits(DigitsOptions(), seed=7)
    guesses = naive_guesses(data, 30, seed=3)
    assert list(guesses) == ["mean image", "pixel-wise Gaussian"]
    mean, spread = data.train.values.mean(axis=0), data.train.values.std(axis=0)
    (only,) = guesses["mean image"]
    np.testing.assert_array_equal(only.values, np.repeat(mean[None], 30, axis=0))
    for step, part in enumerate(guesses["pixel-wise Gaussian"]):
        drawn = stream(Key(3, "pixel-wise Gaussian", step)).normal(mean, spread, (30, 8, 8))
        np.testing.assert_array_equal(part.values, np.clip(drawn, 0, 1))


def test_points_are_guessed_by_their_marginals_and_their_moments() -> None:
    data = correlated()
    guesses = naive_guesses(data, 200, seed=3)
    assert list(guesses) == ["product of marginals", "moment-matched Gaussian"]
    assert all(len(parts) == DRAWS for parts in guesses.values())
    product, gaussian = (stacked(parts) for parts in guesses.values())
    rows = data.train.values
    for column in range(2):
        assert np.isin(product[:, column], rows[:, column]).all()
    # Correlations of 4000 draws have a standard error of 0.016.
    alone, together, real = (stats.pearsonr(*values.T).statistic for values in (product, gaussian, rows))  # pyright: ignore
    assert alone == pytest.approx(0, abs=0.07)
    assert together == pytest.approx(real, abs=0.02)
    np.testing.assert_allclose(gaussian.mean(axis=0), rows.mean(axis=0), atol=0.07)
    np.testing.assert_allclose(gaussian.std(axis=0), rows.std(axis=0), rtol=0.05)


def test_the_gaussian_of_fewer_rows_than_features_stays_among_them() -> None:
    rows = np.random.default_rng(0).normal(size=(30, 60))
    data = replace(from_array(rows, seed=0), low=-99.0, high=99.0)
    gaussian = stacked(naive_guesses(data, 50, seed=0)["moment-matched Gaussian"])
    assert np.linalg.matrix_rank(gaussian - gaussian.mean(axis=0), tol=1e-8) == len(data.train) - 1


@pytest.mark.parametrize("features", [1, 2, 3])
@pytest.mark.parametrize("text", [False, True])
def test_guesses_stay_on_the_grid(features: int, text: bool) -> None:
    data = gridded(text=text, features=features)
    guesses = naive_guesses(data, 50, seed=0)
    first = "uniform" if features == 1 else "product of marginals"
    assert list(guesses) == ([first] if text else [first, "moment-matched Gaussian"])
    for parts in guesses.values():
        assert np.isin(stacked(parts), data.levels[0]).all()  # pyright: ignore[reportOptionalSubscript]


def test_one_feature_is_guessed_uniformly_because_its_marginal_is_all_there_is() -> None:
    data = from_array(np.random.default_rng(0).normal(size=(100, 1)), seed=0)
    uniform = stacked(naive_guesses(data, 100, seed=0)["uniform"])
    assert uniform.min() >= data.low
    assert uniform.mean() == pytest.approx((data.low + data.high) / 2, abs=4 * (data.high - data.low) / 24000**0.5)


def test_guesses_stay_in_the_range_and_shape_of_the_data() -> None:
    rows = np.random.default_rng(0).exponential(size=(100, 3, 2))
    data = replace(from_array(rows, seed=0), kind="series")
    for parts in naive_guesses(data, 9, seed=0, labels=np.arange(9)).values():
        assert parts[0].values.shape == (9, 3, 2)
        assert stacked(parts).min() >= data.low
        assert stacked(parts).max() <= data.high
        assert parts[0].labels is not None


def test_copies_are_rows_of_the_training_part() -> None:
    data = correlated()
    (parts,) = copies(data, 30, seed=0).values()
    assert len(parts) == DRAWS
    assert (stacked(parts)[:, None] == data.train.values[None]).all(axis=2).any(axis=1).all()


def test_the_same_seed_gives_the_same_guesses() -> None:
    data = correlated()
    one, same, other = (stacked(naive_guesses(data, 9, seed=seed)["product of marginals"]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
