"""What is sent, whatever the tracker: every number of the logs once, under its name and step."""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qgan.errors import CheckpointError, ConfigError
from qgan.files import append_line
from qgan.trackers import History, history_of

CONFIG = 'seed = 3\nrecipe = "mine"\n[train]\nsteps = 2\n[optimizer.generator]\nbetas = [0.5, 0.9]\nlr = 0.1\n'


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "20261125-100000-mine-s3-abcd"
    path.mkdir()
    (path / "run.json").write_text(json.dumps({"name": path.name}))
    (path / "config.toml").write_text(CONFIG)
    (path / "status.json").write_text(json.dumps({"state": "running", "step": 2}))
    append_line(
        path / "events.jsonl", {"time": "2026-11-25T10:00:00+00:00", "event": "began", "step": 0, "exact": True}
    )
    append_line(
        path / "events.jsonl", {"time": "2026-11-25T10:00:05+00:00", "event": "checkpoint rejected", "path": "x"}
    )
    for step in (1, 2):
        add(path, step)
    scores = {"mmd": {"value": 0.1 / 3, "skill": -2.0}, "coverage": {"value": None, "skill": None}}
    line = {"step": 0, "best": True, "gained": True, "at_floor": False, "scores": scores, "spread": 0.25}
    append_line(path / "evaluations.jsonl", line)
    return path


def add(path: Path, step: int, *, loss: float = math.pi) -> None:
    line = {
        "step": step,
        "losses": {"generator": loss / step},
        "scores": {"real": 0.5},
        "grad_norms": {"generator": 1e-12},
        "generator": {"postselection": 0.5},
        "executions": 12,
        "shots": 0,
    }
    append_line(path / "records.jsonl", line)
    append_line(path / "timing.jsonl", {"step": step, "seconds": {"all": 0.5}})


def pairs(history: History) -> dict[str, list[tuple[int, float]]]:
    return {name: [(point.step, point.value) for point in points] for name, points in history.numbers.items()}


def test_every_number_is_there_once(run: Path) -> None:
    history = history_of(run)
    assert pairs(history) == {
        "loss/generator": [(1, math.pi), (2, math.pi / 2)],
        "score/real": [(1, 0.5), (2, 0.5)],
        "gradient/generator": [(1, 1e-12), (2, 1e-12)],
        "generator/postselection": [(1, 0.5), (2, 0.5)],
        "circuits/executions": [(1, 12.0), (2, 12.0)],
        "circuits/shots": [(1, 0.0), (2, 0.0)],
        "validation/mmd": [(0, 0.1 / 3)],
        "skill/mmd": [(0, -2.0)],
        "validation/spread": [(0, 0.25)],
    }
    assert history.count == 15
    assert (history.name, history.state, history.pictures) == (run.name, "running", {})


def test_the_clock_is_that_of_the_training(run: Path) -> None:
    history = history_of(run)
    began = history.notes[0].time
    assert [point.time - began for point in history.numbers["loss/generator"]] == [0.5, 1.0]
    assert history.numbers["validation/mmd"][0].time == began


def test_the_configuration_is_flat_and_events_are_words(run: Path) -> None:
    history = history_of(run)
    assert history.config == {"seed": 3, "recipe": "mine", "train.steps": 2, "optimizer.generator.betas": "[0.5, 0.9]",
                              "optimizer.generator.lr": 0.1}  # fmt: skip
    assert [(note.step, note.text) for note in history.notes] == [
        (0, "began: exact = true"),
        (0, 'checkpoint rejected: path = "x"'),
    ]


def test_what_is_new_is_what_was_not_held(run: Path) -> None:
    before = history_of(run)
    assert before.beyond({}) == before.numbers
    assert before.beyond(pairs(before)) == {}
    add(run, 3)
    after = history_of(run)
    new = after.beyond(pairs(before))
    assert new is not None
    each_step = {name for name, points in before.numbers.items() if len(points) == 2}
    assert {name: [point.step for point in points] for name, points in new.items()} == {name: [3] for name in each_step}


def test_another_course_of_the_run_is_noticed(run: Path) -> None:
    held = pairs(history_of(run))
    held["loss/generator"][-1] = (2, 0.0)
    assert history_of(run).beyond(held) is None
    assert history_of(run).beyond({"loss/someone": [(1, 0.0)]}) is None
    shorter = history_of(run)
    longer = pairs(shorter) | {"score/real": [(1, 0.5), (2, 0.5), (3, 0.5)]}
    assert shorter.beyond(longer) is None


def test_a_line_being_written_waits_for_the_next_time(run: Path) -> None:
    before = history_of(run)
    with (run / "records.jsonl").open("a") as file:
        file.write('{"step": 3, "los')
    assert history_of(run) == before


def test_no_run_and_a_damaged_one_are_told(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a run"):
        history_of(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "records.jsonl").write_text("[]\n")
    with pytest.raises(CheckpointError, match=r"records\.jsonl"):
        history_of(copy)
    (copy / "config.toml").write_text("[")
    with pytest.raises(CheckpointError, match="no usable configuration"):
        history_of(copy)


def test_no_tracker_and_no_torch_is_loaded_to_know_them() -> None:
    code = (
        "import sys; from qgan.trackers import TRACKERS; assert list(TRACKERS)\n"
        "print(sorted({'torch', 'pennylane', 'tensorboard', 'wandb', 'mlflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "[]\n", done.stderr
