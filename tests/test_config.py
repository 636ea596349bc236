import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.config import Compare, RunConfig, load, recipe_names, recipe_text, to_toml
from qgan.errors import ConfigError
from qgan.validation import validate

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
        "train.ema": st.floats(0, 1, exclude_max=True),
        "train.conditional": st.booleans(),
        "penalty.name": text,
        "schedule.generator.name": text,
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


@settings(max_examples=40)
@given(changes)
def test_a_configuration_survives_being_written(chosen: dict[str, Any]) -> None:
    config = load("digits-patch", changes=chosen.items())
    again = validate(RunConfig, tomllib.loads(to_toml(config)))
    assert again == config
    assert again.document() == config.document()
    assert again.sha256() == config.sha256()
    assert to_toml(again) == to_toml(config)


def test_the_hash_tells_configurations_apart() -> None:
    seeds = {load("digits-patch", changes=[("seed", seed)]).sha256() for seed in range(5)}
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


def test_a_deep_override_is_refused() -> None:
    key = ".".join(["data", *"a" * 5000])
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(changes=[(key, 1)])


def test_a_file_is_laid_over_the_recipe_it_names(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('recipe = "digits-patch-classical"\n[train]\nsteps = 7\n', encoding="utf-8")
    config = load(file=path, changes=[("train.batch_size", 3)])
    assert (config.generator.name, config.train.steps, config.train.batch_size) == ("mlp", 7, 3)
    path.write_text('recipe = "mine"\n', encoding="utf-8")
    config = load(file=path)
    assert (config.recipe, config.generator.name) == ("mine", "patch")


@pytest.mark.parametrize(
    ("content", "key"), [("train = 3", "train"), ("recipe = 3", "recipe"), ("seed = 2020-01-01", "seed")]
)
def test_a_file_with_a_wrong_value_is_refused_by_its_key(tmp_path: Path, content: str, key: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"'{key}'"):
        load(file=path)


def test_a_configuration_is_frozen() -> None:
    config = load("digits-patch")
    for model, field in ((config, "seed"), (config.train, "steps"), (config.data, "name")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(model, field, 1)


def test_a_run_of_an_earlier_version_keeps_its_hash() -> None:
    """Its file has none of what came later, and its checkpoints bear the hash of that file."""
    document = load("digits-patch").document()
    for key in ("twin", "penalty", "schedule", "compare"):
        del document[key]
    for key in ("ema", "conditional"):
        del document["train"][key]
    then = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    assert validate(RunConfig, document).sha256() == then
    assert validate(RunConfig, document) == load("digits-patch").model_copy(update={"compare": Compare()})


@pytest.mark.parametrize(
    ("key", "value"),
    [("metric", "kl"), ("opponent", "mlp"), ("margin", 0.3), ("skill", 0.9)],
)
def test_what_a_comparison_claims_makes_no_other_run(key: str, value: Any) -> None:
    claiming = load("digits-patch", changes=[(f"compare.{key}", value)])
    assert getattr(claiming.compare, key) == value
    assert claiming.sha256() == load("digits-patch").sha256()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("twin.name", "dephased"),
        ("penalty.name", "r1"),
        ("schedule.generator.name", "cosine"),
        ("schedule.discriminator.name", "cosine"),
        ("train.ema", 0.9),
        ("train.conditional", True),
    ],
)
def test_what_came_later_counts_where_it_is_used(key: str, value: Any) -> None:
    assert load("digits-patch", changes=[(key, value)]).sha256() != load("digits-patch").sha256()
