import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan._registry import NoOptions
from qgan.metrics import METRICS, Metric
from qgan.metrics.score import unmeasured, yardstick

LOWER: Metric = METRICS["kl"].make(NoOptions())
HIGHER: Metric = METRICS["recall"].make(NoOptions())


def test_the_floor_is_a_mean_between_percentiles() -> None:
    real = list(np.linspace(0, 1, 101))
    score = yardstick(LOWER, real, {"guess": 3.0})
    assert (score.floor, score.floor_low, score.floor_high) == pytest.approx((0.5, 0.05, 0.95))
    assert score.value is score.skill is score.reason is None


@pytest.mark.parametrize(("metric", "best"), [(LOWER, "near"), (HIGHER, "far")])
def test_the_best_guess_is_the_trivial_value(metric: Metric, best: str) -> None:
    guesses = {"near": 2.0, "far": 3.0}
    score = yardstick(metric, [2.5], guesses)
    assert (score.trivial_name, score.trivial) == (best, guesses[best])
    assert score.reason == f"the {best} scores no worse than real data here"


def test_what_is_not_finite_is_a_reason() -> None:
    for real, guess in (([np.nan], 1.0), ([1.0], np.inf)):
        score = yardstick(LOWER, real, {"guess": guess})
        assert score.floor is score.trivial is None
        assert "not a finite number" in (score.reason or "")


def test_what_is_not_measured_says_why() -> None:
    score = unmeasured(HIGHER, "because")
    assert (score.name, score.direction, score.value, score.reason) == ("recall", "higher", None, "because")


@given(st.floats(-10, 10), st.floats(0.1, 10), st.floats(-2, 2), st.sampled_from([LOWER, HIGHER]))
def test_skill_is_0_at_the_trivial_value_and_1_at_the_floor(
    floor: float, way: float, at: float, metric: Metric
) -> None:
    trivial = floor + way if metric is LOWER else floor - way
    score = yardstick(metric, [floor], {"guess": trivial})
    assert score.skill_of(trivial + at * (floor - trivial)) == pytest.approx(at, abs=1e-9)


def test_there_is_no_skill_without_a_value_or_where_nothing_is_told_apart() -> None:
    assert yardstick(LOWER, [0.1], {"guess": 0.2}).skill_of(None) is None
    assert yardstick(LOWER, [0.2], {"guess": 0.1}).skill_of(0.15) is None
    assert unmeasured(LOWER).skill_of(0.15) is None
