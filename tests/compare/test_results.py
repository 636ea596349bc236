"""What is read of runs is what they wrote; what failed counts as what learned nothing."""

import json
from pathlib import Path

import pytest

from qgan.build import build
from qgan.compare.results import loss_of, result_of, yardsticks_of
from qgan.compare.tasks import Outcome
from qgan.config import load
from qgan.metrics.score import Score
from qgan.opening import begin

CHANGES = [
    ("train.steps", 2),
    ("evaluate.every", 2),
    ("evaluate.metrics", ["energy-distance", "recall"]),
    ("evaluate.metric", "energy-distance"),
    ("run.threads", 1),
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    session = begin(load("ring", changes=CHANGES), out=tmp_path_factory.mktemp("runs"))
    for _ in session.records():
        pass
    return session


def test_yardsticks_are_those_that_runs_are_measured_by(finished, tmp_path):
    report = json.loads((finished.run.path / "metrics.json").read_text())
    yardsticks = yardsticks_of(finished.experiment, tmp_path / "references" / "s0.json")
    assert yardsticks.n == report["n"]
    for name, score in report["metrics"].items():
        known = yardsticks.scores[name]
        assert (known.floor, known.trivial, known.direction) == (score["floor"], score["trivial"], score["direction"])
        assert known.trivial == yardsticks.guesses[known.trivial_name or ""][name]


def test_yardsticks_are_measured_once(finished, tmp_path, monkeypatch):
    kept = tmp_path / "s0.json"
    first = yardsticks_of(finished.experiment, kept)
    monkeypatch.setattr("qgan.compare.results.References", None)
    assert yardsticks_of(finished.experiment, kept) == first


def test_a_result_is_what_the_run_wrote(finished):
    report = json.loads((finished.run.path / "metrics.json").read_text())
    found = result_of("subject", finished.run.config, outcome("done", finished.run.path))
    assert found.values == {name: score["value"] for name, score in report["metrics"].items()}
    assert (found.seed, found.step) == (0, report["step"])


@pytest.mark.parametrize("state", ["diverged", "failed"])
def test_what_did_not_end_well_has_no_values(finished, state):
    found = result_of("subject", finished.run.config, outcome(state, finished.run.path))
    assert found.values == {"energy-distance": None, "recall": None}
    assert found.step is None


def test_smaller_is_better_and_failures_learned_nothing():
    lower = Score("a", None, "lower", "", floor=0.1, trivial=0.5)
    higher = Score("b", None, "higher", "", floor=0.9, trivial=0.2)
    assert loss_of(0.3, lower) == 0.3 < 0.5 == loss_of(None, lower)
    assert loss_of(0.6, higher) == -0.6 < -0.2 == loss_of(None, higher)
    assert loss_of(None, Score("c", None, "lower", "")) is None


def outcome(state, path: Path) -> Outcome:
    return Outcome("runs/ring/subject/s0", state, "", 1.0, path)


def test_the_experiment_alone_is_enough(tmp_path):
    experiment = build(load("ring", changes=CHANGES))
    assert set(yardsticks_of(experiment, tmp_path / "s.json").scores) == {"energy-distance", "recall"}
