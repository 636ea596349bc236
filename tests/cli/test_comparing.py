"""``qgan compare``: what it refuses, what it forecasts, and a small comparison from the first command to the last."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from qgan.cli.comparing import seeds_of
from qgan.compare.speed import Untimed
from qgan.config import RunConfig
from qgan.errors import ConfigError

if TYPE_CHECKING:
    from conftest import Qgan

SMALL = (
    "bimodal",
    "--seeds=2",
    "--baselines=mlp",
    "--controls=unentangled",
    "--set=train.steps=4",
    "--set=evaluate.every=2",
    "--set=evaluate.metrics=['kl','ks']",
    "--set=evaluate.samples=60",
    "--workers=1",
)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("10", tuple(range(10))), ("1", (0,)), ("3,5,8", (3, 5, 8)), ("7,", (7,)), ("0,1", (0, 1))],
)
def test_seeds(text: str, seeds: tuple[int, ...]) -> None:
    assert seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "0", "1001", "-3", "3,3", "a", "1,,2", ",", "1.5", "3,5,"])
def test_seeds_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="These seeds cannot be used"):
        seeds_of(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "There is nothing to compare"),
        (("nothere",), "There is no recipe called 'nothere'"),
        (("bimodal-classical", "--untuned"), "has no quantum generator"),
        (("bimodal", "--controls", "dephase"), "dephased"),
        (("bimodal", "--baselines", "conv"), "There is no baseline called 'conv'"),
        (("bimodal", "--trials", "0"), "The number of trials cannot be used"),
        (("bimodal", "--trials", "3", "--untuned"), "The number of trials cannot be used"),
        (("bimodal", "--set", "seed=3"), "--seeds 3,"),
        (("bimodal", "--workers", "0"), "There must be a process"),
        (("--resume", "absent"), "absent is no comparison"),
        (("--resume", "a", "--out", "b"), "stays where it is"),
        (("bimodal", "--set", "compare.opponent=frozen", "--controls", "none"), "would not be there"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    call: "Qgan", tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = call("compare", *arguments)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""
    assert not list(tmp_path.iterdir())


def test_a_dry_run_tells_every_model_and_writes_nothing(call: "Qgan", tmp_path: Path) -> None:
    done = call("compare", *SMALL, "--trials=2", "--dry-run", "--json")
    assert done.code == 0
    plan = json.loads(done.out)
    models = {model["model"]: model for model in plan["models"]}
    assert list(models) == ["subject", "mlp", "unentangled"]
    assert {model["runs"] for model in models.values()} == {2 + 2 + 2}
    assert all(model["seconds"] > 0 and model["bytes"] > 0 for model in models.values())
    # Two seeds, and two settings for a quarter of the steps and then for all.
    assert [model["all_seconds"] / model["seconds"] for model in models.values()] == pytest.approx([4.5] * 3)
    assert plan["seconds"] >= sum(model["all_seconds"] for model in models.values()) / plan["workers"]
    assert plan["declaration"]["claims"]["bimodal"]["metric"] == "kl"
    assert not list(tmp_path.iterdir())
    assert "3 recipes" not in call("compare", *SMALL, "--untuned", "--dry-run", "--quiet").err


def test_a_comparison_is_made_gone_on_with_and_amended(
    call: "Qgan", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Which takes a process for each model: see test_speed.py.
    told: list[Any] = []

    def timing(models: Mapping[str, RunConfig], *, plugins: Iterable[str]) -> dict[str, Untimed]:
        told.append((sorted(models), list(plugins)))
        return {model: Untimed("patched out") for model in models}

    monkeypatch.setattr("qgan.compare.speed.timed_together", timing)
    done = call("compare", *SMALL, "--untuned", "--out", "it", "--plugin", "qgan.losses")
    assert told == [(["mlp", "subject", "unentangled"], ["qgan.losses"])]
    assert done.code == 0
    assert "no claim" in done.err
    assert "untuned" in done.err
    assert "unentangled" in done.out
    again = call("compare", "--resume", "it", "--json", "--quiet", "--plugin", "qgan.losses")
    assert again.code == 0
    assert again.err == ""
    found = json.loads(again.out)
    assert found["amendments"] == 0
    assert found["recipes"]["bimodal"]["judgement"]["primary"]["kind"] == "no claim"
    more = call(
        "compare", "--resume", "it", "--seeds", "3", "--workers=1", "--json", "--quiet", "--plugin", "qgan.losses"
    )
    assert len(told) == 1
    assert json.loads(more.out)["amendments"] == 1
    assert json.loads(more.out)["declaration"]["seeds"] == [0, 1, 2]
    page = tmp_path / json.loads(more.out)["page"]
    assert page == tmp_path / "it" / "report" / "index.html"
    assert "bimodal" in page.read_text()
    assert (tmp_path / "it" / "runs" / "bimodal" / "subject" / "s2" / "metrics.json").exists()
    refused = call("compare", "--resume", "it", "--trials", "4")
    assert refused.code == 2
    assert "another trials" in refused.err
