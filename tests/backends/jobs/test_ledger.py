"""What is written is there, whole, in order and for ever; what is damaged is refused; what is torn is healed."""

import hashlib
import json
import os
import stat
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.backends.jobs import ledger as module
from qgan.backends.jobs.ledger import VERSION, Ledger
from qgan.errors import CheckpointError, ResourceError

# JSON's numbers are doubles for some who read them; a ledger's are Python's.
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = st.text(max_size=8).filter(lambda name: name not in ("version", "time", "event", "sum", "self"))
facts = st.dictionaries(names, values, max_size=4)
histories = st.lists(st.tuples(st.text(max_size=8), facts), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    folder, numbers = tmp_path_factory.mktemp("ledgers"), count()
    return lambda: folder / f"{next(numbers)}.jsonl"


@pytest.fixture
def path(fresh: Callable[[], Path]) -> Path:
    return fresh()


def written(path: Path, *events: str) -> Ledger:
    ledger = Ledger(path)
    for number, event in enumerate(events):
        ledger.append(event, number=number, reason="émigré \u2028 \U0001f600")
    return ledger


@settings(max_examples=40)
@given(histories)
def test_what_is_read_again_is_what_was_written(fresh: Callable[[], Path], history: list[tuple[str, dict]]) -> None:
    path = fresh()
    ledger = Ledger(path)
    said = [ledger.append(event, **known) for event, known in history]
    assert Ledger(path).events == ledger.events == said
    for told, (event, known) in zip(said, history, strict=True):
        assert told == {"version": VERSION, "time": told["time"], "event": event, **known}


@settings(max_examples=60)
@given(st.data())
def test_a_tail_torn_anywhere_is_healed_and_all_before_it_stays(fresh: Callable[[], Path], data: st.DataObject) -> None:
    path = fresh()
    known = written(path, "one", "two", "three").events
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    lines = whole[:cut].count(b"\n")
    healed = Ledger(path)
    assert healed.events == known[:lines]
    assert path.read_bytes() == b"".join(whole.splitlines(keepends=True)[:lines])
    healed.append("next")
    assert [event["event"] for event in Ledger(path).events] == [*("one", "two", "three")[:lines], "next"]


@settings(max_examples=150)
@given(st.data())
def test_a_byte_changed_in_an_earlier_line_is_refused_or_says_the_same(
    fresh: Callable[[], Path], data: st.DataObject
) -> None:
    """The same where JSON has two ways to say it: a tab for a space, or an e for an E."""
    path = fresh()
    known = written(path, "one", "two", "three").events
    whole = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, whole.rindex(b"\n", 0, -1)))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    assert read_or_refused(path) in (None, known)
    assert path.read_bytes() == whole


def read_or_refused(path: Path) -> Any:
    """Its events; None where it is refused."""
    try:
        return Ledger(path).events
    except CheckpointError:
        return None


def test_a_digit_or_a_letter_that_has_changed_is_refused(path: Path) -> None:
    written(path, "one", "two")
    whole = path.read_bytes()
    for place in range(whole.index(b"\n")):
        before = whole[place : place + 1]
        if before.isalnum():
            changed = b"3" if before.isalpha() else b"7" if before != b"7" else b"6"
            path.write_bytes(whole[:place] + changed + whole[place + 1 :])
            with pytest.raises(CheckpointError, match="Line 1 of") as caught:
                Ledger(path)
            assert caught.value.exit_code == 5


DEEP = b"[" * 5000 + b"]" * 5000
NO_EVENTS = [b"", b"[]", b"1", b"null", b"{}", b'{"sum": 1}', b"\xff\xfe", b"{" * 5000]
NO_EVENTS += [b'{"version": 1, "x": %s, "sum": "0"}' % value for value in (b"NaN", b"1e999", b'"\\ud800"', DEEP)]


@pytest.mark.parametrize("line", NO_EVENTS, ids=range(len(NO_EVENTS)))
def test_what_is_no_event_is_refused_with_its_line(path: Path, line: bytes) -> None:
    written(path, "one")
    whole = path.read_bytes()
    path.write_bytes(whole + line + b"\n" + whole)
    with pytest.raises(CheckpointError, match="Line 2 of") as caught:
        Ledger(path)
    assert caught.value.cure is not None
    assert "paid twice" in caught.value.cure


def test_lines_of_another_version_are_refused(path: Path) -> None:
    written(path, "one")
    known: dict[str, Any] = {"version": VERSION + 1, "time": "then", "event": "two"}
    total = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]
    path.write_bytes(path.read_bytes() + json.dumps({**known, "sum": total}).encode() + b"\n")
    with pytest.raises(CheckpointError, match="of another version") as caught:
        Ledger(path)
    assert (caught.value.got, caught.value.allowed) == (VERSION + 1, VERSION)


def test_nobody_else_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        written(path, "one")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_made_before_the_first_event(path: Path) -> None:
    assert Ledger(path).events == []
    assert not path.exists()


def test_a_line_is_on_the_disk_before_its_event_is_known(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One write of a whole line, then its fsync; and for a new file that of its directory, which holds the name."""
    done: list[str] = []
    write, fsync = os.write, os.fsync
    ledger = Ledger(path)

    def writing(descriptor: int, data: bytes) -> int:
        assert data.endswith(b"\n")
        done.append("write")
        return write(descriptor, data)

    def syncing(descriptor: int) -> None:
        done.append("sync directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync")
        assert len(ledger.events) == done.count("write") - 1
        fsync(descriptor)

    monkeypatch.setattr(os, "write", writing)
    monkeypatch.setattr(os, "fsync", syncing)
    ledger.append("one")
    ledger.append("two")
    assert done == ["write", "sync", "sync directory", "write", "sync"]


def fail(*_: Any) -> Any:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("what", ["open", "write", "fsync", "short"])
def test_what_cannot_be_written_is_no_event(path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = written(path, "one")
    known, write = list(ledger.events), os.write
    with monkeypatch.context() as patch:
        if what == "short":
            patch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:10]))
        else:
            patch.setattr(os, what, fail)
        with pytest.raises(ResourceError, match="must know of every job") as caught:
            ledger.append("two")
    assert caught.value.exit_code == 7
    assert ledger.events == known
    # Afterwards it goes on, whatever was left of the line.
    ledger.append("three")
    told = [event["event"] for event in Ledger(path).events]
    assert told == (["one", "two", "three"] if what == "fsync" else ["one", "three"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_torn_tail_that_cannot_be_cut_off_is_said_so(path: Path) -> None:
    written(path, "one")
    path.write_bytes(path.read_bytes()[:-3])
    path.chmod(0o400)
    with pytest.raises(ResourceError, match="cannot be written"):
        Ledger(path)


def test_a_torn_tail_that_cannot_be_cut_off_is_said_so_to_root_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(path, "one")
    path.write_bytes(path.read_bytes()[:-3])
    monkeypatch.setattr(module, "heal_tail", fail)
    with pytest.raises(ResourceError, match="cannot be written") as caught:
        Ledger(path)
    assert caught.value.exit_code == 7
