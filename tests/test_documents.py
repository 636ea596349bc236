import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.documents import MAX_BYTES, assignment, merge, override, parse_toml, read_toml
from qgan.errors import ConfigError

documents = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), st.one_of(st.integers(), st.lists(st.integers(), max_size=2)), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), st.one_of(st.integers(), inner), max_size=3),
    max_leaves=6,
)


@given(documents, documents)
def test_merging_lays_one_document_over_another(base: dict[str, Any], over: dict[str, Any]) -> None:
    merged = merge(base, over)
    assert merge(base, {}) == base
    assert merge({}, over) == over
    assert merge(merged, over) == merged
    assert set(merged) == {*base, *over}
    for key in set(base) - set(over):
        assert merged[key] == base[key]


@given(documents, documents)
def test_merging_and_overriding_leave_what_they_are_given(base: dict[str, Any], over: dict[str, Any]) -> None:
    before = repr((base, over))
    merged = merge(base, over)
    merged["new"] = 1
    override(base, [("x.y", 1), ("a.name", "other")] if not isinstance(base.get("a", {}), (int, list)) else [])
    assert repr((base, over)) == before


def test_another_name_drops_the_old_options() -> None:
    base = {"loss": {"name": "one", "a": 1}}
    assert merge(base, {"loss": {"name": "two", "b": 2}}) == {"loss": {"name": "two", "b": 2}}
    assert merge(base, {"loss": {"name": "one", "b": 2}}) == {"loss": {"name": "one", "a": 1, "b": 2}}
    assert merge(base, {"loss": {"b": 2}}) == {"loss": {"name": "one", "a": 1, "b": 2}}
    assert override(base, [("loss.name", "one")]) == base


@pytest.mark.parametrize("swap", [False, True])
def test_names_are_set_before_options(swap: bool) -> None:
    chosen = [("loss.b", 2), ("loss.name", "two")]
    result = override({"loss": {"name": "one", "a": 1}}, chosen[::-1] if swap else chosen)
    assert result == {"loss": {"name": "two", "b": 2}}


def test_the_last_of_two_overrides_counts() -> None:
    assert override({}, [("a.b", 1), ("a.b", 2)]) == {"a": {"b": 2}}


def test_a_value_has_no_parts() -> None:
    with pytest.raises(ConfigError, match=r"'seed' has no parts"):
        override({"seed": 0}, [("seed.x", 1)])


def test_another_backend_keeps_all_options_but_the_precision() -> None:
    before = {"backend": {"name": "batched.qubit", "c_dtype": "complex64", "shots": 8}}
    assert override(before, [("backend.name", "batched.qubit")]) == before
    assert override(before, [("backend.shots", 9), ("backend.name", "other")]) == {
        "backend": {"name": "other", "shots": 9}
    }
    both = override(before, [("backend.c_dtype", "complex128"), ("backend.name", "other")])
    assert both["backend"]["c_dtype"] == "complex128"


def test_another_gradient_drops_what_was_said_of_the_perturbations() -> None:
    before = {"backend": {"name": "aer", "gradient": "spsa", "spsa_step": 0.1, "spsa_directions": 2}}
    assert override(before, [("backend.gradient", "spsa")]) == before
    assert override(before, [("backend.gradient", "auto")]) == {"backend": {"name": "aer", "gradient": "auto"}}
    # What is said anew stays, whatever the order, so that it is refused and not lost.
    both = override(before, [("backend.spsa_step", 0.2), ("backend.gradient", "auto")])
    assert both["backend"] == {"name": "aer", "gradient": "auto", "spsa_step": 0.2}


@pytest.mark.parametrize(
    ("written", "key", "value"),
    [
        ("train.steps=200", "train.steps", 200),
        ("data.classes=[0, 1]", "data.classes", [0, 1]),
        ("a = true", "a", True),
        ("data.name=digits", "data.name", "digits"),
        ('data.name="3"', "data.name", "3"),
        ("a=b=c", "a", "b=c"),
        ("a=", "a", ""),
        ("a=1\nb=2", "a", "1\nb=2"),
        ("a=" + "9" * 5000, "a", "9" * 5000),
        ("a=" + "[" * 5000, "a", "[" * 5000),
    ],
)
def test_an_assignment_is_read_as_toml_or_else_as_text(written: str, key: str, value: Any) -> None:
    assert assignment(written) == (key, value)


@pytest.mark.parametrize("written", ["", "train.steps", "=3", "train..steps=3", ".=1", " =1"])
def test_an_assignment_needs_key_and_value(written: str) -> None:
    with pytest.raises(ConfigError, match="KEY=VALUE"):
        assignment(written)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"seed = ", "is not TOML"),
        (b"seed = 1\nseed = 2", "is not TOML"),
        (b"\xef\xbb\xbfseed = 1", "byte order mark"),
        (b"\xff\xfes\x00", "cannot be read"),
        (b"a = " + b"9" * 5000, "is not TOML"),
        (b"a = " + b"[" * 33 + b"]" * 33, "nested too deeply"),
        (b"# " + b"]" * 5000 + b"\na = " + b"[" * 5000, "nested too deeply"),
        (b".".join([b"a"] * 5000) + b" = 1", "nested too deeply"),
        (b"[" + b".".join([b"a"] * 5000) + b"]", "nested too deeply"),
        (b"#" * (MAX_BYTES + 1), "too large"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        read_toml(path)


def test_brackets_in_comments_and_texts_do_not_count() -> None:
    assert parse_toml("# " + "[" * 100 + '\na = "' + "{" * 100 + '"', source="it") == {"a": "{" * 100}


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "absent.toml", tmp_path / ("a" * 300), Path("a\0b")):
        with pytest.raises(ConfigError):
            read_toml(path)


def test_another_backend_keeps_the_shots() -> None:
    base = {"backend": {"name": "default.qubit", "shots": 20}}
    assert override(base, [("backend.name", "lightning.qubit")]) == {
        "backend": {"name": "lightning.qubit", "shots": 20}
    }
