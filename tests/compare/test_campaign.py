"""A whole comparison, small and real: from the declaration to verdicts, stopped, gone on with, and amended."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from qgan.compare.campaign import Phase
from qgan.compare.comparison import Compared, Comparison
from qgan.compare.declaration import Declaration, held
from qgan.compare.entries import Book
from qgan.compare.places import Places
from qgan.compare.planning import declaration_of
from qgan.compare.results import validation_loss
from qgan.compare.speed import Speed, Untimed
from qgan.compare.standings import standings
from qgan.compare.stored import read, write
from qgan.config import RunConfig
from qgan.errors import BusyError, ConfigError
from qgan.report import report_comparison

if TYPE_CHECKING:
    from conftest import Comparing, Here

SMALL: dict[str, Any] = {
    "train.steps": 4,
    "evaluate.every": 2,
    "evaluate.metrics": ["kl", "ks"],
    "evaluate.samples": 60,
    "train.batch_size": 8,
    "run.checkpoint_every": 2,
}


def declared(**changes: Any) -> Declaration:
    usual: dict[str, Any] = {
        "seeds": (0, 1),
        "baselines": ("mlp", "orthogonal"),
        "controls": ("unentangled", "untrained"),
        "trials": 1,
        "changes": SMALL,
    }
    return declaration_of(["bimodal"], **(usual | changes))


def files(path: Path) -> dict[str, bytes]:
    """All that does not tell the time, and what searches came to without the seconds that they took."""
    timed = (
        "timing.jsonl",
        "events.jsonl",
        "status.json",
        "run.json",
        "LOCK",
        "models.json",
        "manifest.sha256",
        "manifest.json",
        "cost.json",
    )
    return {
        str(file.relative_to(path)): re.sub(rb'"seconds": [^,]*', b"", file.read_bytes())
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name not in timed and "declaration" not in file.name
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, here_once: "Here", compare_here: "Comparing") -> Path:
    path = tmp_path_factory.mktemp("whole") / "it"
    compare_here(path, declared(), engine=here_once)
    return path


@pytest.fixture(scope="module")
def here_once(engine_of_this_process: "type[Here]") -> "Here":
    return engine_of_this_process()


def test_every_model_is_tuned_and_run_once(whole: Path, here_once: "Here") -> None:
    done = here_once.done
    assert len(done) == len(set(done))
    (compared,) = Comparison(whole).recipes
    trained = [entry for entry in compared.book.entries if entry.left_out is None]
    assert [entry.name for entry in trained] == ["subject", "mlp", "orthogonal", "unentangled", "untrained"]
    for entry in trained:
        assert (entry.tuning is None) == (entry.name == "untrained")
        assert sorted(compared.results[entry.name]) == [0, 1]
        assert all(result.state == "done" for result in compared.results[entry.name].values())
    assert len(done) == 4 * 2 + 5 * 2
    assert sorted(compared.yardsticks) == [0, 1]


def test_the_opponent_is_the_family_that_did_best_on_validation(whole: Path) -> None:
    (compared,) = Comparison(whole).recipes
    means = {
        family: sum(
            validation_loss(whole / compared.places.run(family, seed), compared.claim.metric) for seed in (0, 1)
        )
        for family in ("mlp", "orthogonal")
    }
    assert compared.opponent == compared.book.family == min(means, key=lambda name: means[name])
    found = standings(compared)
    assert found.judgement is not None
    assert found.judgement.primary.finding.contest.opponent == compared.opponent
    assert "2 seeds, of 5 at least" in found.judgement.primary.reasons


def test_a_second_call_does_nothing_and_changes_nothing(
    whole: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    before, engine = files(whole), engine_of_this_process()
    book = (whole / "recipes" / "bimodal" / "models.json").read_bytes()
    compare_here(whole, declared(), engine=engine)
    assert engine.done == []
    assert files(whole) == before
    assert (whole / "recipes" / "bimodal" / "models.json").read_bytes() == book


def test_one_that_was_stopped_ends_as_the_undisturbed_one(
    whole: Path, tmp_path: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    path, stops = tmp_path / "it", 0
    for at in (3, 9, 13):
        engine = engine_of_this_process(most=at - stops)
        stops = at
        with pytest.raises(KeyboardInterrupt):
            compare_here(path, declared(), engine=engine)
    compare_here(path, declared(), engine=engine_of_this_process())
    assert files(path) == files(whole)


def test_more_seeds_are_an_amendment_and_repeat_nothing(
    whole: Path, tmp_path: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    path, engine = tmp_path / "it", engine_of_this_process()
    shutil.copytree(whole, path)
    compare_here(path, declared(seeds=(0, 1, 2)), engine=engine)
    assert {name.rsplit("/", 1)[1] for name in engine.done} == {"s2"}
    comparison = Comparison(path)
    assert [amendment.changed for amendment in comparison.declared.amendments] == [("seeds",)]
    (compared,), (before,) = comparison.recipes, Comparison(whole).recipes
    assert [entry.document for entry in compared.book.entries] == [entry.document for entry in before.book.entries]


def test_other_settings_are_refused_in_the_same_place(
    whole: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    engine = engine_of_this_process()
    before = files(whole)
    for other in (declared(changes={**SMALL, "train.steps": 6}), declared(trials=3), declared(trials=0)):
        with pytest.raises(ConfigError, match=r"another (train\.steps|trials)"):
            compare_here(whole, other, engine=engine)
    assert engine.done == []
    assert files(whole) == before
    assert not Comparison(whole).declared.amendments


def test_a_failed_run_is_kept_with_its_reason_and_tried_again(
    tmp_path: Path, engine_of_this_process: "type[Here]", monkeypatch: pytest.MonkeyPatch, compare_here: "Comparing"
) -> None:
    declaration = declared(seeds=(0,), baselines=("mlp",), controls=(), trials=0)
    with monkeypatch.context() as patch:
        patch.setattr("qgan.compare.carrying.begin", lambda *_, **__: 1 / 0)
        compare_here(tmp_path / "it", declaration, engine=engine_of_this_process())
    (compared,) = Comparison(tmp_path / "it").recipes
    assert compared.results["mlp"][0].message == "ZeroDivisionError: division by zero"
    assert compared.failures("mlp") == (0,)
    trivial = compared.yardsticks[0].scores["kl"].trivial
    assert compared.losses("mlp", "kl") == {0: trivial}
    compare_here(tmp_path / "it", declaration, engine=engine_of_this_process())
    (compared,) = Comparison(tmp_path / "it").recipes
    assert compared.failures("mlp") == ()
    assert json.loads(compared.places.failures.read_text()) == {}


LADDER: dict[str, Any] = {"seeds": (0,), "baselines": ("mlp", "ladder"), "controls": ("unentangled", "uniform")}


@pytest.fixture(scope="module", autouse=True)
def _short_ladder() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qgan.compare.planning.RUNGS", (1, 2))
        yield


@pytest.fixture(scope="module")
def climbed(
    tmp_path_factory: pytest.TempPathFactory, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> tuple[Path, list[Phase]]:
    path, heard = tmp_path_factory.mktemp("climbed") / "it", list[Phase]()
    compare_here(path, declared(**LADDER), engine=engine_of_this_process(), begins=heard.append)
    return path, heard


def names(compared: Compared) -> list[str]:
    return [entry.name for entry in compared.book.entries]


def test_parts_are_told_in_order(climbed: tuple[Path, list[Phase]]) -> None:
    path, heard = climbed
    assert [phase.name for phase in heard][:5] == ["planning", "tuning", "training", "tuning", "training"]
    (compared,) = Comparison(path).recipes
    assert names(compared) == ["subject", "mlp", "unentangled", "mlp-x2"]


def test_an_amended_comparison_can_be_read_at_every_moment(
    climbed: tuple[Path, list[Phase]], tmp_path: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    path = tmp_path / "it"
    shutil.copytree(climbed[0], path)
    (before,) = Comparison(path).recipes
    kept = {entry.name: entry for entry in before.book.entries}
    seen: list[Compared] = []

    def look(_: object = None) -> None:
        (compared,) = Comparison(path).recipes
        seen.append(compared)
        assert all(entry == kept.get(entry.name, entry) for entry in compared.book.entries)
        assert compared.book.family == "mlp"
        assert {model for model in kept if 0 in compared.results.get(model, {})} == set(kept)

    engine = engine_of_this_process(most=1)
    amended = declared(**LADDER | {"controls": ("unentangled", "uniform", "dephased")})
    with pytest.raises(KeyboardInterrupt):
        compare_here(path, amended, engine=engine, begins=look, told=look)
    assert report_comparison(path).page.exists()
    assert seen[-1].book.entries[-2].name == "dephased"
    assert seen[-1].book.entries[-2].tuning is None
    compare_here(path, amended, engine=(engine := engine_of_this_process()), begins=look, told=look)
    assert {name.split("/")[2] for name in engine.done} == {"dephased"}
    assert names(seen[-1]) == ["subject", "mlp", "unentangled", "dephased", "mlp-x2"]


def test_what_is_no_longer_declared_is_dropped(
    climbed: tuple[Path, list[Phase]], tmp_path: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    path, engine = tmp_path / "it", engine_of_this_process()
    shutil.copytree(climbed[0], path)
    assert list(Comparison(path).recipes[0].rescored) == ["uniform"]
    compare_here(path, declared(**LADDER | {"baselines": ("mlp",), "controls": ()}), engine=engine)
    (compared,) = Comparison(path).recipes
    assert engine.done == []
    assert names(compared) == ["subject", "mlp"]
    assert compared.rescored == {}
    compare_here(path, declared(**LADDER | {"baselines": ("orthogonal",), "controls": ()}), engine=engine)
    (compared,) = Comparison(path).recipes
    assert names(compared) == ["subject", "orthogonal"]
    assert compared.book.family == "orthogonal"


def test_a_ladder_is_of_one_family(
    climbed: tuple[Path, list[Phase]], tmp_path: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    """As where a run of the other family failed, which is done by now."""
    path = tmp_path / "it"
    shutil.copytree(climbed[0], path)
    places = Places(path, "bimodal")
    book = read(places.models, Book)
    other = replace(book.entries[-1], name="orthogonal-x2")
    write(places.models, replace(book, entries=(*book.entries[:-1], other), family="orthogonal"))
    shutil.copytree(path / places.run("mlp-x2", 0), path / places.run("orthogonal-x2", 0))
    compare_here(path, declared(**LADDER), engine=engine_of_this_process())
    (compared,) = Comparison(path).recipes
    assert compared.book == book


def test_seeds_on_which_settings_were_searched_for_are_not_compared(
    climbed: tuple[Path, list[Phase]], engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    path = climbed[0]
    with pytest.raises(ConfigError, match=r"on seeds that nothing else may be said of[\s\S]*on seed 10001;"):
        compare_here(path, declared(**LADDER | {"seeds": (0, 10_001)}), engine=engine_of_this_process())
    assert not Comparison(path).declared.amendments


def test_models_are_timed_together_and_once(
    whole: Path, tmp_path: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    path, calls = tmp_path / "it", []
    shutil.copytree(whole, path)

    def timing(models: Mapping[str, RunConfig]) -> dict[str, Speed | Untimed]:
        calls.append(sorted(models))
        split = {"generator forward": 0.5, "generator backward": 0.25, "discriminator": 0.125, "rest": 0.125}
        failing = models.keys() & {"orthogonal" if len(calls) == 1 else "mlp"}
        return {
            model: Untimed(f"no {model}")
            if model in failing
            else Speed(model, None, 0.0, 1, None, 1.0, split, 9.0, 4, 0, 0, {}, 1, 1.0)
            for model in models
        }

    for _ in range(2):
        compare_here(path, declared(), engine=engine_of_this_process(), timing=timing)
    assert calls == [["mlp", "orthogonal", "subject", "unentangled"]]
    (compared,) = Comparison(path).recipes
    assert set(compared.speed) == {"subject", "mlp", "unentangled"}
    assert compared.untimed == {"orthogonal": "no orthogonal"}
    assert compared.speed["mlp"].seconds_per_step == 1.0
    assert compared.cost is not None
    assert compared.cost.cpu_seconds["mlp"] == SMALL["train.steps"]
    compare_here(path, declared(controls=("unentangled", "dephased")), engine=engine_of_this_process(), timing=timing)
    assert calls[1:] == [["dephased", "mlp", "orthogonal", "subject", "unentangled"]]
    (compared,) = Comparison(path).recipes
    assert set(compared.speed) == {"subject", "orthogonal", "unentangled", "dephased"}
    assert compared.untimed == {"mlp": "no mlp"}


def test_two_commands_are_not_at_one_comparison(
    whole: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    for declaration in (declared(), declared(seeds=(0, 1, 2))):
        with held(whole), pytest.raises(BusyError):
            compare_here(whole, declaration, engine=engine_of_this_process())
    assert not Comparison(whole).declared.amendments


def test_nothing_is_written_where_nothing_can_be_compared(
    tmp_path: Path, engine_of_this_process: "type[Here]", compare_here: "Comparing"
) -> None:
    with pytest.raises(ConfigError):
        compare_here(
            tmp_path / "it",
            declaration_of(["bimodal-classical"], seeds=(0,), baselines=("mlp",), controls=(), trials=0, changes=SMALL),
            engine=engine_of_this_process(),
        )
    assert not (tmp_path / "it").exists()
