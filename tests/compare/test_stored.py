"""What is written is read again, whatever it is; what is damaged says where."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.compare.cost import BreakEven, Cost, Hardware
from qgan.compare.entries import Book, Entry, Tuning
from qgan.compare.rescoring import Rescored
from qgan.compare.speed import Speed
from qgan.compare.stored import read, write
from qgan.errors import CheckpointError

KINDS = (Tuning, Entry, Book, Rescored, Speed, Cost, BreakEven, Hardware)
finite = st.floats(allow_nan=False, allow_infinity=False)
# Settings of a configuration are what TOML has; nothing of them is converted.
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | st.text(), st.lists, max_leaves=3
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(data=st.data())
def test_whatever_is_written_is_read_again(kind: type, data: st.DataObject, tmp_path_factory) -> None:
    value = data.draw(st.builds(kind, **_fields(kind)))
    path = tmp_path_factory.getbasetemp() / "stored" / f"{kind.__name__}.json"
    write(path, value)
    # As text, since what is not a number does not equal itself.
    assert repr(read(path, kind)) == repr(value)
    json.loads(path.read_text("utf-8"), parse_constant=_no_constant)


def _fields(kind: type) -> dict[str, st.SearchStrategy]:
    """Strategies for those that hypothesis would make something else of."""
    settings = st.dictionaries(st.text(), plain, max_size=3)
    entries = st.lists(st.builds(Entry, document=settings, tuning=st.none()), min_size=1, max_size=2).map(tuple)
    known = {"document": settings, "settings": settings, "entries": entries, "tuning": st.none()}
    found = {}
    for name, hint in get_type_hints(kind).items():
        if name in known:
            found[name] = known[name]
        elif get_origin(hint) is Mapping:
            keys, values = map(st.from_type, get_args(hint))
            found[name] = st.dictionaries(keys, values, max_size=3)
    return found


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def test_a_trial_that_came_to_nothing_is_infinite_and_stays_so(tmp_path: Path) -> None:
    tuning = Tuning(2, 1.0, {"optimizer.generator.lr": 0.01}, (math.inf, 0.25), {0: math.inf, 1: 0.5}, failed=1)
    write(tmp_path / "t.json", tuning)
    assert read(tmp_path / "t.json", Tuning) == tuning


@dataclass(frozen=True)
class Pair:
    one: int
    other: tuple[float, ...]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"one": 1}', "other"),
        ('{"one": "x", "other": []}', "one"),
        ('{"one": 1, "other": [1, null]}', r"other\.1"),
        ('{"one": 1, "other"', "cannot be read"),
        ("[]", "not an object"),
        ("", "cannot be read"),
    ],
)
def test_what_is_damaged_says_where(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "pair.json"
    path.write_text(text)
    with pytest.raises(CheckpointError, match=key) as caught:
        read(path, Pair)
    assert str(path) in str(caught.value)


def test_what_is_missing_is_an_error_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        read(tmp_path / "nothing.json", Pair)


def test_a_file_is_replaced_whole_and_its_directories_are_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "pair.json"
    for value in (Pair(1, (1.0, 2.0)), Pair(2, ())):
        write(path, value)
        assert read(path, Pair) == value
    assert [each.name for each in path.parent.iterdir()] == ["pair.json"]
