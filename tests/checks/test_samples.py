import numpy as np
import pytest
import torch

from qgan.checks.samples import REAL_ROWS, spread
from qgan.samples import Part, Samples

REAL = Part(np.random.default_rng(1).normal(size=(400, 2, 3)))


def samples(values: np.ndarray) -> Samples:
    return Samples.uniform(torch.from_numpy(values))


def test_real_data_has_the_spread_of_real_data() -> None:
    assert spread(samples(REAL.values), REAL, seed=0) == pytest.approx(1)


@pytest.mark.parametrize("factor", [0.0, 0.1, 3.0])
def test_it_grows_with_the_square_and_does_not_see_where_they_are(factor: float) -> None:
    assert spread(samples(5 + factor * REAL.values), REAL, seed=0) == pytest.approx(factor**2, abs=1e-12)


def test_a_weight_is_a_repetition() -> None:
    once, twice = REAL.values[:3], REAL.values[[0, 1, 1, 2]]
    weighted = Samples(torch.from_numpy(once), torch.tensor([0.25, 0.5, 0.25]))
    assert spread(weighted, REAL, seed=0) == pytest.approx(spread(samples(twice), REAL, seed=0))


def test_what_is_no_number_is_none() -> None:
    constant = Part(np.ones((20, 6)))
    assert spread(samples(REAL.values.reshape(-1, 6)), constant, seed=0) is None
    assert spread(samples(np.full((4, 2, 3), np.inf)), REAL, seed=0) is None
    assert spread(samples(np.full((4, 2, 3), 1e300)), REAL, seed=0) == 0
    huge = np.full((4, 2, 3), 1e300)
    huge[0] *= -1
    assert spread(samples(huge), REAL, seed=0) is None


def test_large_data_are_looked_at_in_part() -> None:
    large = Part(np.concatenate([REAL.values] * 10))
    assert len(large) > REAL_ROWS
    found = spread(samples(REAL.values), large, seed=0)
    assert found == pytest.approx(1, abs=0.1)
    assert found == spread(samples(REAL.values), large, seed=0)
