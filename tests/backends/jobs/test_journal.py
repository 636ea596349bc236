"""What is known of jobs follows from what was written down, and from nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.backends.jobs.costs import Cost
from qgan.backends.jobs.journal import Entry, Journal
from qgan.backends.jobs.service import Job, Place
from qgan.errors import CheckpointError, ResourceError

if TYPE_CHECKING:
    from conftest import Office

USAGE = st.none() | st.floats(0, 100)
COST = Cost(1, 5, 40)


def job(key: str = "a" * 64, *, step: int = 1) -> Job:
    tables = (np.linspace(-3, 3, 6).reshape(3, 2), np.ones((2, 4)))
    facts = {"service": "scripted", "pubs": [{"isa": "x", "circuits": 3}, {"isa": "y", "circuits": 2}]}
    return Job(key, Place("shown", step, 0), ("qgan",), COST.shots, ("x", "y"), tables, facts, 60)


def bits(seed: int = 0, qubits: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 2, (3, COST.shots, qubits)), rng.integers(0, 2, (2, COST.shots, qubits + 7))]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Whatever may be said of two jobs, in any order."""

    def said(kind: str) -> st.SearchStrategy[dict[str, Any]]:
        facts: dict[str, Any] = {"key": st.sampled_from(["a" * 64, "b" * 64])}
        if kind in ("submitted", "adopted", "fetched", "failed", "cancelled", "duplicate"):
            facts["job"] = st.sampled_from(["one", "two", "three"])
        if kind in ("fetched", "failed", "cancelled", "duplicate"):
            facts["usage"] = USAGE
        if kind in ("failed", "cancelled", "lost", "refused"):
            facts["reason"] = st.text(max_size=3)
        if kind == "status":
            facts["state"] = st.sampled_from(["queued", "running"])
        return st.fixed_dictionaries(facts)

    kinds = ["refused", "submitted", "adopted", "status", "fetched", "failed", "cancelled", "lost", "duplicate"]
    return draw(st.lists(st.sampled_from(kinds).flatmap(lambda kind: st.tuples(st.just(kind), said(kind))), max_size=8))


def told(journal: Journal) -> tuple[list[Any], float]:
    return [vars(entry) for entry in journal], journal.spent


@settings(max_examples=40)
@given(histories())
def test_what_is_known_is_known_to_the_next_process_and_once_is_as_good_as_twice(
    offices: "Callable[[], Office]", history: list[tuple[str, dict[str, Any]]]
) -> None:
    office = offices()
    journal = office.journal()
    for key in "ab":
        journal.intend(job(64 * key))
    for kind, facts in history:
        journal.write(kind, **facts)
    known = told(journal)
    again = office.journal()
    assert told(again) == known
    for event in list(again.ledger.events):
        again._see(event)
    assert told(again) == known
    # What is no event of a job, or of none that is known, changes nothing.
    again.write("checked", cosine=1.0)
    again.write("submitted", key="c" * 64, job="stranger")
    assert told(again) == known


def test_events_and_what_they_mean(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    entry = journal.intend(job())
    assert (entry.known, entry.job_id, entry.pending) == ("intended", None, True)
    journal.write("refused", key=entry.key, reason="busy")
    assert (entry.known, entry.reason, entry.pending) == ("refused", "busy", False)
    assert journal.intend(job()) is entry
    assert entry.known == "intended"
    journal.write("submitted", key=entry.key, job="j")
    journal.write("status", key=entry.key, job="j", state="running")
    assert (entry.known, entry.job_id, entry.latest, entry.pending) == ("submitted", "j", "running", True)
    journal.write("failed", key=entry.key, job="j", reason="1305", usage=4.0)
    assert (entry.known, entry.reason, entry.usage, entry.pending) == ("failed", "1305", 4.0, False)
    assert journal.at(Place("shown", 1, 0)) == [entry]
    assert journal.at(Place("shown", 2, 0)) == journal.at(Place("shown", 1, 1)) == []


def test_what_was_spent_is_what_it_took_or_while_that_is_not_known_the_estimate(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    entry = journal.intend(job())
    estimate = pytest.approx(2 + 0.00035 * 200)
    assert journal.spent == estimate
    journal.write("submitted", key=entry.key, job="j")
    assert journal.spent == estimate
    journal.write("fetched", key=entry.key, job="j", sha256="0", usage=None)
    assert journal.spent == estimate
    journal.write("fetched", key=entry.key, job="j", sha256="0", usage=3.5)
    assert journal.spent == 3.5
    other = journal.intend(job("b" * 64))
    journal.write("failed", key=other.key, job="k", reason="", usage=0.5)
    assert journal.spent == 4.0
    third = journal.intend(job("c" * 64))
    journal.write("refused", key=third.key, reason="")
    assert journal.spent == 4.0


@pytest.mark.parametrize("late", [False, True])
def test_duplicates_are_paid_beside_their_job(tmp_path: Path, late: bool) -> None:
    """Whether they are found before it is known what the job itself took, or after."""
    journal = Journal(tmp_path)
    entry = journal.intend(job())
    journal.write("submitted", key=entry.key, job="j")

    def duplicates() -> None:
        journal.write("duplicate", key=entry.key, job="k", state_then="cancelled", usage=0.0)
        journal.write("duplicate", key=entry.key, job="l", state_then="cancelled", usage=0.25)

    if not late:
        duplicates()
        assert journal.spent == pytest.approx(entry.cost.seconds + 0.25)
    journal.write("fetched", key=entry.key, job="j", sha256="0", usage=3.5)
    if late:
        duplicates()
    assert journal.spent == pytest.approx(3.75)
    # Of one that runs still nobody knows.
    journal.write("duplicate", key=entry.key, job="m", state_then="running", usage=None)
    assert journal.spent == pytest.approx(3.75 + entry.cost.seconds)
    assert Journal(tmp_path).spent == journal.spent


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 9), st.booleans())
def test_results_are_there_again_bit_for_bit(
    offices: "Callable[[], Office]", seed: int, qubits: int, small: bool
) -> None:
    office = offices()
    journal, found = office.journal(), bits(seed, qubits)
    entry = journal.intend(job())
    assert journal.result(entry) is None
    journal.keep(entry, [each.astype(np.uint8 if small else np.int64) for each in found], 1.0)
    again = office.journal()
    kept = again.result(next(iter(again)))
    assert kept is not None
    for one, other in zip(kept, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_results_of_any_number_of_structures_are_in_order(tmp_path: Path) -> None:
    """Twelve of them, so that no order by name is the right one."""
    journal, entry = Journal(tmp_path), Journal(tmp_path).intend(job())
    journal = Journal(tmp_path)
    entry = next(iter(journal))
    found = [np.full((1, 2, 1 + place % 5), place % 2) for place in range(12)]
    journal.keep(entry, found, None)
    kept = journal.result(entry)
    assert kept is not None
    assert [each.shape for each in kept] == [each.shape for each in found]
    assert all(np.array_equal(one, other) for one, other in zip(kept, found, strict=True))


def test_the_angles_that_were_sent_are_there_again_to_the_last_bit(tmp_path: Path) -> None:
    Journal(tmp_path).intend(job())
    for one, other in zip(Journal(tmp_path).tables("a" * 64), job().tables, strict=True):
        assert one.tobytes() == other.tobytes()
        assert one.shape == other.shape


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "flipped"])
def test_a_damaged_result_is_none_so_that_it_is_fetched_again(tmp_path: Path, damage: str) -> None:
    journal = Journal(tmp_path)
    entry = journal.intend(job())
    journal.keep(entry, bits(), 1.0)
    (path,) = tmp_path.rglob("result.npz")
    data = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    elif damage == "flipped":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    else:
        path.write_bytes(data[: 0 if damage == "empty" else -1])
    assert journal.result(entry) is None
    journal.keep(entry, bits(1), 1.0)
    kept = Journal(tmp_path).result(entry)
    assert kept is not None
    np.testing.assert_array_equal(kept[0], bits(1)[0])


@pytest.mark.parametrize("damage", ["gone", "cut", "empty", "another"])
def test_damaged_angles_are_refused(tmp_path: Path, damage: str) -> None:
    journal = Journal(tmp_path)
    journal.intend(job())
    (path,) = tmp_path.rglob("request.npz")
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:-40], "empty": b"", "another": b"12345678"}[damage])
    with pytest.raises(CheckpointError, match="What was kept of a job is damaged") as caught:
        journal.tables("a" * 64)
    assert caught.value.exit_code == 5


def test_a_result_counts_as_fetched_only_once_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    entry = journal.intend(job())
    journal.write("submitted", key=entry.key, job="j")

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("qgan.backends.jobs.journal.atomic_write", fail)
    with pytest.raises(ResourceError, match="nothing was lost"):
        journal.keep(entry, bits(), 1.0)
    assert Journal(tmp_path).entry(entry.key) == entry
    assert entry.known == "submitted"


def test_nothing_is_intended_whose_angles_are_not_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    journal = Journal(tmp_path)
    append = journal.ledger.append

    def watch(event: str, **facts: Any) -> Any:
        seen.extend(path.name for path in tmp_path.rglob("*.npz"))
        return append(event, **facts)

    monkeypatch.setattr(journal.ledger, "append", watch)
    journal.intend(job())
    assert seen == ["request.npz"]


@settings(max_examples=20)
@given(st.lists(st.floats(0.5, 1e6), max_size=4))
def test_the_budget_is_what_was_said_last(offices: "Callable[[], Office]", said: list[float]) -> None:
    office = offices()
    for seconds in said:
        office.journal().write("budget", seconds=seconds)
    assert office.journal().budget == (said[-1] if said else None)


def test_the_service_is_where_jobs_went_last(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.service is None
    journal.intend(job())
    assert Journal(tmp_path).service == "scripted"


def test_a_journal_has_one_identity_for_ever_and_shares_it_with_none(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = Journal(tmp_path / "one"), Journal(tmp_path / "two")
    assert one.identity == one.identity == Journal(tmp_path / "one").identity
    assert one.identity != two.identity
    assert len(one.ledger.events) == 1


def test_looking_writes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert (list(journal), journal.spent, journal.budget, journal.service) == ([], 0, None, None)
    assert not Journal.there(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert journal.identity
    assert Journal.there(tmp_path)


def test_what_cannot_be_used_is_kept_as_it_came(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    entry = journal.intend(job())
    journal.write("submitted", key=entry.key, job="j")
    path = journal.reject(entry, b"\x00no result\xff", "no JSON")
    assert path.read_bytes() == b"\x00no result\xff"
    assert isinstance(entry, Entry)
    assert entry.known == "submitted"
    assert Journal(tmp_path).result(entry) is None
