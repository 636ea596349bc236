"""Jobs that are refused, put off, doubtful, doubled, failed or lost: each key is paid for once, or it is asked."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from qgan.backends.jobs.costs import Cost
from qgan.backends.jobs.desk import Order
from qgan.backends.jobs.service import Job, Refused, Unsure, View
from qgan.errors import BudgetError, DoubtError, JobError

if TYPE_CHECKING:
    from conftest import Office, Orders

SHOTS = 5
# Angles that differ by less are the same.
SAME = 1e-6


def same(found: list[Any], expected: list[Any]) -> bool:
    return len(found) == len(expected) and all(
        one.shape == other.shape and np.array_equal(one, other) for one, other in zip(found, expected, strict=True)
    )


def test_a_job_that_is_put_off_is_sent_again_under_the_same_key(office: "Office", orders: "Orders") -> None:
    office.service.before = [Refused("busy", later=1e-4), Refused("busy", later=1e-4)]
    heard: list[str] = []
    found = office.desk(told=heard.append).run(orders.of(2), SHOTS)
    assert same(found, orders.bits(orders.of(2), SHOTS))
    assert office.events == [
        *("opened", "intent", "refused", "intent", "refused", "intent", "submitted"),
        *("status", "fetched"),
    ]
    assert len({event["key"] for event in office.journal().ledger.events if "key" in event}) == 1
    assert heard == ["scripted puts jobs off: busy"] * 2
    assert office.journal().spent == 1.5


def test_a_job_that_is_put_off_for_too_long_is_given_up_and_costs_nothing(office: "Office", orders: "Orders") -> None:
    office.service.before = [Refused("busy", later=5e-2) for _ in range(1000)]
    with pytest.raises(JobError, match="does not take the job") as caught:
        office.desk(patience=office.impatient).run(orders.of(2), SHOTS)
    assert caught.value.exit_code == 8
    assert office.service.submissions < 10
    assert office.journal().spent == 0
    office.service.before = []
    office.desk().run(orders.of(2), SHOTS)
    assert [entry.known for entry in office.journal()] == ["fetched"]


def test_a_job_that_is_refused_for_good_is_not_sent_again_by_itself(office: "Office", orders: "Orders") -> None:
    office.service.before = [Refused("no such gate")]
    with pytest.raises(JobError, match=r"Got: no such gate\..*Nothing was sent"):
        office.desk().run(orders.of(2), SHOTS)
    assert office.service.submissions == 1
    assert office.journal().spent == 0


def test_a_job_that_arrived_without_an_answer_is_found_by_its_tag(office: "Office", orders: "Orders") -> None:
    office.service.after = [Unsure("connection lost")]
    found = office.desk().run(orders.of(2), SHOTS)
    assert same(found, orders.bits(orders.of(2), SHOTS))
    assert office.service.submissions == 1
    assert office.events == ["opened", "intent", "in doubt", "adopted", "status", "fetched"]


@pytest.mark.parametrize("lost", [True, False])
def test_of_several_that_arrived_one_is_used_and_the_others_are_cancelled(
    office: "Office", orders: "Orders", lost: bool
) -> None:
    """A client may send again what was answered with an error, and then too, when it says nothing of it."""
    office.service.copies = 3
    if lost:
        office.service.after.append(Unsure("502"))
    office.desk().run(orders.of(2), SHOTS)
    assert office.service.cancelled == ["job-1", "job-2"]
    assert office.service.submissions == 1
    (entry,) = office.journal()
    assert (entry.job_id, entry.known) == ("job-0", "fetched")
    assert office.journal().spent == pytest.approx(1.5 + 2 * 0.25)
    assert [event["job"] for event in office.journal().ledger.events if event["event"] == "duplicate"] == [
        *("job-1", "job-2")
    ]


def test_another_that_comes_to_light_later_is_cancelled_before_anything_is_fetched(
    office: "Office", orders: "Orders"
) -> None:
    (entry,) = office.desk().send(orders.of(2), SHOTS)
    office.service.jobs["late"] = office.service.jobs[str(entry.job_id)]
    office.desk().run(orders.of(2), SHOTS)
    assert office.service.cancelled == ["late"]
    assert office.service.calls.index("cancel") < office.service.calls.index("fetch")


def intended(office: "Office", asked: list[Order]) -> None:
    """As if the process had died between the intent and its answer."""

    def die(_: Job) -> str:
        raise KeyboardInterrupt

    submit, office.service.submit = office.service.submit, die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        office.desk().run(asked, SHOTS)
    office.service.submit = submit  # type: ignore[method-assign]


@pytest.mark.parametrize("died", [True, False])
def test_a_job_that_is_never_seen_is_in_doubt_and_not_sent_again(
    office: "Office", orders: "Orders", died: bool
) -> None:
    asked = orders.of(2)
    if died:
        intended(office, asked)
    else:
        office.service.before = [Unsure("timed out")]
    for _ in range(2):
        with pytest.raises(DoubtError, match="not known whether the job 'shown' of step 1 arrived") as caught:
            office.desk().run(asked, SHOTS)
        assert caught.value.exit_code == 9
        assert "--resubmit-in-doubt" in str(caught.value)
    assert office.service.submissions == (0 if died else 1)
    assert office.journal().spent > 0
    # It may come to light after all.
    (entry,) = office.journal()
    tags = tuple(entry.intent["tags"])
    tables = tuple(office.journal().tables(entry.key))
    office.service.jobs["late"] = Job(entry.key, entry.place, tags, SHOTS, ("gates",), tables, {}, 60)
    assert same(office.desk().run(asked, SHOTS), orders.bits(asked, SHOTS))
    assert office.service.submissions == (0 if died else 1)


def test_a_job_in_doubt_is_sent_again_if_that_is_asked_for_and_under_its_own_key(
    office: "Office", orders: "Orders"
) -> None:
    asked = orders.of(2)
    intended(office, asked)
    (before,) = office.journal()
    assert same(office.desk(resubmit=True).run(asked, SHOTS), orders.bits(asked, SHOTS))
    (entry,) = office.journal()
    assert entry.key == before.key
    assert office.service.submissions == 1
    assert office.journal().spent == 1.5


def test_what_may_be_found_is_adopted_and_not_sent_again_whatever_was_asked_for(
    office: "Office", orders: "Orders"
) -> None:
    office.service.after.append(Unsure("lost"))
    office.service.hidden = True
    with pytest.raises(DoubtError):
        office.desk().run(orders.of(2), SHOTS)
    office.service.hidden = False
    office.desk(resubmit=True).run(orders.of(2), SHOTS)
    assert office.service.submissions == 1


def test_a_service_that_never_answers_is_sent_one_job_whatever_was_asked_for(
    office: "Office", orders: "Orders"
) -> None:
    """Each of them may have arrived."""
    office.service.before = [Unsure("502") for _ in range(100)]
    for sent in (1, 2):
        with pytest.raises(DoubtError):
            office.desk(resubmit=True).run(orders.of(2), SHOTS)
        assert office.service.submissions == sent


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_failed_job_is_told_with_its_reason_and_paid_and_the_next_start_sends_another(
    office: "Office", orders: "Orders", state: Any
) -> None:
    office.service.states["job-0"] = [View("queued"), View("running"), View(state, "1305: too long", 4.0)]
    with pytest.raises(JobError, match="1305: too long") as caught:
        office.desk().run(orders.of(2), SHOTS)
    assert caught.value.exit_code == 8
    assert office.events == ["opened", "intent", "submitted", "status", "status", state]
    assert office.journal().spent == 4.0
    assert same(office.desk().run(orders.of(2), SHOTS), orders.bits(orders.of(2), SHOTS))
    first, second = office.journal()
    assert (first.known, first.usage, first.reason) == (state, 4.0, "1305: too long")
    assert [entry.intent["attempt"] for entry in (first, second)] == [0, 1]
    assert first.key != second.key
    assert office.journal().spent == 5.5
    office.desk().run(orders.of(2), SHOTS)
    assert office.service.submissions == 2


def test_the_attempt_after_a_failure_is_within_the_budget_too(office: "Office", orders: "Orders") -> None:
    office.journal().write("budget", seconds=5.0)
    office.service.states["job-0"] = [View("failed", "no", 4.0)]
    with pytest.raises(JobError):
        office.desk().run(orders.of(2), SHOTS)
    with pytest.raises(BudgetError):
        office.desk().run(orders.of(2), SHOTS)
    assert office.service.submissions == 1


def test_a_lost_job_is_not_sent_again_by_itself(office: "Office", orders: "Orders") -> None:
    asked = orders.of(2)
    office.desk().send(asked, SHOTS)
    del office.service.jobs["job-0"]
    for _ in range(3):
        with pytest.raises(JobError, match=r"no job job-0|no longer known.*--resubmit-in-doubt") as caught:
            office.desk().run(asked, SHOTS)
        assert caught.value.exit_code == 8
    assert office.service.submissions == 1
    assert office.journal().spent == pytest.approx(Cost(1, 2, SHOTS).seconds)
    # Nor where rounding has made other angles of them.
    with pytest.raises(JobError, match="no longer known"):
        office.desk().run([asked[0]._replace(table=asked[0].table + SAME / 3)], SHOTS)
    assert same(office.desk(resubmit=True).run(asked, SHOTS), orders.bits(asked, SHOTS))
    assert office.service.submissions == 2
    # What was paid for is used by those, too, who do not ask for that again.
    for resubmit in (False, True):
        assert same(office.desk(resubmit=resubmit).run(asked, SHOTS), orders.bits(asked, SHOTS))
    assert office.service.submissions == 2
