import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.backends.jobs import costs
from qgan.backends.jobs.costs import EXECUTIONS_IN_A_JOB, Cost, circuits_in_a_job, jobs_for, qpu_seconds
from qgan.compare import hardware
from qgan.errors import ConfigError

shots = st.integers(1, EXECUTIONS_IN_A_JOB)
some = st.builds(Cost, st.integers(0, 50), st.integers(0, 10**4), st.just(100))


@given(shots)
def test_a_job_holds_as_many_whole_circuits_as_fit(each: int) -> None:
    most = circuits_in_a_job(each)
    assert most * each <= EXECUTIONS_IN_A_JOB < (most + 1) * each
    assert jobs_for(most, each) == 1
    assert jobs_for(most + 1, each) == 2
    assert jobs_for(0, each) == 0


@given(st.integers(0, 10**6), st.integers(0, 10**6), shots)
def test_together_they_need_no_more_jobs_than_apart(one: int, other: int, each: int) -> None:
    apart = jobs_for(one, each) + jobs_for(other, each)
    assert apart - 1 <= jobs_for(one + other, each) <= apart


@given(some, some, st.integers(0, 9))
def test_costs_add_up(one: Cost, other: Cost, n: int) -> None:
    both = one.and_also(other)
    assert both.executions == one.executions + other.executions
    assert both.seconds == pytest.approx(one.seconds + other.seconds)
    assert one.times(n).seconds == pytest.approx(n * one.seconds)
    assert one.times(2) == one.and_also(one)


def test_the_formula_by_hand() -> None:
    assert qpu_seconds(jobs=3, executions=10_000) == pytest.approx(3 * 2 + 3.5)
    assert Cost(1, 136, 512).seconds == pytest.approx(2 + 0.00035 * 136 * 512)


@pytest.mark.parametrize("impossible", [0, -1, EXECUTIONS_IN_A_JOB + 1])
def test_a_circuit_that_fits_into_no_job_is_refused(impossible: int) -> None:
    with pytest.raises(ConfigError, match="cannot have that many shots") as caught:
        circuits_in_a_job(impossible)
    assert caught.value.allowed == "1 to 10000000"


@pytest.mark.parametrize("name", ["CLOCK", "EXECUTIONS_IN_A_JOB", "FORMULA", "SECONDS_OF_A_JOB", "SOURCE"])
def test_comparisons_reckon_with_the_same_numbers(name: str) -> None:
    assert getattr(hardware, name) == getattr(costs, name)
    assert (hardware.jobs_for, hardware.qpu_seconds) == (jobs_for, qpu_seconds)
