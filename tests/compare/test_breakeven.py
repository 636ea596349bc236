import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qgan.compare.breakeven import BreakEven, break_even
from qgan.compare.hardware import CLOCK, StepCircuits

STEP = StepCircuits(shown=8, differentiated=136)
steps = st.builds(StepCircuits, st.integers(1, 10**4), st.integers(1, 10**5))
seconds = st.floats(1e-3, 1e6)


def tie(step: StepCircuits = STEP, **changes: Any) -> BreakEven:
    usual: dict[str, Any] = {
        "skill": 0.5,
        "wires": 4,
        "shots": 512,
        "classical_seconds": 10.0,
        "subject_steps": 20.0,
        "seconds_elsewhere": 2.0,
    }
    return break_even(step, **(usual | changes))


def test_by_hand() -> None:
    found = tie()
    assert found.executions == 20 * 144 * 512
    assert found.clock == pytest.approx(20 * 144 * 512 / 8)
    assert found.latency == pytest.approx(8 / (20 * 2))
    assert found.todays_clock == pytest.approx(2857.14, rel=1e-5)
    assert found.orders == pytest.approx(math.log10(184_320 * 0.00035))
    assert found.why_not is None


@given(steps, seconds, seconds, st.integers(1, 4096), st.floats(1, 1e5))
def test_at_the_clock_both_take_as_long(
    step: StepCircuits, classical: float, elsewhere: float, shots: int, taken: float
) -> None:
    assume(classical > elsewhere * (1 + 1e-6))
    found = tie(step, classical_seconds=classical, seconds_elsewhere=elsewhere, shots=shots, subject_steps=taken)
    assert found.clock is not None
    assert found.latency is not None
    assert found.orders is not None
    assert found.executions is not None
    assert found.executions / found.clock + elsewhere == pytest.approx(classical)
    assert found.latency * step.jobs(shots) * taken + elsewhere == pytest.approx(classical)
    assert CLOCK * 10**found.orders == pytest.approx(found.clock)


@given(st.integers(1, 4096), st.floats(2.1, 1e6), st.floats(0.1, 1e6))
def test_more_shots_or_less_time_take_a_faster_clock(shots: int, classical: float, more: float) -> None:
    one = tie(shots=shots, classical_seconds=classical)
    faster, slower = (
        tie(shots=shots + 1, classical_seconds=classical),
        tie(shots=shots, classical_seconds=classical + more),
    )
    assert slower.clock < one.clock < faster.clock  # type: ignore[operator]
    assert slower.latency > one.latency >= faster.latency  # type: ignore[operator]
    doubled = tie(shots=shots, classical_seconds=classical, seconds_elsewhere=0.0, subject_steps=40.0)
    single = tie(shots=shots, classical_seconds=classical, seconds_elsewhere=0.0)
    assert doubled.clock == pytest.approx(2 * single.clock)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"classical_seconds": 2.0}, "not reached at any clock"),
        ({"classical_seconds": 0.0, "seconds_elsewhere": 0.0}, "not reached at any clock"),
        ({"classical_seconds": None}, "half of the opponent's seeds never reach"),
        ({"subject_steps": None, "seconds_elsewhere": None}, "half of the subject's seeds never reach"),
        ({"subject_steps": None, "classical_seconds": None}, "half of the subject's seeds never reach"),
        ({"subject_steps": 0.0, "seconds_elsewhere": 0.0}, "before its first step"),
        ({"seconds_elsewhere": None}, "not been measured"),
    ],
)
def test_where_there_is_no_clock_it_says_why(changes: dict[str, Any], why: str) -> None:
    found = tie(**changes)
    assert found.clock is found.latency is found.orders is None
    assert found.why_not is not None
    assert why in found.why_not
    assert found.todays_clock == CLOCK
