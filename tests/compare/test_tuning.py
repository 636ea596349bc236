"""The search for settings: in two rounds, on seeds of its own, and the same again when it is gone on with."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from qgan.compare import tuning
from qgan.compare.entries import Entry
from qgan.compare.places import Places
from qgan.compare.results import validation_loss
from qgan.compare.tuning import described, runs_of, tune, tuning_seeds, worth_of
from qgan.runs import RunDirectory

if TYPE_CHECKING:
    from conftest import Here, Maker

HUGE = {"optimizer__generator__lr": 1e30, "optimizer__discriminator__lr": 1e30}


@given(st.sets(st.integers(0, 20_000), min_size=1, max_size=30))
def test_seeds_of_the_search_are_none_of_the_comparison(seeds: set[int]) -> None:
    found = tuning_seeds(sorted(seeds))
    assert len(set(found)) == len(tuning.ROUNDS)
    assert not seeds & set(found)


def entry_of(make: "Maker", name: str, **changes: Any) -> Entry:
    return Entry(name, "matched", "One", make.config(**changes).document())


@given(st.integers(1, 100))
def test_a_search_costs_less_than_whole_runs_of_all_trials(trials: int) -> None:
    assert trials < runs_of(trials) <= trials + max(2, trials)
    assert worth_of(trials) < runs_of(trials)
    assert f"{trials} settings" in described(trials, [0, 1])


def test_nothing_is_said_of_a_search_that_is_not_made() -> None:
    assert described(0, [0, 1]) == ""


def test_models_are_searched_together_and_keep_what_was_best(make: "Maker", here: "Here", tmp_path: Path) -> None:
    places = Places(tmp_path, "digits")
    entries = [entry_of(make, "one"), entry_of(make, "wild", **HUGE)]
    searched = [(places, entry, "energy-distance") for entry in entries]
    found = tune(searched, trials=3, seeds=[0, 1], engine=here)
    assert len(here.done) == len(set(here.done)) == 2 * runs_of(3)
    short, whole = tuning_seeds([0, 1])
    for entry in found:
        known = entry.tuning
        assert known is not None
        assert known.trials == len(known.losses) == 3
        assert (known.seconds > 0) == (entry.name == "one")
        changed = entry.config(0).document()
        assert changed["optimizer"]["generator"]["lr"] == known.settings["optimizer.generator.lr"]
        assert changed["train"] == entries[0].config(0).document()["train"]
        for seed, losses, share in ((short, dict(enumerate(known.losses)), 4), (whole, known.finals, 1)):
            for number, loss in losses.items():
                run = RunDirectory.open(tmp_path / places.trial(entry.name, number, seed))
                assert loss == validation_loss(run.path, "energy-distance")
                assert run.config.train.steps == -(-entry.config(0).train.steps // share)
        assert sorted(known.finals) == [0, 1 + (known.losses[2] < known.losses[1])]
        best = min(known.finals.items(), key=lambda final: final[1])[0]
        chosen = RunDirectory.open(tmp_path / places.trial(entry.name, best, whole)).config.document()
        assert chosen["optimizer"] == changed["optimizer"]
    assert [entry.tuning and entry.tuning.failed for entry in found] == [0, runs_of(3)]
    before = list(here.done)
    again = tune(searched, trials=3, seeds=[0, 1], engine=here)
    assert here.done == before
    assert again == found


def test_answers_that_were_kept_stand_whatever_their_runs_come_to_later(
    make: "Maker", here: "Here", tmp_path: Path
) -> None:
    """A trial that failed for want of memory would else be another one when the search is gone on with."""
    searched = [(Places(tmp_path, "digits"), entry_of(make, "one"), "energy-distance")]
    (found,) = tune(searched, trials=5, seeds=[0], engine=here)
    file = searched[0][0].search("one")
    kept = json.loads(file.read_text())
    kept["short"]["0"] |= {"loss": 1e6, "failed": True}
    del kept["short"]["4"], kept["whole"]
    file.write_text(json.dumps(kept))
    (other,) = tune(searched, trials=5, seeds=[0], engine=here)
    assert found.tuning is not None
    assert other.tuning is not None
    assert (other.tuning.losses[0], other.tuning.failed) == (1e6, found.tuning.failed + 1)
    assert other.tuning.losses[1:4] == found.tuning.losses[1:4]
    assert 0 in other.tuning.finals


def test_what_diverges_counts_at_the_trivial_value(make: "Maker", here: "Here", tmp_path: Path) -> None:
    wild = make.task("wild", **HUGE)
    calm = make.task("calm")
    here.run([wild, calm], root=tmp_path)
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
