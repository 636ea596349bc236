"""The search for settings: the same for all, on seeds of its own, and the same again when it is gone on with."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan import config
from qgan.compare import tuning
from qgan.compare.entries import Entry
from qgan.compare.places import Places
from qgan.compare.results import validation_loss
from qgan.compare.tuning import SPACE, Search, tune, tuning_seeds

if TYPE_CHECKING:
    from conftest import Here, Maker

RECIPES = ("digits", "series", "words", "digits-conditional-classical")


def asked(search: Search, loss: Any) -> list[dict[str, Any]]:
    found = []
    while portion := search.ask():
        search.tell([loss(settings) for settings in portion])
        found += portion
    return found


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_search_begins_with_the_recipe_and_stays_near_it(recipe: str) -> None:
    own = config.load(recipe)
    document = own.document()
    first, *others = asked(Search(own, 9), lambda settings: settings["optimizer.generator.lr"])
    assert len(others) == 8
    assert {"optimizer.generator.lr", "optimizer.discriminator.lr"} < set(first)
    for settings_ in (first, *others):
        changed = config.load(recipe, changes=settings_.items())
        for side in ("generator", "discriminator"):
            rate, before = (each.document()["optimizer"][side]["lr"] for each in (changed, own))
            assert 0.99 / SPACE.rate <= rate / before <= 1.01 * SPACE.rate
            assert first == settings_ or changed.sha256() != own.sha256()
    assert config.load(recipe, changes=first.items()).document()["optimizer"] == document["optimizer"]


@settings(deadline=None, max_examples=8)
@given(st.lists(st.floats(-1e3, 1e3), min_size=11, max_size=11))
def test_the_same_answers_are_asked_the_same(losses: list[float]) -> None:
    rounds = []
    for _ in range(2):
        search, answers = Search(config.load("ring"), len(losses)), iter(losses)
        rounds.append((asked(search, lambda _, answers=answers: next(answers)), search.best))
    assert rounds[0] == rounds[1]
    assert rounds[0][1] == rounds[0][0][losses.index(min(losses))]


def test_infinite_losses_do_not_stop_a_search() -> None:
    search = Search(config.load("ring"), 10)
    found = asked(search, lambda settings: float("inf") if settings["optimizer.generator.lr"] > 0.01 else 1.0)
    assert len(found) == 10
    assert search.best == found[search.losses.index(1.0)]


def test_a_search_finds_what_random_settings_would_not() -> None:
    """On a bowl, the estimator's trials come nearer to the bottom than those before it."""

    def bowl(settings_: dict[str, Any]) -> float:
        return abs(settings_["optimizer.generator.lr"] / 0.025 - 1) + abs(
            settings_["optimizer.discriminator.lr"] / 0.0125 - 1
        )

    search = Search(config.load("ring"), 40)
    asked(search, bowl)
    assert sum(search.losses[-20:]) < sum(search.losses[:20])


@given(st.sets(st.integers(0, 20_000), min_size=1, max_size=30))
def test_seeds_of_the_search_are_none_of_the_comparison(seeds: set[int]) -> None:
    found = tuning_seeds(sorted(seeds))
    assert len(set(found)) == tuning.SEEDS
    assert not seeds & set(found)


def entry_of(make: "Maker", name: str, **changes: Any) -> Entry:
    return Entry(name, "matched", "One", make.config(**changes).document())


def test_models_are_searched_together_and_keep_what_was_best(make: "Maker", here: "Here", tmp_path: Path) -> None:
    places = Places(tmp_path, "digits")
    entries = [entry_of(make, "one"), entry_of(make, "wild", optimizer__generator__lr=1e30)]
    searched = [(places, entry, "energy-distance") for entry in entries]
    found = tune(searched, trials=3, seeds=[0, 1], engine=here)
    assert len(here.done) == len(set(here.done)) == 2 * 3 * tuning.SEEDS
    assert all("/s1000" in name for name in here.done)
    for entry in found:
        assert entry.tuning is not None
        losses = entry.tuning.losses
        assert entry.tuning.trials == len(losses) == 3
        assert entry.tuning.seconds > 0
        changed = entry.config(0).document()
        assert changed["optimizer"]["generator"]["lr"] == entry.tuning.settings["optimizer.generator.lr"]
        for number, loss in enumerate(losses):
            runs = [tmp_path / places.trial(entry.name, number, seed) for seed in tuning_seeds([0, 1])]
            assert loss == sum(validation_loss(run, "energy-distance") for run in runs) / len(runs)
    before = list(here.done)
    again = tune(searched, trials=3, seeds=[0, 1], engine=here)
    assert here.done == before
    assert again == found


def test_what_diverges_counts_at_the_trivial_value(make: "Maker", here: "Here", tmp_path: Path) -> None:
    wild = make.task("wild", optimizer__generator__lr=1e30, optimizer__discriminator__lr=1e30)
    calm = make.task("calm")
    here.run([wild, calm], root=tmp_path)
    import json

    known = json.loads((tmp_path / "wild" / "references.json").read_text())["metrics"]["energy-distance"]["trivial"]
    assert validation_loss(tmp_path / "wild", "energy-distance") == known
    assert validation_loss(tmp_path / "absent", "energy-distance") == float("inf")
    lines = [json.loads(line) for line in (tmp_path / "calm" / "evaluations.jsonl").read_text().splitlines()]
    assert validation_loss(tmp_path / "calm", "energy-distance") in {
        line["scores"]["energy-distance"]["value"] for line in lines
    }


def test_searches_do_not_depend_on_one_another(make: "Maker", here: "Here", tmp_path: Path) -> None:
    one = entry_of(make, "one")
    (alone,) = tune([(Places(tmp_path / "a", "digits"), one, "energy-distance")], trials=2, seeds=[0], engine=here)
    both = tune(
        [(Places(tmp_path / "b", "digits"), each, "energy-distance") for each in (one, replace(one, name="two"))],
        trials=2,
        seeds=[0],
        engine=here,
    )
    for found in both:
        assert found.tuning is not None
        assert alone.tuning is not None
        assert found.tuning.losses == alone.tuning.losses
