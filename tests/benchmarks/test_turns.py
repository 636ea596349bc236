"""Who is timed, how often, and what is said of those who cannot be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import turns
from benchmarks.turns import SAME, SLOW, answered, by_turns, differs, once

READY = {"compile_s": 2.0, "c_dtype": "complex64", "versions": {"it": "1"}, "check": {"out": 1.0, "grad": 5.0}}


def test_another_result_is_told() -> None:
    assert not differs({"out": 1.0 + SAME / 2, "grad": 5.0}, (1.0, 5.0))
    assert differs({"out": 1.0 + 2 * SAME, "grad": 5.0}, (1.0, 5.0))
    assert differs({"out": 1.0, "grad": 5.1}, (1.0, 5.0))


def test_a_worker_is_timed_if_it_is_ready_and_gives_the_same() -> None:
    assert answered(READY, (1.0, 5.0)) == {
        "compile_s": 2.0, "c_dtype": "complex64", "versions": {"it": "1"}, "ms": [], "ratios": [],
    }  # fmt: skip
    assert answered(READY, (1.0, 6.0)) == {"problem": "another result: 1 and 5 for 1 and 6"}
    assert answered({"error": "no room"}, (1.0, 5.0)) == {"problem": "no room"}


def test_others_have_turns_as_long_as_they_can_and_are_not_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "block", lambda ours: ours())
    own, steady, failing = iter([1.0, 2.0, 4.0]), iter([3.0, 8.0, 8.0]), iter([1.0, "died"])
    slow, told = iter([2 * SLOW]), list[str]()
    others: dict[str, Iterator[Any]] = {"slow": slow, "failing": failing, "steady": steady}
    found: dict[str, Any] = {name: {"ms": [], "ratios": []} for name in others} | {"absent": {"problem": "no room"}}
    asked = {name: each.__next__ for name, each in others.items()}
    assert by_turns(own.__next__, asked, found, rounds=3, slow=told.append) == [1.0, 2.0, 4.0]
    assert told == ["slow"]
    assert found == {
        "slow": {"ms": [2 * SLOW], "ratios": [2 * SLOW], "ratio": 2 * SLOW},
        "failing": {"problem": "died"},
        "steady": {"ms": [3.0, 8.0, 8.0], "ratios": [3.0, 4.0, 2.0], "ratio": 3.0},
        "absent": {"problem": "no room"},
    }


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    made = iter([{"ms": [1.5]}])
    path = tmp_path / "rows" / "a.json"
    assert once(path, made.__next__) == once(path, made.__next__) == {"ms": [1.5]}
