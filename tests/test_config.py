import math
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.config import (
    MAX_BYTES,
    RunConfig,
    assignment,
    load,
    merge,
    override,
    parse_toml,
    read_toml,
    recipe_names,
    recipe_text,
    to_toml,
    validate,
)
from qgan.errors import ConfigError

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), text
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**63 - 1),
        "recipe": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True),
        "train.steps": st.integers(0, 10**9),
        "train.grad_clip": st.floats(min_value=0, exclude_min=True, allow_infinity=False),
        "train.min_gain": st.one_of(st.integers(0, 10), st.floats(0, 1)),
        "train.until": st.sampled_from(["steps", "converged"]),
        "evaluate.samples": st.integers(2, 1000),
        "evaluate.metrics": st.lists(text, min_size=1, unique=True),
        "run.threads": st.one_of(st.just("auto"), st.integers(1, 1024)),
        "run.device": st.sampled_from(["auto", "cpu", "cuda"]),
        "generator.anything": scalars,
        "data.list": st.lists(st.lists(scalars, max_size=2), max_size=3),
        "loss.name": text,
        "backend.deeper": st.dictionaries(text, scalars, max_size=3),
    },
)
documents = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), st.one_of(st.integers(), st.lists(st.integers(), max_size=2)), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), st.one_of(st.integers(), inner), max_size=3),
    max_leaves=6,
)


def refusal(key: str, value: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load("digits", changes=[(key, value)])
    assert caught.value.exit_code == 2
    return caught.value


@settings(max_examples=40)
@given(changes)
def test_a_configuration_survives_being_written(chosen: dict[str, Any]) -> None:
    config = load("digits", changes=chosen.items())
    again = validate(RunConfig, tomllib.loads(to_toml(config)))
    assert again == config
    assert again.document() == config.document()
    assert again.sha256() == config.sha256()
    assert to_toml(again) == to_toml(config)


def test_the_hash_tells_configurations_apart() -> None:
    seeds = {load("digits", changes=[("seed", seed)]).sha256() for seed in range(5)}
    assert len(seeds) == 5


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_loads_and_bears_its_files_name(name: str) -> None:
    config = load(name)
    assert config.recipe == name
    assert recipe_text(name).startswith("#"), "a recipe says what it reproduces"
    assert config.evaluate.metric in config.evaluate.metrics


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'digits'"):
        load("digit")


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("sead", "seed"),
        ("trian.steps", "train"),
        ("train.stepz", "steps"),
        ("evaluate.metrc", "metric"),
        ("run.thread", "threads"),
        ("optimizer.generatr", "generator"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(key: str, nearest: str) -> None:
    message = str(refusal(key, 1))
    assert f"There is no setting '{key.removesuffix('.steps')}'" in message
    assert f"Did you mean '{nearest}'?" in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", "3"),
        ("seed", 2.5),
        ("seed", True),
        ("seed", -1),
        ("seed", 2**63),
        ("recipe", "../up"),
        ("recipe", ""),
        ("train.steps", "3"),
        ("train.steps", 2.0),
        ("train.steps", True),
        ("train.steps", -1),
        ("train.steps", float("nan")),
        ("train.batch_size", 0),
        ("train.batch_size", 2**21),
        ("train.discriminator_updates", 0),
        ("train.grad_clip", 0.0),
        ("train.grad_clip", float("nan")),
        ("train.grad_clip", float("inf")),
        ("train.grad_clip", "1"),
        ("train.until", "never"),
        ("train.patience", 0),
        ("train.min_gain", -0.1),
        ("train", 3),
        ("evaluate.metrics", []),
        ("evaluate.metrics", ["mmd", "mmd"]),
        ("evaluate.metrics", ["mmd", 3]),
        ("evaluate.metrics", "mmd"),
        ("evaluate.samples", 1),
        ("run.threads", 0),
        ("run.threads", True),
        ("run.threads", 2.0),
        ("run.threads", "many"),
        ("run.threads", 1025),
        ("run.device", "tpu"),
        ("run.keep_last", 1),
        ("data", []),
        ("data.name", 3),
        ("optimizer.generator", "adam"),
    ],
)
def test_a_wrong_value_is_refused_and_named(key: str, value: Any) -> None:
    message = str(refusal(key, value))
    assert f"'{key}" in message
    assert "Got: " in message


def test_the_message_names_the_key_and_not_a_type() -> None:
    assert str(refusal("run.threads", "many")).startswith("The setting 'run.threads' cannot be used: must be a whole")


@pytest.mark.parametrize("missing", ["data", "generator", "optimizer"])
def test_a_missing_part_is_named(missing: str) -> None:
    document = load("digits").document()
    del document[missing]
    with pytest.raises(ConfigError, match=f"The setting '{missing}' is missing"):
        validate(RunConfig, document)


@pytest.mark.parametrize("value", ["x" * 10**5, list(range(10**5))])
def test_what_was_received_is_shown_in_short(value: Any) -> None:
    assert len(str(refusal("train.steps", value))) < 400


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


def test_a_deep_override_is_refused() -> None:
    key = ".".join(["data", *"a" * 5000])
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(changes=[(key, 1)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"seed = ", "is not TOML"),
        (b"seed = 1\nseed = 2", "is not TOML"),
        (b"\xef\xbb\xbfseed = 1", "is not TOML"),
        (b"\xff\xfes\x00", "cannot be read"),
        (b"a = " + b"9" * 5000, "is not TOML"),
        (b"a = " + b"[" * 33 + b"]" * 33, "nested too deeply"),
        (b"# " + b"]" * 5000 + b"\na = " + b"[" * 5000, "nested too deeply"),
        (b".".join([b"a"] * 5000) + b" = 1", "nested too deeply"),
        (b"[" + b".".join([b"a"] * 5000) + b"]", "nested too deeply"),
        (b"#" * (MAX_BYTES + 1), "too large"),
        (b"train = 3", "'train'"),
        (b"recipe = 3", "'recipe'"),
        (b"seed = 2020-01-01", "'seed'"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        load(file=path)


def test_brackets_in_comments_and_texts_do_not_count() -> None:
    assert parse_toml("# " + "[" * 100 + '\na = "' + "{" * 100 + '"', source="it") == {"a": "{" * 100}


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "absent.toml", tmp_path / ("a" * 300), Path("a\0b")):
        with pytest.raises(ConfigError):
            read_toml(path)


def test_a_file_is_laid_over_the_recipe_it_names(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('recipe = "digits-classical"\n[train]\nsteps = 7\n', encoding="utf-8")
    config = load(file=path, changes=[("train.batch_size", 3)])
    assert (config.generator.name, config.train.steps, config.train.batch_size) == ("mlp", 7, 3)
    path.write_text('recipe = "mine"\n', encoding="utf-8")
    config = load(file=path)
    assert (config.recipe, config.generator.name) == ("mine", "patch")


def test_a_configuration_is_frozen() -> None:
    config = load("digits")
    for model, field in ((config, "seed"), (config.train, "steps"), (config.data, "name")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(model, field, 1)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, [1.0, math.inf], {"deep": {"er": math.nan}}])
def test_numbers_that_are_not_finite_are_refused_in_any_part(value: Any) -> None:
    assert "finite" in str(refusal("backend.anything", value))
