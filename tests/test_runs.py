import json
from pathlib import Path

import pytest

from qgan import config
from qgan.errors import BusyError, CheckpointError, ConfigError, ResourceError
from qgan.runlist import list_runs
from qgan.runs import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "runs", config.load("digits-patch", changes=[("seed", 7)]), {"plugins": []})


def test_a_new_run_is_whole_and_is_read_again(run: RunDirectory) -> None:
    again = RunDirectory.open(run.path)
    assert again == run
    assert again.status == {"state": "created", "step": 0}
    assert run.path.name.endswith(f"-digits-patch-s7-{run.path.name[-4:]}")
    assert sorted(entry.name for entry in run.path.iterdir()) == [
        "checkpoints",
        "config.toml",
        "run.json",
        "status.json",
    ]
    assert [entry.name for entry in run.path.parent.iterdir()] == [run.path.name]


def test_a_run_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("qgan.runs.write_synced", full)
    with pytest.raises(ResourceError, match="--out"):
        RunDirectory.create(tmp_path, config.load("digits-patch"), {})
    assert list(tmp_path.iterdir()) == []


def test_only_one_holds_a_run(run: RunDirectory) -> None:
    with run.locked(), pytest.raises(BusyError, match="process"), RunDirectory.open(run.path).locked():
        pass
    with run.locked():
        pass


def test_status_is_replaced(run: RunDirectory) -> None:
    run.set_status("running", step=3, exact=True)
    assert run.status["state"] == "running"
    assert run.status["exact"] is True
    assert not list(run.path.glob("*.tmp-*"))


def test_logs_hold_whole_lines(run: RunDirectory) -> None:
    assert run.lines("records") == []
    record = {"step": 1, "losses": {"generator": 0.7}, "scores": {}, "executions": 8, "shots": 0}
    run.log("records", record)
    with (run.path / "records.jsonl").open("ab") as file:
        file.write(b'{"step": ')
    assert run.lines("records") == [record]
    (run.path / "records.jsonl").write_bytes(b'{"step"\n{"step": 2}\n')
    with pytest.raises(CheckpointError, match="is damaged"):
        run.lines("records")


def test_a_run_without_a_checkpoint_begins_again(run: RunDirectory) -> None:
    run.log("records", {"step": 1})
    with (run.path / "events.jsonl").open("ab") as file:
        file.write(b'{"event": "torn')
    assert run.rewind() is None
    assert run.lines("records") == []
    run.event("after")
    assert [event["event"] for event in run.lines("events")] == ["after"]


def test_best_is_the_latest_best(run: RunDirectory) -> None:
    assert run.best_step() is None
    for step, best in ((0, True), (3, True), (6, False)):
        run.log("evaluations", {"step": step, "best": best, "gained": best, "at_floor": False, "scores": {}})
    assert run.best_step() == 3
    with pytest.raises(ConfigError, match="keeps no checkpoint 'best'"):
        run.checkpoint("best")


@pytest.mark.parametrize("file", ["run.json", "config.toml", "status.json"])
def test_a_run_with_a_file_that_cannot_be_read(run: RunDirectory, file: str) -> None:
    (run.path / file).write_bytes(b"\xff{")
    with pytest.raises(CheckpointError):
        _ = RunDirectory.open(run.path).status
    (run.path / file).unlink()
    with pytest.raises((CheckpointError, ConfigError)):
        _ = RunDirectory.open(run.path).status


def test_runs_are_listed_and_other_things_are_not(run: RunDirectory) -> None:
    out = run.path.parent
    (out / "notes").mkdir()
    (out / ".half.tmp").mkdir()
    (out / ".half.tmp" / "run.json").write_text(json.dumps({}))
    assert list_runs(out) == [run.path]
    assert list_runs(out / "nowhere") == []
