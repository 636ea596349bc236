"""Runs that go wrong in each way say so; runs that go on say the same; and no run is changed by it."""

from pathlib import Path
from typing import Any

import numpy as np
import pennylane as qml
import pytest

from qgan import config, opening, watch
from qgan.build import build
from qgan.checks.gradient import EVENT
from qgan.checks.shots import FEW
from qgan.objects import Objects
from qgan.runs import RunDirectory
from qgan.seeding import Key
from qgan.session import Session

VALUES = np.random.default_rng(3).uniform(size=(80, 4))
SMALL: dict[str, Any] = {
    "train.steps": 8,
    "train.batch_size": 4,
    "run.checkpoint_every": 3,
    "run.threads": 1,
    "run.device": "cpu",
    "evaluate.every": 0,
    "evaluate.metrics": ["energy-distance"],
    "evaluate.metric": "energy-distance",
    "evaluate.checkpoint": "last",
}
TINY = {"generator.n_wires": 3, "generator.layers": 1}
DENSE = {"generator.parameters": 40}
EACH_STEP = {"evaluate.every": 1}


def begin(out: Path, recipe: str, changes: dict[str, Any], **objects: Any) -> Session:
    tiny = DENSE if recipe == "digits-patch-classical" else TINY
    settings = config.load(recipe, changes=[*SMALL.items(), *tiny.items(), *changes.items()])
    return opening.begin(settings, out=out, objects=Objects(**{"data": VALUES, **objects}))


def finish(some: Session) -> RunDirectory:
    for _ in some.records():
        pass
    return some.run


def warned(run: RunDirectory) -> dict[str, str]:
    return {line["check"]: line["message"] for line in run.lines("events") if line["event"] == "warning"}


def without_latent(_latent: Any, weights: Any) -> None:
    for wire in range(3):
        qml.RY(weights["w"][..., 0, wire], wires=wire)


def without_effect(latent: Any, weights: Any) -> None:
    for wire in range(3):
        qml.RY(latent[..., wire], wires=wire)
        qml.RZ(weights["w"][..., 0, wire], wires=wire)


def mostly_thrown_away(latent: Any, weights: Any) -> None:
    qml.RY(np.pi - 0.2 + 0.01 * latent[..., 0], wires=0)
    for wire in range(1, 3):
        qml.RY(latent[..., wire] + weights["w"][..., 0, wire], wires=wire)


def test_a_circuit_that_ignores_its_latent_collapses(tmp_path: Path) -> None:
    run = finish(begin(tmp_path, "digits-patch", EACH_STEP, circuit=without_latent))
    assert "Collapse" in warned(run)["collapse"]
    assert [line["step"] for line in run.status["warnings"] if line["check"] == "collapse"] == [2]
    assert [line["spread"] for line in run.lines("evaluations")] == pytest.approx([0] * 9, abs=1e-9)


def test_a_circuit_whose_weights_do_nothing_has_no_gradient(tmp_path: Path) -> None:
    run = finish(begin(tmp_path, "digits-patch", {"train.steps": 55}, circuit=without_effect))
    assert set(warned(run)) >= {"gradient", "vanishing"}
    assert "gradient of the generator is zero" in warned(run)["gradient"]


def test_ancillas_that_throw_shots_away(tmp_path: Path) -> None:
    run = finish(begin(tmp_path, "digits-patch", {"train.steps": 22}, circuit=mostly_thrown_away))
    assert "each shot that is kept costs" in warned(run)["post-selection"]


def test_a_discriminator_that_is_much_too_fast(tmp_path: Path) -> None:
    """Fifty times the rate of the recipe, against a generator that stays where it is."""
    fast = {"optimizer.discriminator.lr": 0.15, "optimizer.generator.lr": 0.0, "train.steps": 130}
    run = finish(begin(tmp_path, "digits-patch-classical", fast, data=VALUES * [0.02, 0.02, 0.02, 1]))
    assert set(warned(run)) == {"saturated"}


def test_a_generator_that_leaves_the_data(tmp_path: Path) -> None:
    """The data are what an untrained generator makes; a rate that is much too large then drives it elsewhere."""
    settings = config.load("digits-patch-classical", changes=[*SMALL.items(), *DENSE.items()])
    untrained = build(settings, Objects(data=VALUES)).generator
    data = untrained.sample(120, Key(8, "data")).numpy()
    data[::20], data[10::20] = VALUES.min(), VALUES.max()  # the range stays what it was
    measured = {**EACH_STEP, "evaluate.metrics": ["energy-distance", "coverage"], "optimizer.generator.lr": 3.0}
    run = finish(begin(tmp_path, "digits-patch-classical", measured, data=data))
    assert "Lost modes" in warned(run)["lost-modes"]


def test_shots_that_are_too_few_for_the_gradient(tmp_path: Path) -> None:
    run = finish(begin(tmp_path, "digits-patch", {"train.steps": 1, "backend.shots": 4}))
    assert "With 4 shots for each circuit" in warned(run)["few-shots"]
    (line,) = [line for line in run.lines("events") if line["event"] == FEW]
    assert (line["name"], line["unbiased"], line["step"]) == ("patch", False, 0)


def test_a_child_without_shots_has_shots_enough(tmp_path: Path) -> None:
    parent = finish(begin(tmp_path, "digits-patch", {"train.steps": 1, "backend.shots": 4}))
    changes = [("backend.shots", None), ("train.steps", 2)]
    child = finish(opening.resume(parent.path, changes=changes, objects=Objects(data=VALUES)))
    assert not [line for line in child.lines("events") if line["event"] == FEW]
    assert "few-shots" not in {line["check"] for line in child.status["warnings"]}


@pytest.mark.parametrize("recipe", ["digits-patch", "digits-patch-classical"])
def test_a_healthy_run_warns_of_nothing(tmp_path: Path, recipe: str) -> None:
    run = finish(begin(tmp_path, recipe, EACH_STEP))
    assert warned(run) == {}
    assert run.status["warnings"] == []
    (line,) = [line for line in run.lines("events") if line["event"] == EVENT]
    assert {one["problem"] for one in line["players"].values()} == {None}


def result(run: RunDirectory, step: int = 8) -> dict[str, bytes]:
    last = f"checkpoints/step-{step:06d}"
    names = ("records.jsonl", "evaluations.jsonl", f"{last}/tensors.safetensors", f"{last}/state.json")
    return {name: (run.path / name).read_bytes() for name in names}


@pytest.mark.parametrize("recipe", ["digits-patch", "digits-patch-classical"])
def test_a_run_is_the_same_with_and_without(tmp_path: Path, recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = finish(begin(tmp_path / "watched", recipe, EACH_STEP))
    monkeypatch.setattr(watch, "agreements", lambda _: {})
    assert result(finish(begin(tmp_path / "alone", recipe, EACH_STEP))) == result(watched)


def test_a_run_that_goes_on_warns_as_the_straight_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = finish(begin(tmp_path / "straight", "digits-patch", EACH_STEP, circuit=without_latent))
    asked: list[int] = []
    agreements = watch.agreements
    monkeypatch.setattr(watch, "agreements", lambda some: [asked.append(1), agreements(some)][1])
    chain = begin(tmp_path / "chain", "digits-patch", {**EACH_STEP, "run.checkpoint_every": 1}, circuit=without_latent)
    for _ in range(8):
        records = chain.records()
        next(records)
        records.close()
        objects = Objects(circuit=without_latent, data=VALUES)
        chain = opening.resume(chain.run.path, objects=objects)
    run = finish(chain)
    assert len(asked) == 1
    assert run.status["warnings"] == straight.status["warnings"]
    assert (run.path / "evaluations.jsonl").read_bytes() == (straight.path / "evaluations.jsonl").read_bytes()


def test_what_clears_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = iter([0.001] * 4 + [0.5] * 5)
    monkeypatch.setattr(watch, "spread", lambda *_, **__: next(measured))
    run = finish(begin(tmp_path, "digits-patch-classical", EACH_STEP))
    cleared = [line for line in run.lines("events") if line["event"] == "warning cleared"]
    assert [(line["check"], line["step"]) for line in cleared] == [("collapse", 4)]
    assert run.status["warnings"] == []


def test_a_damaged_line_of_the_events_stops_nothing(tmp_path: Path) -> None:
    some = begin(tmp_path, "digits-patch-classical", {})
    records = some.records()
    next(records)
    records.close()
    with (some.run.path / "events.jsonl").open("a") as file:
        file.write("{\n")
    assert finish(opening.resume(some.run.path, objects=Objects(data=VALUES))).status["state"] == "done"
