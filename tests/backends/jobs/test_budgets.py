import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.backends.jobs.budgets import UNITS, seconds_of
from qgan.errors import ConfigError


@given(st.integers(1, 10**9 - 1), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]))
def test_a_number_and_its_unit_are_seconds(number: int, unit: str, space: str) -> None:
    assert seconds_of(f"{space}{number}{space}{unit}{space}") == number * UNITS[unit]


@given(st.decimals(min_value=0, max_value=10**6, places=3).filter(bool), st.sampled_from(sorted(UNITS)))
def test_so_are_fractions(number: object, unit: str) -> None:
    assert seconds_of(f"{number}{unit}") == float(str(number)) * UNITS[unit]


@pytest.mark.parametrize(
    ("text", "seconds"), [("120s", 120), ("2m", 120), ("2 min", 120), ("0.5h", 1800), ("120", 120), (" 90 s ", 90)]
)
def test_as_people_write_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


WRONG = ["", "s", "0", "0s", "0.0h", "-3s", "+3s", "1e3", "nan", "inf", "3d", "3 s s", "1,5s", "1_0", "3S", "٣s", ".5s"]


@pytest.mark.parametrize("text", WRONG)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="budget cannot be used") as caught:
        seconds_of(text)
    assert caught.value.exit_code == 2
    assert caught.value.got == text


@given(st.text(max_size=12))
def test_whatever_is_written_is_seconds_above_zero_or_refused(text: str) -> None:
    try:
        seconds = seconds_of(text)
    except ConfigError:
        return
    assert 0 < seconds < float("inf")
