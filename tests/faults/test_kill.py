"""Runs that are killed, stopped and gone on with end as the run that nothing disturbed, byte for byte."""

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qgan.checkpoints import steps
from qgan.config import load
from qgan.opening import begin
from qgan.runs import RunDirectory

if TYPE_CHECKING:
    from conftest import Laboratory


def kill_at_random(laboratory: "Laboratory", path: Path, dice: random.Random, *, within: float | None = None) -> None:
    child = laboratory.resume(path)
    time.sleep(dice.uniform(0, within or laboratory.seconds))
    child.kill(signal.SIGKILL)
    assert child.wait() in (0, -signal.SIGKILL)


@pytest.mark.parametrize("trial", range(5))
def test_killed_at_any_moment(quantum: "Laboratory", dice: random.Random, trial: int) -> None:  # noqa: ARG001
    path = quantum.new()
    kill_at_random(quantum, path, dice)
    quantum.finish_as_undisturbed(path)


@pytest.mark.parametrize("kills", [2, 4])
def test_killed_again_and_again(quantum: "Laboratory", dice: random.Random, kills: int) -> None:
    path = quantum.new()
    for _ in range(kills):
        kill_at_random(quantum, path, dice)
    quantum.finish_as_undisturbed(path)


def test_killed_while_it_is_resuming(quantum: "Laboratory", dice: random.Random) -> None:
    path = quantum.new()
    kill_at_random(quantum, path, dice)
    for _ in range(3):
        kill_at_random(quantum, path, dice, within=quantum.seconds / 4)
    quantum.finish_as_undisturbed(path)


def test_killed_before_the_first_checkpoint(quantum: "Laboratory") -> None:
    path = quantum.new()
    child = quantum.resume(path)
    while not (path / "events.jsonl").exists():
        time.sleep(0.001)
    child.kill(signal.SIGKILL)
    child.wait()
    quantum.finish_as_undisturbed(path)


@pytest.mark.parametrize("trial", range(2))
def test_killed_with_finite_shots(sampled: "Laboratory", dice: random.Random, trial: int) -> None:  # noqa: ARG001
    path = sampled.new()
    kill_at_random(sampled, path, dice)
    sampled.finish_as_undisturbed(path)


@pytest.mark.parametrize("trial", range(2))
def test_the_killed_baseline(classical: "Laboratory", dice: random.Random, trial: int) -> None:  # noqa: ARG001
    path = classical.new()
    kill_at_random(classical, path, dice)
    classical.finish_as_undisturbed(path)


@pytest.mark.parametrize(
    ("number", "code", "step"),
    [(signal.SIGTERM, 143, 3), (signal.SIGTERM, 143, 17), (signal.SIGHUP, 143, 8), (signal.SIGINT, 130, 11)],
)
def test_a_signal_saves_the_step_it_came_in(quantum: "Laboratory", number: int, code: int, step: int) -> None:
    path = quantum.new()
    child = quantum.resume(path)
    quantum.wait_for_step(path, step)
    began = time.monotonic()
    child.kill(number)
    assert child.wait() == code, child.said
    assert time.monotonic() - began < 5
    assert f"qgan train --resume {path}" in child.said
    assert "Traceback" not in child.said
    run = RunDirectory.open(path)
    done = run.lines("records")[-1]["step"]
    assert run.status["state"] == "interrupted"
    assert run.status["step"] == run.checkpoint("last").step == done >= step
    assert any(event["event"] == "interrupted" for event in run.lines("events"))
    quantum.finish_as_undisturbed(path)


def test_a_second_interrupt_stops_at_once(quantum: "Laboratory") -> None:
    path = quantum.new()
    # A step that lasts: the first signal is remembered, and only the second ends it.
    child = quantum.resume(path, prepare=sleep_in_step_7)
    quantum.wait_for_step(path, 6)
    time.sleep(0.3)
    child.kill(signal.SIGINT)
    time.sleep(0.3)
    assert os.waitpid(child.pid, os.WNOHANG) == (0, 0)
    began = time.monotonic()
    child.kill(signal.SIGINT)
    assert child.wait() == 130, child.said
    assert time.monotonic() - began < 1
    assert f"qgan train --resume {path}" in child.said
    assert "Traceback" not in child.said
    quantum.finish_as_undisturbed(path)


def sleep_in_step_7() -> None:
    from qgan import loop

    update = loop._update

    def slow(player, batch, step):
        if step == 7:
            time.sleep(30)
        return update(player, batch, step)

    loop._update = slow


def test_two_processes_cannot_have_one_run(quantum: "Laboratory") -> None:
    path = quantum.new()
    first = quantum.resume(path)
    quantum.wait_for_step(path, 2)
    first.kill(signal.SIGSTOP)
    try:
        before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
        for arguments in ([], ["--shots", "8"]):
            second = quantum.resume(path, *arguments)
            assert second.wait() == 12, second.said
            assert f"process {first.pid}" in second.said
        assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before
    finally:
        first.kill(signal.SIGCONT)
    assert first.wait() == 0, first.said
    quantum.require_identical(path)


@pytest.mark.parametrize("text", ["process 999999999\n", f"process {os.getpid()}\n"], ids=["dead", "reused"])
def test_the_lock_of_a_dead_process_is_taken_over(quantum: "Laboratory", text: str) -> None:
    path = quantum.new()
    (path / "LOCK").write_text(text)
    child = quantum.resume(path)
    quantum.wait_for_step(path, 1)
    assert (path / "LOCK").read_text() == f"process {child.pid}\n"
    assert child.wait() == 0, child.said


def test_a_whole_run_begun_on_the_command_line(quantum: "Laboratory", tmp_path: Path) -> None:
    sets = [part for key, value in quantum.overrides.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    child = quantum.run("train", "digits-patch", *sets, "--out", str(tmp_path), "--json", "--quiet")
    assert child.wait() == 0, child.said
    document = json.loads(child.said)
    assert document["status"]["state"] == "done"
    quantum.require_identical(Path(document["run"]))


def test_a_warning_of_the_batch_system_saves_and_goes_on(quantum: "Laboratory") -> None:
    path = quantum.new()
    child = quantum.resume(path)
    quantum.wait_for_step(path, 7)
    child.kill(signal.SIGUSR1)
    assert child.wait() == 0, child.said
    quantum.finish_as_undisturbed(path)


def test_a_warning_makes_a_checkpoint_between_the_others(tmp_path: Path) -> None:
    changes = {
        "train.steps": 8,
        "train.batch_size": 4,
        "run.threads": 1,
        "evaluate.every": 0,
        "run.checkpoint_every": 4,
    }
    session = begin(load("digits-patch-classical", changes=changes.items()), out=tmp_path)
    seen = set()
    for record in session.records():
        if record.step == 5:
            signal.raise_signal(signal.SIGUSR1)
        seen |= {*steps(session.run.checkpoints)}
    assert seen == {0, 4, 6, 8}
