import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.report.learning import Trace, _continued, _first

STEPS = (0, 10, 20)


def trace(values: list[float | None], state: str = "done", trivial: float | None = 9.0) -> Trace:
    steps = STEPS[: len(values)]
    skills = tuple(None if value is None else 1 - value for value in values)
    return Trace(
        state=state,
        steps=steps,
        seconds=tuple(0.5 * step for step in steps),
        values={"kl": tuple(values)},
        skills={"kl": skills},
        end=(steps[-1] + 3, 20.0),
        references={"kl": {"floor": 0.0, "trivial": trivial}},
    )


@pytest.mark.parametrize(
    ("values", "state", "trivial", "lower", "then"),
    [
        ([3.0, 2.0, 1.0], "done", 9.0, True, [3.0, 2.0, 1.0]),
        ([3.0, 2.0], "diverged", 9.0, True, [3.0, 2.0, 9.0]),
        ([3.0, 2.0], "diverged", None, True, [3.0, 2.0, 3.0]),
        ([0.3, 0.6], "failed", 0.1, False, [0.3, 0.6, 0.1]),
        ([3.0, None], "done", 9.0, True, [3.0, 9.0, 9.0]),
        ([3.0, 2.0], "done", 9.0, True, [3.0, 2.0, 2.0]),
        ([3.0, 2.0], "running", 9.0, True, None),
        ([None], "diverged", None, True, None),
    ],
)
def test_lost_runs_go_on_at_their_worst_and_converged_ones_at_their_last(
    values: list[float | None], state: str, trivial: float | None, lower: bool, then: list[float] | None
) -> None:
    assert _continued(trace(values, state, trivial), "kl", STEPS, lower) == then


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.floats(-1, 1))
def test_the_skill_is_reached_at_the_first_evaluation_that_has_it(values: list[float], least: float) -> None:
    steps, seconds = _first(trace(list(values)), "kl", least)
    there = [step for step, value in zip(STEPS, values, strict=True) if 1 - value >= least]
    assert (math.isnan(steps) and not there) or (steps == there[0] and seconds == 0.5 * there[0])
