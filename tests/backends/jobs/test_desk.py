"""What is sent, what is not sent again, and what is refused before it costs anything."""

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.backends.jobs import costs
from qgan.backends.jobs.costs import Cost
from qgan.backends.jobs.desk import LONGEST_JOB, Desk, Order, cost_of
from qgan.backends.jobs.journal import Journal
from qgan.backends.jobs.service import Job, View
from qgan.errors import BudgetError, CheckpointError, ConfigError, DoubtError

if TYPE_CHECKING:
    from conftest import Office, Orders

SHOTS = 5
# Angles that differ by less are the same.
SAME = 1e-6


def same(found: list[Any], expected: list[Any]) -> bool:
    return len(found) == len(expected) and all(
        one.shape == other.shape and np.array_equal(one, other) for one, other in zip(found, expected, strict=True)
    )


@settings(max_examples=30)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(1, 4), st.integers(0, 12))
def test_in_parts_it_is_what_it_is_in_one(
    offices: "Callable[[], Office]", orders: "Orders", rows: list[int], shots: int, room: int
) -> None:
    """Jobs hold whole circuits, as many as fit, and rows stay in order."""
    asked = orders.of(*rows)
    most = 1 + room
    whole, parts = offices(), offices()
    expected = whole.desk().run(asked, shots)
    with pytest.MonkeyPatch.context() as patch:
        # Not a multiple of the shots: what is left is not filled with a part of a circuit.
        patch.setattr(costs, "EXECUTIONS_IN_A_JOB", most * shots + shots - 1)
        told = cost_of(asked, shots)
        found = parts.desk().run(asked, shots)
    assert same(found, expected)
    assert same(found, orders.bits(asked, shots))
    jobs = list(parts.service.jobs.values())
    assert whole.service.submissions == 1
    assert told == Cost(len(jobs), sum(rows), shots)
    assert [job.cost.circuits for job in jobs[:-1]] == [most] * (len(jobs) - 1)
    assert {job.shots for job in jobs} == {shots}
    assert [job.place.chunk for job in jobs] == list(range(len(jobs)))
    assert sum(job.cost.circuits for job in jobs) == sum(rows)


def test_the_same_orders_are_sent_once_in_all_of_a_runs_processes(office: "Office", orders: "Orders") -> None:
    asked = orders.of(3, 2)
    first = office.desk()
    expected = first.run(asked, SHOTS)
    before = list(office.service.calls)
    assert same(first.run(asked, SHOTS), expected)
    assert same(office.desk().run(asked, SHOTS), expected)
    assert office.service.calls == before
    (job,) = office.service.jobs.values()
    assert job.structures == ("gates", "gates*")
    assert job.place == ("shown and 1 more", 1, 0)


def test_everything_is_sent_before_anything_is_waited_for(
    office: "Office", orders: "Orders", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "EXECUTIONS_IN_A_JOB", 2 * SHOTS)
    office.desk().run(orders.of(5), SHOTS)
    assert [call for call in office.service.calls if call != "tagged"] == ["submit"] * 3 + ["look", "fetch"] * 3


def test_what_was_sent_and_not_waited_for_is_there_when_it_is_asked_for(office: "Office", orders: "Orders") -> None:
    (entry,) = office.desk().send(orders.of(3), SHOTS)
    assert (entry.known, entry.job_id) == ("submitted", "job-0")
    assert "fetch" not in office.service.calls
    assert same(office.desk().run(orders.of(3), SHOTS), orders.bits(orders.of(3), SHOTS))
    assert office.service.submissions == 1


def test_a_journal_tells_what_was_done_in_order(office: "Office", orders: "Orders") -> None:
    office.desk().run(orders.of(2), SHOTS)
    assert office.events == ["opened", "intent", "submitted", "status", "fetched"]


def test_the_intent_and_its_angles_are_on_the_disk_before_anything_is_sent(office: "Office", orders: "Orders") -> None:
    submit = office.service.submit

    def watch(job: Job) -> str:
        journal = office.journal()
        entry = journal.entry(job.key)
        assert entry is not None
        assert entry.known == "intended"
        assert entry.intent["tags"] == list(job.tags)
        assert same(journal.tables(job.key), list(job.tables))
        return submit(job)

    office.service.submit = watch  # type: ignore[method-assign]
    office.desk().run(orders.of(2), SHOTS)


def test_a_job_is_found_by_its_tags_and_stops_by_itself(office: "Office", orders: "Orders") -> None:
    office.desk().run(orders.of(2), SHOTS)
    (job,) = office.service.jobs.values()
    identity = office.journal().identity
    assert job.tags == ("qgan", f"qgan-run-{identity}", f"qgan-key-{job.key[:16]}")
    assert job.cost.seconds < job.max_seconds <= LONGEST_JOB
    intent = next(event for event in office.journal().ledger.events if event["event"] == "intent")
    assert intent["max_seconds"] == job.max_seconds
    assert (intent["shots"], intent["circuits"], intent["executions"]) == (SHOTS, 2, 2 * SHOTS)
    assert (intent["service"], intent["computer"], intent["attempt"]) == ("scripted", "scripted", 0)


def keys(office: "Office", asked: list[Order], shots: int, *, most: int = 10**7) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(costs, "EXECUTIONS_IN_A_JOB", most)
        return [entry.key for entry in office.desk(resubmit=True).send(asked, shots)]


def test_the_key_depends_on_all_that_decides_what_comes_of_a_job(
    offices: "Callable[[], Office]", orders: "Orders"
) -> None:
    office = offices()
    table = orders.of(2)[0].table
    moved = table.copy()
    moved[1, 1] = np.nextafter(table[1, 1], 9) + 2 * SAME
    (plain,) = asked = orders.of(2)
    made = {
        "plain": keys(office, asked, SHOTS),
        "angle": keys(office, [plain._replace(table=moved)], SHOTS),
        "order of rows": keys(office, [plain._replace(table=table[::-1])], SHOTS),
        "shape": keys(office, [plain._replace(table=table.reshape(4, 1))], SHOTS),
        "rows": keys(office, [plain._replace(table=table[:1])], SHOTS),
        "shots": keys(office, asked, SHOTS + 1),
        "step": keys(office, orders.of(2, step=2), SHOTS),
        "purpose": keys(office, orders.of(2, purpose="other"), SHOTS),
        "structure": keys(office, orders.of(2, gates="others"), SHOTS),
        "more": keys(office, orders.of(2, 1), SHOTS),
    }
    # Of two that are alike but for their place.
    alike = [plain._replace(table=np.tile(table[:1], (2, 1)))]
    made["chunk 0"], made["chunk 1"] = ([key] for key in keys(office, alike, 7, most=7))
    office.service.name = "another"
    made["service"] = keys(office, asked, SHOTS)
    made["run"] = keys(offices(), asked, SHOTS)
    for one, other in combinations(made, 2):
        assert not set(made[one]) & set(made[other]), (one, other)


@settings(max_examples=25)
@given(
    st.integers(0, 2**40),
    st.text(max_size=5),
    st.booleans(),
    st.booleans(),
    st.floats(10, 1e9),
    st.integers(10**5, 10**7),
)
def test_and_on_nothing_else(
    offices: "Callable[[], Office]",
    orders: "Orders",
    seed: int,
    calibrated: str,
    resubmit: bool,
    fortran: bool,
    budget: float,
    most: int,
) -> None:
    """Not on the seed, which angles are made of; the day; memory; where parts would begin that it does not have."""
    (plain,) = orders.of(3)
    known, office = offices(), offices()
    for each in (known, office):
        each.journal().write("opened", id="the same run")
    (expected,) = keys(known, [plain], SHOTS)
    office.journal().write("budget", seconds=budget)
    office.service.facts = {"computer": "scripted", "calibrated": calibrated}
    table = np.asfortranarray(plain.table) if fortran else plain.table
    asked = [plain._replace(table=table, key=plain.key._replace(seed=seed))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(costs, "EXECUTIONS_IN_A_JOB", most)
        (entry,) = office.desk(resubmit=resubmit).send(asked, SHOTS)
    assert entry.key == expected
    assert office.service.submissions == 1


@settings(max_examples=30)
@given(st.floats(-1, 1), st.integers(0, 5), st.floats(0, 0.4))
def test_angles_that_differ_by_rounding_are_those_that_were_sent(
    offices: "Callable[[], Office]", orders: "Orders", by: float, place: int, start: float
) -> None:
    office, asked = offices(), orders.of(3, start=start)
    expected = office.desk().run(asked, SHOTS)
    moved = asked[0].table.copy()
    moved.flat[place] += 0.99 * SAME * by
    assert same(office.desk().run([asked[0]._replace(table=moved)], SHOTS), expected)
    assert office.service.submissions == 1


@settings(max_examples=30)
@given(st.floats(1.01 * SAME, 3), st.sampled_from([-1, 1]), st.integers(0, 5))
def test_other_angles_in_a_place_that_was_paid_for_are_not_sent(
    offices: "Callable[[], Office]", orders: "Orders", by: float, sign: int, place: int
) -> None:
    office, (asked,) = offices(), orders.of(3)
    office.desk().run([asked], SHOTS)
    moved = asked.table.copy()
    moved.flat[place] += sign * by
    with pytest.raises(DoubtError, match="would send other angles for 'shown' of step 1") as caught:
        office.desk().run([asked._replace(table=moved)], SHOTS)
    assert caught.value.exit_code == 9
    assert caught.value.got == "job job-0, sent before"
    assert office.service.submissions == 1
    again = [asked._replace(table=moved)]
    assert same(office.desk(resubmit=True).run(again, SHOTS), orders.bits(again, SHOTS))
    assert office.service.submissions == 2
    # And from now on both are known, and so is what rounding makes of either.
    for table in (asked.table, moved, asked.table + SAME / 3, moved + SAME / 3):
        office.desk().run([asked._replace(table=table)], SHOTS)
    assert office.service.submissions == 2


@pytest.mark.parametrize("change", ["shots", "structure", "service", "rows"])
def test_another_kind_of_job_in_the_same_place_is_sent(office: "Office", orders: "Orders", change: str) -> None:
    office.desk().run(orders.of(2), SHOTS)
    if change == "service":
        office.service.name = "another"
    asked = orders.of(3 if change == "rows" else 2, gates="other" if change == "structure" else "gates", start=1.0)
    office.desk().run(asked, SHOTS + (change == "shots"))
    assert office.service.submissions == 2


@pytest.mark.parametrize("paid", [True, False])
def test_without_a_budget_nothing_is_sent_that_costs_something(office: "Office", orders: "Orders", paid: bool) -> None:
    office.service.paid = paid
    if not paid:
        office.desk().run(orders.of(1), SHOTS)
        return
    with pytest.raises(BudgetError, match="without a budget") as caught:
        office.desk().run(orders.of(1), SHOTS)
    assert caught.value.exit_code == 11
    assert office.service.calls == []
    assert "intent" not in office.events


@settings(max_examples=30)
@given(st.integers(1, 6), st.floats(0.1, 20))
def test_no_more_is_sent_than_the_budget_allows(
    offices: "Callable[[], Office]", orders: "Orders", n: int, budget: float
) -> None:
    """By the estimates of jobs that run still, and by what those took that have ended."""
    office = offices()
    office.service.paid = True
    office.journal().write("budget", seconds=budget)
    each = Cost(1, 2, SHOTS).seconds
    took = 1.5
    affordable = 0
    while affordable < n and affordable * took + each <= budget:
        affordable += 1
    for step in range(n):
        if step < affordable:
            office.desk().run(orders.of(2, step=step), SHOTS)
        else:
            with pytest.raises(BudgetError, match="does not suffice") as caught:
                office.desk().run(orders.of(2, step=step), SHOTS)
            assert caught.value.exit_code == 11
    assert office.service.submissions == affordable
    assert office.journal().spent == pytest.approx(affordable * took)
    # What was sent stays at hand.
    for step in range(affordable):
        office.desk().run(orders.of(2, step=step), SHOTS)


def test_what_runs_still_counts_by_its_estimate(office: "Office", orders: "Orders") -> None:
    each = Cost(1, 2, SHOTS).seconds
    office.journal().write("budget", seconds=1.9 * each)
    office.desk().send(orders.of(2), SHOTS)
    with pytest.raises(BudgetError, match=r"Got: 2\.0 s spent and 2\.0 s to come"):
        office.desk().send(orders.of(2, step=2), SHOTS)
    office.journal().write("budget", seconds=2 * each)
    office.desk().send(orders.of(2, step=2), SHOTS)
    assert office.service.submissions == 2


def test_a_damaged_result_is_fetched_and_not_paid_again(office: "Office", orders: "Orders") -> None:
    expected = office.desk().run(orders.of(2), SHOTS)
    (path,) = office.folder.rglob("result.npz")
    path.write_bytes(path.read_bytes()[:-1])
    assert same(office.desk().run(orders.of(2), SHOTS), expected)
    assert office.service.submissions == 1
    assert office.service.calls.count("fetch") == 2


def test_damaged_angles_of_a_place_are_refused(office: "Office", orders: "Orders") -> None:
    office.desk().run(orders.of(2), SHOTS)
    (path,) = office.folder.rglob("request.npz")
    path.unlink()
    with pytest.raises(CheckpointError):
        office.desk().run(orders.of(2, start=2.0), SHOTS)
    assert office.service.submissions == 1


def test_who_leaves_leaves_jobs_running(office: "Office", orders: "Orders") -> None:
    office.service.states["job-0"] = [View("running"), View("done", usage=1.0)]

    def stopped() -> None:
        if office.service.submissions:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.desk(stopped=stopped).run(orders.of(2), SHOTS)
    assert office.service.cancelled == []
    office.desk().run(orders.of(2), SHOTS)
    assert office.service.submissions == 1


def test_without_orders_there_is_nothing_to_send(office: "Office") -> None:
    for ask in (office.desk().run, office.desk().send):
        with pytest.raises(ConfigError, match="no circuits to run"):
            ask([], SHOTS)
    assert cost_of([], SHOTS) == Cost(0, 0, SHOTS)


def test_two_runs_on_one_account_keep_their_jobs_apart(offices: "Callable[[], Office]", orders: "Orders") -> None:
    one, other = offices(), offices()
    other.service = one.service
    one.desk().run(orders.of(2), SHOTS)
    other.desk().run(orders.of(2), SHOTS)
    assert one.service.submissions == 2
    assert one.service.cancelled == []
    assert isinstance(Desk(Journal(one.folder), one.service), Desk)
