"""A job that may have arrived is sent again only where it is established that it did not."""

import time
from typing import TYPE_CHECKING

import pytest

from qgan.backends.jobs.patience import Patience
from qgan.backends.jobs.service import Refused, Unsure
from qgan.errors import JobError, LoginError

if TYPE_CHECKING:
    from conftest import Office, Orders

SHOTS = 5


@pytest.fixture
def paid(office: "Office") -> "Office":
    office.service.paid = True
    office.journal().write("budget", seconds=100.0)
    return office


def leave() -> None:
    raise KeyboardInterrupt


def test_a_listing_that_fails_establishes_nothing(paid: "Office", orders: "Orders") -> None:
    paid.service.after = [Unsure("connection lost")]
    with pytest.raises(KeyboardInterrupt):
        paid.desk(stopped=leave).run(orders.of(2), SHOTS)
    time.sleep(0.02)  # longer than listings may lag here
    paid.service.silent = [Unsure("503") for _ in range(10_000)]
    patience = Patience(first=1e-4, most=1e-3, unreachable=0.2, doubt=0.01, answer=1.0, slice=1e-3)
    with pytest.raises(JobError, match="does not say which jobs it has"):
        paid.desk(resubmit=True, patience=patience).run(orders.of(2), SHOTS)
    paid.service.silent.clear()
    paid.desk(resubmit=True).run(orders.of(2), SHOTS)
    assert paid.service.submissions == 1


def test_a_listing_may_lag_from_the_last_time_it_was_sent_on(paid: "Office", orders: "Orders") -> None:
    patience = Patience(first=1e-3, most=1e-2, unreachable=1.0, doubt=1.0, answer=1.0, slice=1e-3)
    paid.service.before, paid.service.after = [Refused("no time today")], [Unsure("connection lost")]
    with pytest.raises(JobError):
        paid.desk(patience=patience).run(orders.of(2), SHOTS)
    time.sleep(1.0)
    paid.service.hidden = True
    with pytest.raises(KeyboardInterrupt):
        paid.desk(patience=patience, stopped=leave).run(orders.of(2), SHOTS)

    def appears(why: str) -> None:
        assert "may have arrived" in why
        paid.service.hidden = False

    paid.desk(patience=patience, resubmit=True, told=appears).run(orders.of(2), SHOTS)
    assert paid.service.submissions == 2
    assert len(paid.service.jobs) == 1


def test_who_is_not_known_has_sent_nothing(paid: "Office", orders: "Orders") -> None:
    paid.service.before = [LoginError("The login has ended")]
    with pytest.raises(LoginError):
        paid.desk().run(orders.of(2), SHOTS)
    assert paid.journal().spent == 0
    # So that nothing is looked for.
    paid.service.hidden = True
    paid.desk().send(orders.of(2), SHOTS)
    assert paid.service.submissions == 2
    assert "in doubt" not in paid.events


def test_what_is_asked_to_come_back_after_the_deadline_is_given_up_at_once(paid: "Office", orders: "Orders") -> None:
    began = time.monotonic()
    paid.service.before = [Refused("busy", later=3600.0)]
    with pytest.raises(JobError, match="does not take the job"):
        paid.desk().run(orders.of(2), SHOTS)
    paid.service.silent = [Unsure("busy", later=3600.0)] * 2
    with pytest.raises(JobError, match="does not say"):
        paid.desk().run(orders.of(2), SHOTS)
    assert time.monotonic() - began < 60
