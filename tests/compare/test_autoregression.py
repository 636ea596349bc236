import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare.autoregression import windows

WEIGHTS = st.floats(-0.6, 0.6)


def process(a: float, b: float, c: float, noise: float, *, n: int = 4000, length: int = 8) -> np.ndarray:
    """Windows that begin long after the process did."""
    random = np.random.default_rng(0)
    rows = np.zeros((n, 60 + length))
    for time in range(2, rows.shape[1]):
        rows[:, time] = c + a * rows[:, time - 1] + b * rows[:, time - 2] + noise * random.exponential(size=n)
    return rows[:, -length:]


@given(a=WEIGHTS, b=st.floats(-0.3, 0.3), c=st.floats(-1, 1))
def test_what_follows_a_rule_without_shocks_goes_on_by_it(a: float, b: float, c: float) -> None:
    rows = np.random.default_rng(1).normal(size=(30, 6))
    for time in range(2, 6):
        rows[:, time] = c + a * rows[:, time - 1] + b * rows[:, time - 2]
    made = windows(rows, 7, np.random.default_rng(2))
    assert made.shape == (7, 6)
    np.testing.assert_allclose(made[:, 2:], c + a * made[:, 1:-1] + b * made[:, :-2], atol=1e-9)
    assert (made[:, None, :2] == rows[None, :, :2]).all(axis=2).any(axis=1).all()


def test_means_covariances_and_the_skew_of_shocks_are_those_of_the_process() -> None:
    rows = process(0.5, -0.3, 0.2, 1.0)
    made = windows(rows, 20_000, np.random.default_rng(3))
    np.testing.assert_allclose(made.mean(axis=0), rows.mean(axis=0), atol=0.06)
    np.testing.assert_allclose(np.cov(made.T), np.cov(rows.T), atol=0.12)
    # Gaussian shocks would leave the last value's skew near 0.
    skew = [((each - each.mean()) ** 3).mean() / each.std() ** 3 for each in (made[:, -1], rows[:, -1])]
    assert abs(skew[0] - skew[1]) < 0.25
    assert skew[1] > 0.7
