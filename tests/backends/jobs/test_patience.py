import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.backends.jobs.patience import Patience, from_environment
from qgan.errors import ConfigError

WAITS = ("first", "most", "unreachable", "doubt", "answer")


class Left(Exception):
    pass


def leave() -> None:
    raise Left


@given(st.floats(1e-3, 10), st.floats(1, 100))
def test_looks_become_rarer_and_never_rarer_than_the_most(first: float, times: float) -> None:
    patience = Patience(first=first, most=first * times)
    delays = list(itertools.islice(patience.delays(), 30))
    assert 0.5 * first <= delays[0] <= first
    assert all(0.5 * first <= delay <= patience.most for delay in delays)
    assert all(later > 0.5 * patience.most for later in delays[15:])


def test_many_who_wait_do_not_ask_together() -> None:
    patience = Patience()
    assert len({next(patience.delays()) for _ in range(20)}) == 20


@given(st.floats(1e-6, 1e6))
def test_all_waits_are_scaled_together(factor: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QGAN_PATIENCE", repr(factor))
        scaled = from_environment()
    plain = Patience()
    assert [getattr(scaled, name) for name in WAITS] == [factor * getattr(plain, name) for name in WAITS]
    assert scaled.slice == plain.slice


def test_where_nothing_is_said_it_is_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QGAN_PATIENCE", raising=False)
    assert from_environment() == Patience()


@pytest.mark.parametrize("said", ["", "much", "0", "-1", "nan", "inf", "1e999"])
def test_anything_but_a_number_above_zero_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QGAN_PATIENCE", said)
    with pytest.raises(ConfigError, match="QGAN_PATIENCE cannot be used") as caught:
        from_environment()
    assert caught.value.exit_code == 2


def test_who_wants_to_leave_waits_for_no_delay() -> None:
    began = time.monotonic()
    with pytest.raises(Left):
        Patience().sleep(1000, leave)
    with pytest.raises(Left):
        Patience().sleep(0, leave)
    assert time.monotonic() - began < 5


def test_it_is_asked_in_every_slice_and_slept_as_long_as_was_said() -> None:
    asked, began = [], time.monotonic()
    Patience(slice=0.01).sleep(0.05, lambda: asked.append(None))
    assert time.monotonic() - began >= 0.05
    assert 2 <= len(asked) <= 7
