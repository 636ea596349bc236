"""What nothing trains is scored as the runs are: on the same latents, by the same references, and once."""

import json
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import torch

from qgan.build import build
from qgan.compare import others
from qgan.compare.carrying import carry_out
from qgan.compare.comparison import Compared
from qgan.compare.controls import CONTROLS, with_noise, with_shots
from qgan.compare.declaration import Claim
from qgan.compare.entries import Book, Entry
from qgan.compare.others import OTHERS, Copies, Degraded, Real, Scene, others_of
from qgan.compare.places import Places
from qgan.compare.rescoring import Rescored, rescore
from qgan.compare.results import yardsticks_at, yardsticks_of
from qgan.compare.stored import read, write
from qgan.compare.tasks import Task, resolved
from qgan.config import Component, RunConfig, load
from qgan.evaluate import Shelf
from qgan.metrics.trivial import COPIES, copies
from qgan.runs import RunDirectory
from qgan.samples import Samples

SMALL: dict[str, Any] = {
    "train.steps": 2,
    "train.batch_size": 4,
    "evaluate.every": 2,
    "evaluate.samples": 12,
    "evaluate.metric": "energy-distance",
    "evaluate.metrics": ["energy-distance", "frechet-distance", "novelty"],
    "run.device": "cpu",
}
PATCH = {**SMALL, "generator.n_wires": 3, "generator.layers": 1}
RECIPES: dict[str, dict[str, Any]] = {
    "digits": PATCH,
    "digits-patch": PATCH,
    "digits-conditional": {**PATCH, "generator.latent_dim": 2},
    "digits-pca": {**SMALL, "generator.inner.layers": 1},
    "ring": {**SMALL, "generator.layers": 1},
    "bimodal": {**SMALL, "evaluate.samples": 300, "evaluate.metric": "kl", "evaluate.metrics": ["kl", "ks"]},
    "series": {**SMALL, "generator.layers": 1},
}
IMAGES = {
    "shots", "noise", "mean-image", "pixel-wise-gaussian", "product-of-marginals", "moment-matched-gaussian",
    "copies-of-training-samples", "real",
}  # fmt: skip
NAMES = {
    "digits": IMAGES,
    "digits-patch": IMAGES,
    "digits-conditional": IMAGES,
    "digits-pca": IMAGES | {"random-decoder"},
    "ring": IMAGES - {"mean-image", "pixel-wise-gaussian"},
    "bimodal": {"shots", "noise", "uniform", "moment-matched-gaussian", "copies-of-training-samples", "real"},
    "series": IMAGES - {"mean-image", "pixel-wise-gaussian"} | {"autoregression"},
}


def compared(root: Path, recipe: str, *, seed: int = 0, trained: bool = True, **changes: Any) -> Places:
    """A comparison of one seed, as far as rescoring looks at it."""
    keys = {**RECIPES[recipe], **{key.replace("__", "."): value for key, value in changes.items()}, "seed": seed}
    config = resolved(load(recipe, changes=keys.items()), threads=1)
    places = Places(root, recipe)
    write(places.models, Book("0" * 64, (Entry("subject", "subject", "It.", config.document()),)))
    if trained:
        carry_out(Task(places.run("subject", seed), config), root, told=lambda _: None)
    yardsticks_of(build(config), places.yardsticks(seed))
    return places


def scene(places: Places, seed: int = 0) -> Scene:
    config = read(places.models, Book).entries[0].config(seed)
    run = places.root / places.run("subject", seed)
    return Scene(config, run, yardsticks_at(places.yardsticks(seed), seed), Shelf())


def run_as(places: Places, change: Any) -> dict[str, Any]:
    return dict(Degraded("it", "It.", change).values(scene(places)))


@pytest.fixture(scope="module", params=RECIPES)
def recipe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Places:
    return compared(tmp_path_factory.mktemp("compared"), request.param)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return compared(tmp_path_factory.mktemp("compared"), "ring")


def test_without_shots_and_noise_the_run_wrote_the_very_same(recipe: Places) -> None:
    report = json.loads((recipe.root / recipe.run("subject", 0) / "metrics.json").read_text())
    measured = {name: score["value"] for name, score in report["metrics"].items()}
    assert run_as(recipe, lambda config: config) == measured


def test_noise_that_never_errs_changes_nothing(recipe: Places) -> None:
    def quiet(config: RunConfig) -> RunConfig:
        rates = {"one_qubit": 0.0, "two_qubit": 0.0, "readout": 0.0}
        return config.model_copy(update={"twin": Component.model_validate({"name": "noisy", **rates})})

    exact = run_as(recipe, lambda config: config)
    assert run_as(recipe, quiet) == pytest.approx(exact, rel=1e-4, abs=1e-5)
    assert run_as(recipe, with_noise) != pytest.approx(exact, rel=1e-4, abs=1e-5)


def test_all_that_there_are_are_scored_and_written_down(recipe: Places) -> None:
    found = rescore(recipe, 0)
    assert {each.name for each in found} == NAMES[recipe.recipe]
    yardsticks = yardsticks_at(recipe.yardsticks(0), 0)
    for each in found:
        assert (each.reason, each.seed, each.n) == (None, 0, yardsticks.n)
        assert each.values
        assert None not in each.values.values()
        assert set(each.values) <= set(yardsticks.scores)
        assert each.what.endswith(".")
        assert read(recipe.rescored(each.name, 0), Rescored) == each
    for title, means in yardsticks.guesses.items():
        (guess,) = [each for each in found if each.name == title.lower().replace(" ", "-")]
        # Copies are scored by the other metrics too.
        assert {metric: guess.values[metric] for metric in means} == means
        remembers = guess.name == "copies-of-training-samples"
        assert guess.group == ("guide" if remembers else "reference")
        assert remembers or set(guess.values) == set(means)


def test_what_is_there_is_read_and_what_is_not_comes_out_the_same(
    recipe: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rescore(recipe, 0)
    paths = {each.name: recipe.rescored(each.name, 0) for each in first}
    before = {name: path.read_bytes() for name, path in paths.items()}
    for name in ("shots", "product-of-marginals", "real"):
        if name in paths:
            paths[name].unlink()
    assert rescore(recipe, 0) == first
    assert {name: path.read_bytes() for name, path in paths.items()} == before
    monkeypatch.setattr(others, "References", None)
    monkeypatch.setattr(Scene, "score", None)
    assert rescore(recipe, 0) == first


def test_a_gaussian_that_knows_covariances_is_nearer_to_images_than_one_that_does_not(tmp_path: Path) -> None:
    places = compared(tmp_path, "digits-patch", trained=False, evaluate__samples=None)
    found = {each.name: each.values for each in rescore(places, 0, names=["pixel-wise-gaussian", *OTHERS])}
    for metric in ("energy-distance", "frechet-distance"):
        whole, alone = found["moment-matched-gaussian"][metric], found["pixel-wise-gaussian"][metric]
        assert whole is not None
        assert alone is not None
        assert whole < alone


def test_more_shots_come_nearer(ring: Places) -> None:
    def read_by(shots: int) -> float:
        def change(config: RunConfig) -> RunConfig:
            few = with_shots(config).backend
            return config.model_copy(update={"backend": few.model_copy(update={"shots": shots})})

        return abs(run_as(ring, change)["energy-distance"] - exact)

    exact = run_as(ring, lambda config: config)["energy-distance"]
    assert 0 < read_by(10**7) < read_by(10**4) / 3 < read_by(4) / 9


def test_real_samples_score_as_the_floor_does(tmp_path: Path) -> None:
    inside = []
    for seed in range(4):
        places = compared(tmp_path / str(seed), "ring", seed=seed, trained=False, evaluate__samples=100)
        found = Real("real", "Real.").values(scene(places, seed))
        for name, score in yardsticks_at(places.yardsticks(seed), seed).scores.items():
            if name == "novelty":
                assert name not in found
                continue
            value, low, high = found[name] or 0.0, score.floor_low or 0.0, score.floor_high or 0.0
            inside.append(low <= value <= high)
    assert len(inside) == 8
    assert sum(inside) >= 6


def test_a_bootstrap_of_the_training_part_is_a_guide_on_every_metric(tmp_path: Path) -> None:
    """It is real data: near the floor, where what learned nothing is not; only what looks for copies finds it out."""
    places = compared(tmp_path, "digits-conditional", trained=False, evaluate__samples=60)
    known = yardsticks_at(places.yardsticks(0), 0)
    (found,) = rescore(places, 0, names=["copies-of-training-samples"])
    assert (found.group, found.reason) == ("guide", None)
    assert found.values["novelty"] == known.guesses[COPIES]["novelty"]
    score = known.scores["energy-distance"]
    assert score.floor is not None
    assert score.trivial is not None
    value = found.values["energy-distance"]
    assert value is not None
    assert abs(value - score.floor) < 0.5 * abs(score.trivial - value)
    # By hand, with the labels of the rows: whatever metric asks for them has them.
    seen, (draws,) = scene(places), copies(build(scene(places).config).data, found.n, seed=0).values()
    assert all(part.labels is not None for part in draws)
    parts = [Samples.uniform(torch.from_numpy(part.values), torch.from_numpy(part.labels)) for part in draws]
    each = [seen.score(part)["energy-distance"] for part in parts]
    assert value == pytest.approx(fmean(one for one in each if one is not None))
    assert Copies("it", "It.").group == "guide"


def test_an_autoregression_is_nearer_to_a_season_than_margins_alone(tmp_path: Path) -> None:
    places = compared(tmp_path, "series", trained=False, evaluate__samples=200)
    by_name = {each.name: each.values for each in rescore(places, 0, names=["autoregression", "product-of-marginals"])}
    one, other = (by_name[name]["energy-distance"] for name in ("autoregression", "product-of-marginals"))
    assert one is not None
    assert other is not None
    assert one < 0.8 * other
    assert "novelty" not in by_name["autoregression"]


def test_what_was_not_scored_counts_for_nothing_and_what_could_not_be_for_the_trivial_value(ring: Places) -> None:
    yardsticks = yardsticks_at(ring.yardsticks(0), 0)
    trivial = yardsticks.scores["energy-distance"].trivial
    by_name = {
        name: Rescored(name, "reference", "It.", 0, 12, values)
        for name, values in {
            "refused": {},
            "not finite": {"energy-distance": None},
            "real": {"energy-distance": 0.25},
        }.items()
    }
    held = Compared(
        recipe="ring",
        claim=Claim(metric="energy-distance", opponent="real", margin=0.1, skill=0.5),
        seeds=(0,),
        tuned=False,
        book=read(ring.models, Book),
        places=ring,
        yardsticks={0: yardsticks},
        results={},
        rescored={name: {0: each} for name, each in by_name.items()},
        speed={},
        cost=None,
    )
    losses = {name: held.losses(name, "energy-distance") for name in by_name}
    assert losses == {"refused": {}, "not finite": {0: trivial}, "real": {0: 0.25}}


def test_only_what_is_asked_for(ring: Places) -> None:
    experiment = build(read(ring.models, Book).entries[0].config(0))
    assert [other.name for other in others_of(experiment, names=["real", "untrained", "mean-image", "shots"])] == [
        "shots",
        "real",
    ]
    assert [each.name for each in rescore(ring, 0, names=["real"])] == ["real"]
    assert not set(CONTROLS) & set(OTHERS)


@pytest.mark.parametrize("state", ["diverged", "failed", "not there"])
def test_of_a_run_that_came_to_nothing_the_trivial_value_is_left_until_it_does(state: str, tmp_path: Path) -> None:
    places = compared(tmp_path, "bimodal", trained=state != "not there")
    if state != "not there":
        RunDirectory.open(tmp_path / places.run("subject", 0)).set_status(state, step=1, reason="it says")
    (found,) = rescore(places, 0, names=["shots"])
    assert found.values == {"kl": None, "ks": None}
    assert found.reason == f"the subject's run is {state}"
    compared(tmp_path, "bimodal")
    if state != "not there":
        RunDirectory.open(tmp_path / places.run("subject", 0)).set_status("done", step=2)
    (again,) = rescore(places, 0, names=["shots"])
    assert again.reason is None
    assert None not in again.values.values()


def test_what_is_too_large_says_why_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = compared(tmp_path, "bimodal")
    with monkeypatch.context() as small:
        small.setattr("qgan.twins.noisy.MOST_WIRES", 2)
        (found,) = rescore(places, 0, names=["noise"])
    assert found.values == {}
    assert "density matrices" in (found.reason or "")
    (again,) = rescore(places, 0, names=["noise"])
    assert again == replace(found, values=again.values, reason=None)
    assert again.values
