"""A comparison is read as its runs left it: finished, unfinished, failed or damaged."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare.comparison import Comparison
from qgan.compare.declaration import declare, declared
from qgan.compare.places import Places
from qgan.compare.rescoring import Rescored
from qgan.compare.standings import standings
from qgan.compare.stored import write
from qgan.errors import CheckpointError, ConfigError, QganError

values = st.none() | st.floats(-10, 10)
PLACES = Places(Path(), "ring")


def test_results_are_those_that_the_runs_wrote(begun):
    (compared,) = Comparison(begun).recipes
    assert (compared.recipe, compared.seeds, compared.tuned) == ("ring", (3, 5), False)
    assert set(compared.results) == {"subject", "mlp", "unentangled"}
    for model in ("subject", "mlp"):
        for seed in compared.seeds:
            report = json.loads((begun / PLACES.run(model, seed) / "metrics.json").read_text())
            result = compared.results[model][seed]
            assert result.values == {name: score["value"] for name, score in report["metrics"].items()}
            assert (result.state, result.step) == ("done", report["step"])


def test_diverged_seeds_are_at_the_trivial_value(begun):
    (compared,) = Comparison(begun).recipes
    assert compared.failures("unentangled") == (3, 5)
    assert compared.failures("subject") == ()
    for metric, sign in (("energy-distance", 1), ("mode-coverage", -1)):
        trivial = {seed: sign * (each.scores[metric].trivial or 0.0) for seed, each in compared.yardsticks.items()}
        assert compared.losses("unentangled", metric) == trivial
        real = {seed: sign * (result.values[metric] or 0.0) for seed, result in compared.results["mlp"].items()}
        assert compared.losses("mlp", metric) == real


@given(st.lists(values, min_size=1, max_size=6), st.sampled_from(["lower", "higher"]), st.floats(-1, 1))
def test_smaller_losses_are_better_in_either_direction(plant, row, direction, trivial):
    losses = plant({"subject": row}, direction=direction, trivial=trivial).losses("subject", "energy-distance")
    filled = [trivial if value is None else value for value in row]
    assert [losses[seed] for seed in range(len(row))] == [v if direction == "lower" else -v for v in filled]


@given(st.lists(values, min_size=1, max_size=6), st.integers(0, 6))
def test_seeds_that_are_not_over_are_not_among_the_losses(plant, row, over):
    compared = plant({"subject": row, "mlp": row[:over]})
    assert list(compared.losses("mlp", "energy-distance")) == list(range(len(row[:over])))
    assert compared.losses("nobody", "energy-distance") == compared.losses("subject", "unheard-of") == {}


def test_what_could_not_be_rescored_counts_only_where_the_subject_failed(plant):
    compared = plant({"subject": [0.5, None, 0.5]}, rescored={"shots": [None, None, 0.7]})
    assert compared.losses("shots", "energy-distance") == {1: 1.0, 2: 0.7}


def test_the_primary_opponent_is_the_family_or_the_one_that_was_named(plant):
    rows = {"subject": [0.5], "mlp": [0.5], "untrained": [0.5]}
    assert plant(rows).opponent == "mlp"
    assert plant(rows, family=None).opponent is None
    assert plant(rows, family=None, opponent="untrained").opponent == "untrained"


def test_the_primary_metric_comes_first_and_none_comes_twice(plant, begun):
    assert plant({"subject": [0.5]}).metrics == ("energy-distance", "mode-coverage")
    assert Comparison(begun).recipes[0].metrics == ("energy-distance", "mode-coverage")


def test_models_are_found_by_name(begun):
    (compared,) = Comparison(begun).recipes
    assert compared.subject is compared.entry("subject")
    assert compared.entry("dephased").left_out == "there is no such thing"
    with pytest.raises(ConfigError, match=r"no model 'nobody'.*unentangled"):
        compared.entry("nobody")


def test_a_comparison_that_has_only_been_declared_has_no_recipes(copied):
    shutil.rmtree(copied / "recipes")
    shutil.rmtree(copied / "runs")
    assert Comparison(copied).recipes == ()
    assert Comparison(copied).to_latex() == ""


@pytest.mark.parametrize("gone", ["runs", "runs/ring/subject/s5", "runs/ring/mlp", "recipes/ring/yardsticks"])
def test_unfinished_comparisons_read_fine(copied, gone):
    shutil.rmtree(copied / gone)
    (compared,) = Comparison(copied).recipes
    assert standings(compared).judgement is None
    assert "for the seeds" in (standings(compared).why_not or "")


@pytest.mark.parametrize("state", ["created", "running", "interrupted"])
def test_a_run_that_goes_on_has_no_result_yet(copied, state):
    path = copied / PLACES.run("mlp", 3) / "status.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "state": state}))
    assert set(Comparison(copied).recipes[0].results["mlp"]) == {5}


def test_runs_that_failed_say_why_even_where_nothing_is_left_of_them(copied):
    name = PLACES.run("mlp", 3)
    shutil.rmtree(copied / name)
    (copied / PLACES.failures).write_text(json.dumps({name: "no memory"}))
    (compared,) = Comparison(copied).recipes
    assert (compared.results["mlp"][3].state, compared.results["mlp"][3].message) == ("failed", "no memory")
    assert compared.failures("mlp") == (3,)
    trivial = compared.yardsticks[3].scores["energy-distance"].trivial
    assert compared.losses("mlp", "energy-distance")[3] == trivial


def test_what_was_rescored_is_read_by_name_and_seed(copied):
    guess = Rescored("mean", "reference", "The mean.", 3, 40, {"energy-distance": 0.7, "mode-coverage": None})
    write(copied / PLACES.rescored("mean", 3), guess)
    write(copied / PLACES.rescored("real", 3), replace(guess, name="real"))
    (copied / PLACES.rescored("empty", 3)).parent.mkdir()
    (copied / PLACES.rescored("mean", 3)).parent.with_name("notes.txt").write_text("mine")
    assert Comparison(copied).recipes[0].rescored == {}
    stated = declared(copied).current
    declare(copied, stated.model_copy(update={"controls": ("mean", "empty", "unentangled")}))
    (compared,) = Comparison(copied).recipes
    assert compared.rescored == {"mean": {3: guess}}
    assert compared.losses("mean", "energy-distance") == {3: 0.7}


FILES = [
    "declaration.json",
    str(PLACES.models),
    str(PLACES.yardsticks(3)),
    PLACES.run("subject", 3) + "/run.json",
    PLACES.run("subject", 3) + "/config.toml",
    PLACES.run("subject", 3) + "/status.json",
    PLACES.run("subject", 3) + "/metrics.json",
]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"data": 1, "n": "x"}', b"\xff\xfe"])
def test_damaged_files_give_the_errors_of_the_package(copied, file, damage):
    (copied / file).write_bytes(damage)
    with pytest.raises(QganError):
        _ = Comparison(copied).recipes


@pytest.mark.parametrize("file", FILES[3:])
def test_what_is_missing_of_a_run_gives_the_errors_of_the_package(copied, file):
    (copied / file).unlink()
    with pytest.raises(QganError):
        _ = Comparison(copied).recipes


@pytest.mark.parametrize(
    "kind", ["rescored/mean/s3.json", "speed/subject.json", "cost.json", "failures.json", "untimed.json"]
)
def test_what_was_measured_and_is_damaged_is_not_passed_over(copied, kind):
    declare(copied, declared(copied).current.model_copy(update={"controls": ("mean",)}))
    path = copied / "recipes" / "ring" / kind
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{")
    with pytest.raises(CheckpointError, match=path.name):
        _ = Comparison(copied).recipes


def test_runs_of_another_configuration_are_refused(copied):
    models = copied / PLACES.models
    models.write_text(models.read_text().replace('"steps": 4', '"steps": 8'))
    with pytest.raises(ConfigError, match=r"train\.steps"):
        _ = Comparison(copied).recipes


def test_a_directory_that_is_no_comparison_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="is no comparison"):
        Comparison(tmp_path)
