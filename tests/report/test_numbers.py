import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.report.numbers import MINUS, THIN, shown


def read(text: str) -> float:
    return float(text.replace(THIN, "").replace(MINUS, "-"))


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_what_is_shown_is_the_value_to_three_digits(value: float) -> None:
    there = read(shown(value))
    assert math.isclose(there, value, rel_tol=5.01e-3, abs_tol=1e-320)


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_whole_numbers_are_shown_whole(value: int) -> None:
    assert read(shown(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        (True, "yes"),
        ("a name", "a name"),
        (0.0, "0"),
        (0.05, "0.0500"),
        (-0.12345, f"{MINUS}0.123"),
        (0.9996, "1.00"),
        (12345.678, f"12{THIN}346"),
        (1.5e-7, "1.50e-7"),
        (1234567890.0, "1.23e9"),
        (1234567890, f"1{THIN}234{THIN}567{THIN}890"),
    ],
)
def test_these_are_shown_so(value: float | str | None, text: str) -> None:
    assert shown(value) == text
