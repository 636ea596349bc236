"""Comparisons whose workers or command are killed or stopped: every run is there once, as if nothing had been."""

import os
import random
import signal
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import psutil
import pytest

from qgan import config
from qgan.compare.carrying import carry_out
from qgan.compare.engine import Engine, LocalEngine
from qgan.compare.tasks import Outcome, Task, Told, resolved
from qgan.errors import Interrupted
from qgan.runs import RunDirectory

if TYPE_CHECKING:
    from conftest import Child, Laboratory

PATIENCE = 240.0
# So many that a run isn't over before a signal has gone through its parent.
STEPS = 240
# What bears times, process numbers, or the length of what does.
CLOCKED = {"timing.jsonl", "events.jsonl", "run.json", "status.json", "LOCK", "manifest.json", "manifest.sha256"}


class Here(Engine):
    """Without workers: what they leave, another engine goes on with."""

    def _carry_out(self, tasks: Sequence[Task], root: Path, told: Told) -> Generator[Outcome, None, None]:
        for task in tasks:
            yield carry_out(task, root, told=told)


@pytest.fixture(scope="module")
def tasks(classical: "Laboratory") -> list[Task]:
    changes: dict[str, Any] = {**classical.overrides, "train.steps": STEPS}
    return [
        Task(f"runs/rate-{rate}/s{seed}", resolved(config.load(classical.recipe, changes=[*changes.items(), *own])))
        for rate in (0.01, 0.03)
        for seed in range(2)
        for own in [(("optimizer.generator.lr", rate), ("seed", seed))]
    ]


@pytest.fixture(scope="module")
def undisturbed(tasks: list[Task], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("undisturbed")
    Here().run(tasks, root=root)
    return root


def command(classical: "Laboratory", tasks: list[Task], root: Path, *, workers: int) -> "Child":
    """The comparison in a process of its own, which ends as `qgan` would."""

    def compare() -> NoReturn:
        try:
            LocalEngine(workers=workers).run(tasks, root=root)
        except Interrupted as stop:
            os.write(1, f"{stop}\n".encode())
            raise SystemExit(stop.exit_code) from None
        raise SystemExit(0)

    return classical.run(prepare=compare)


def held_run(child: "Child", root: Path, *, steps: int) -> tuple[psutil.Process, Path]:
    """A worker and the run that it has, once it has done so many steps of it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        workers = {worker.pid: worker for worker in psutil.Process(child.pid).children()}
        for lock in root.glob("runs/*/*/LOCK"):
            held, records = lock.read_text().split(), lock.with_name("records.jsonl")
            done = records.read_bytes().count(b"\n") if records.exists() else 0
            if held and int(held[1]) in workers and steps <= done < STEPS:
                return workers[int(held[1])], lock.parent
        time.sleep(0.002)
    raise AssertionError(f"no worker came so far: {child.said}")


def contents(run: Path) -> dict[str, bytes]:
    """Every file but the clocked ones; of the checkpoints the last and the best, since a signal adds one more."""
    opened = RunDirectory.open(run)
    chosen = {f"step-{step:06d}" for step in (STEPS, opened.best_step())}
    files = [file.relative_to(run) for file in run.rglob("*") if file.is_file() and file.name not in CLOCKED]
    kept = [file for file in files if file.parts[0] != "checkpoints" or file.parts[1] in chosen]
    return {str(file): (run / file).read_bytes() for file in kept}


def require_as_undisturbed(tasks: list[Task], root: Path, undisturbed: Path) -> None:
    names = sorted(task.name for task in tasks)
    assert sorted(str(path.relative_to(root)) for path in root.glob("runs/*/*")) == names
    assert not list(root.rglob("*.tmp*"))
    for name in names:
        run = RunDirectory.open(root / name)
        assert [record["step"] for record in run.lines("records")] == list(range(1, STEPS + 1)), name
        assert [event["event"] for event in run.lines("events")].count("done") == 1, name
        found, expected = contents(root / name), contents(undisturbed / name)
        assert sorted(found) == sorted(expected)
        assert [file for file in found if found[file] != expected[file]] == [], name


@pytest.mark.timeout(900)
def test_a_killed_worker_loses_nothing(
    classical: "Laboratory", tasks: list[Task], undisturbed: Path, tmp_path: Path, dice: random.Random
) -> None:
    child = command(classical, tasks, tmp_path, workers=2)
    worker, run = held_run(child, tmp_path, steps=dice.randrange(STEPS // 2))
    worker.kill()
    assert child.wait(PATIENCE) == 0, child.said
    require_as_undisturbed(tasks, tmp_path, undisturbed)
    assert "went on" in [event["event"] for event in RunDirectory.open(run).lines("events")]


@pytest.mark.timeout(900)
def test_a_killed_command_leaves_nobody_behind_and_loses_nothing(
    classical: "Laboratory", tasks: list[Task], undisturbed: Path, tmp_path: Path, dice: random.Random
) -> None:
    child = command(classical, tasks, tmp_path, workers=2)
    held_run(child, tmp_path, steps=dice.randrange(STEPS // 2))
    workers = psutil.Process(child.pid).children()
    child.kill(signal.SIGKILL)
    assert child.wait(PATIENCE) == -signal.SIGKILL
    # At once, while the workers may be saving their steps.
    assert {outcome.state for outcome in Here().run(tasks, root=tmp_path)} == {"done"}
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []
    require_as_undisturbed(tasks, tmp_path, undisturbed)


@pytest.mark.timeout(900)
def test_a_stopped_command_saves_every_step_and_says_so_once(
    classical: "Laboratory", tasks: list[Task], undisturbed: Path, tmp_path: Path
) -> None:
    child = command(classical, tasks, tmp_path, workers=1)
    worker, run = held_run(child, tmp_path, steps=7)
    child.kill(signal.SIGINT)
    assert child.wait(PATIENCE) == 128 + signal.SIGINT, child.said
    assert not worker.is_running()
    assert child.said.count("Stopped") == 1
    assert "Traceback" not in child.said
    stopped = RunDirectory.open(run)
    assert stopped.status["state"] == "interrupted"
    assert stopped.status["step"] == stopped.checkpoint("last").step == stopped.lines("records")[-1]["step"]
    Here().run(tasks, root=tmp_path)
    require_as_undisturbed(tasks, tmp_path, undisturbed)
