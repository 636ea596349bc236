"""Answers that do not come, results that cannot be used, and jobs of which nothing is known any more."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from qgan.backends.jobs.patience import Patience
from qgan.backends.jobs.service import Unreadable, Unsure, View
from qgan.errors import JobError

if TYPE_CHECKING:
    from conftest import Office, Orders

SHOTS = 4


def sent(office: "Office", orders: "Orders", **how: Any) -> Callable[[], list[Any]]:
    """A job that was sent; what is given waits for it."""
    office.desk().send(orders.of(2), SHOTS)
    office.service.calls.clear()
    return lambda: office.desk(**how).run(orders.of(2), SHOTS)


@pytest.mark.parametrize("fails", [1, 5])
def test_where_no_answer_comes_it_is_asked_again(office: "Office", orders: "Orders", fails: int) -> None:
    wait = sent(office, orders)
    office.service.silent = [Unsure("503")] * fails
    (found,) = wait()
    np.testing.assert_array_equal(found, orders.bits(orders.of(2), SHOTS)[0])
    assert office.service.submissions == 0
    assert office.service.calls.count("fetch") == 1


def test_who_never_answers_is_given_up_and_the_job_is_not_lost_for_that(office: "Office", orders: "Orders") -> None:
    """It goes on at the service, and the next start finds it."""
    wait = sent(office, orders, patience=office.impatient)
    office.service.silent = [Unsure("503")] * 1000
    with pytest.raises(JobError, match="does not say how far the job job-0 is") as caught:
        wait()
    assert "Jobs that were sent go on" in str(caught.value)
    (entry,) = office.journal()
    assert (entry.known, entry.pending) == ("submitted", True)
    office.service.silent = []
    (found,) = wait()
    np.testing.assert_array_equal(found, orders.bits(orders.of(2), SHOTS)[0])


def test_a_job_is_looked_at_until_it_has_ended_and_changes_alone_are_written_down(
    office: "Office", orders: "Orders"
) -> None:
    wait = sent(office, orders)
    office.service.states["job-0"] = [*[View("queued")] * 3, *[View("running")] * 3, View("done", usage=7.0)]
    wait()
    assert office.service.calls.count("look") == 7
    assert office.events[3:] == ["status", "status", "status", "fetched"]
    (entry,) = office.journal()
    assert (entry.usage, office.journal().spent) == (7.0, 7.0)


def test_it_is_said_what_is_waited_for(office: "Office", orders: "Orders") -> None:
    heard: list[str] = []
    wait = sent(office, orders, told=heard.append)
    office.service.states["job-0"] = [View("queued"), View("done")]
    office.service.silent = [Unsure("503")]
    wait()
    assert heard == ["scripted does not answer: 503", "job-0: queued at scripted"]


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        (Unreadable("no JSON", b"<html>"), "no JSON"),
        (lambda found: [found[0][:1]], r"shapes \[\(1, 4, 3\)\] in place of \[\(2, 4, 3\)\]"),
        (lambda found: [found[0][:, :-1]], "in place of"),
        (lambda found: [found[0][..., :2]], "in place of"),
        (lambda found: [*found, *found], "in place of"),
        (lambda _: [], "in place of"),
    ],
    ids=["unreadable", "circuits", "shots", "qubits", "structures", "empty"],
)
def test_a_result_that_is_none_is_kept_and_fetched_again_and_nothing_is_sent(
    office: "Office", orders: "Orders", spoiled: Any, why: str
) -> None:
    wait = sent(office, orders)
    office.service.spoiled = [spoiled]
    with pytest.raises(JobError, match=f"The result of the job job-0 cannot be used.*{why}") as caught:
        wait()
    (kept,) = office.folder.rglob("rejected.bin")
    assert str(kept) in str(caught.value)
    if isinstance(spoiled, Unreadable):
        assert kept.read_bytes() == b"<html>"
    else:
        with np.load(kept) as arrays:
            assert all(array.ndim == 3 for array in arrays.values())
    assert office.events[-1] == "rejected"
    (found,) = wait()
    np.testing.assert_array_equal(found, orders.bits(orders.of(2), SHOTS)[0])
    assert office.service.submissions == 0


def test_a_result_is_kept_before_anybody_sees_it(office: "Office", orders: "Orders") -> None:
    wait = sent(office, orders)
    wait()
    office.service.silent = [Unsure("gone for ever")] * 1000
    (found,) = wait()
    np.testing.assert_array_equal(found, orders.bits(orders.of(2), SHOTS)[0])


def test_a_duplicate_is_written_down_and_cancelled_once(office: "Office", orders: "Orders") -> None:
    office.service.copies = 2
    office.desk().send(orders.of(2), SHOTS)
    office.desk().run(orders.of(2), SHOTS)
    assert office.service.cancelled == ["job-1"]
    assert office.events.count("duplicate") == 1


def test_a_duplicate_that_cannot_be_cancelled_now_is_cancelled_later(office: "Office", orders: "Orders") -> None:
    office.service.copies = 2
    # Of its answers the first is the list of jobs, and the second is whether one was cancelled.
    ask, answers = office.service._ask, iter([None, Unsure("503")])

    def asked(what: str) -> None:
        ask(what)
        if (failure := next(answers, None)) is not None:
            raise failure

    office.service._ask = asked  # type: ignore[method-assign]
    office.desk().send(orders.of(2), SHOTS)
    assert office.service.cancelled == []
    office.desk().run(orders.of(2), SHOTS)
    assert office.service.cancelled == ["job-1"]


def test_whoever_wants_to_leave_is_asked_before_every_question(office: "Office", orders: "Orders") -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    wait = sent(office, orders, stopped=stopped, patience=Patience())
    with pytest.raises(KeyboardInterrupt):
        wait()
    assert office.service.calls == []
