import math
from typing import Any

import pytest

from qgan.config import RunConfig, load
from qgan.errors import ConfigError
from qgan.validation import validate


def refusal(key: str, value: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load("digits-patch", changes=[(key, value)])
    assert caught.value.exit_code == 2
    return caught.value


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
    document = load("digits-patch").document()
    del document[missing]
    with pytest.raises(ConfigError, match=f"The setting '{missing}' is missing"):
        validate(RunConfig, document)


@pytest.mark.parametrize("value", ["x" * 10**5, list(range(10**5))])
def test_what_was_received_is_shown_in_short(value: Any) -> None:
    assert len(str(refusal("train.steps", value))) < 400


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, [1.0, math.inf], {"deep": {"er": math.nan}}])
def test_numbers_that_are_not_finite_are_refused_in_any_part(value: Any) -> None:
    assert "finite" in str(refusal("backend.anything", value))
