"""Which runs an engine is given, and the local engine's processes as long as nobody kills them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from qgan._registry import Entry
from qgan.compare import engine
from qgan.compare.engine import LocalEngine
from qgan.compare.tasks import Event, Task
from qgan.config import Component
from qgan.errors import BackendError, BusyError, ConfigError, ResourceError
from qgan.files import locked
from qgan.losses import LOSSES
from qgan.runs import RunDirectory

if TYPE_CHECKING:
    from conftest import Here, Maker

# A loss that ends its process in its third step, as a simulator that crashes would.
PLUGIN = """
import os, signal
from qgan._registry import Entry, NoOptions
from qgan.losses import LOSSES

class Deadly:
    def __init__(self, _options):
        self.inner, self.calls = LOSSES["non-saturating"].make(NoOptions()), 0
    def discriminator(self, **given):
        return self.inner.discriminator(**given)
    def generator(self, **given):
        self.calls += 1
        if self.calls > 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        return self.inner.generator(**given)

LOSSES["deadly"] = Entry(Deadly)
"""


def unlocked(path: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file() and file.name != "LOCK"}


def test_each_run_is_done_once(make: "Maker", here: "Here", tmp_path: Path) -> None:
    tasks = [make.task(f"runs/mlp/s{seed}", seed=seed) for seed in range(2)]
    (first,) = here.run(tasks[:1], root=tmp_path / "deep" / "down")
    both = here.run(tasks, root=tmp_path / "deep" / "down")
    assert [outcome.name for outcome in both] == [task.name for task in tasks]
    assert {outcome.state for outcome in both} == {"done"}
    assert (both[0].message, both[0].seconds, both[0].where) == (first.message, 0.0, first.where)
    before = unlocked(tmp_path)
    assert here.run(tasks[::-1], root=tmp_path / "deep" / "down")[1].name == tasks[0].name
    assert here.done == [task.name for task in tasks]
    assert unlocked(tmp_path) == before


def test_a_diverged_run_is_not_repeated_and_a_failed_one_is(
    make: "Maker", here: "Here", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wild = make.task("wild", optimizer__generator__lr=1e30, optimizer__discriminator__lr=1e30)
    (first,) = here.run([wild], root=tmp_path)
    (again,) = here.run([wild], root=tmp_path)
    assert first.state == again.state == "diverged"
    assert first.message == again.message
    assert here.done == ["wild"]
    with monkeypatch.context() as patch:
        patch.setattr("qgan.opening.build", lambda *_: 1 / 0)
        (failed,) = here.run([make.task()], root=tmp_path)
    assert (failed.state, failed.message) == ("failed", "ZeroDivisionError: division by zero")
    assert here.run([make.task()], root=tmp_path)[0].state == "done"


def test_another_configuration_is_refused_before_anything_is_done(make: "Maker", here: "Here", tmp_path: Path) -> None:
    here.run([make.task("b")], root=tmp_path)
    with pytest.raises(ConfigError, match=r"another optimizer\.generator\.lr, train\.steps"):
        here.run([make.task("a"), make.task("b", train__steps=13, optimizer__generator__lr=0.5)], root=tmp_path)
    assert here.done == ["b"]
    assert not (tmp_path / "a").exists()


def test_two_commands_cannot_be_at_one_comparison(make: "Maker", here: "Here", tmp_path: Path) -> None:
    with locked(tmp_path / "LOCK", "it"), pytest.raises(BusyError, match="process"):
        here.run([make.task()], root=tmp_path)
    assert here.run([make.task()], root=tmp_path)[0].state == "done"


def test_what_a_killed_beginning_left_is_removed(make: "Maker", here: "Here", tmp_path: Path) -> None:
    half, other = tmp_path / "runs" / "mlp" / ".s0.abcd.tmp", tmp_path / "runs" / "mlp" / ".s01.abcd.tmp"
    for aside in (half, other):
        aside.mkdir(parents=True)
        (aside / "run.json").write_text("{}")
    here.run([make.task()], root=tmp_path)
    assert not half.exists()
    assert other.exists()


def test_where_nothing_can_be_written_nothing_is_begun(make: "Maker", here: "Here", tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError):
        here.run([make.task()], root=tmp_path / "file" / "comparison")


def test_without_tasks_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert LocalEngine().run([], root=tmp_path) == []


@pytest.mark.parametrize("workers", [0, -1])
def test_there_must_be_a_worker(workers: int) -> None:
    with pytest.raises(ConfigError, match="1 or more"):
        LocalEngine(workers=workers)


@pytest.mark.timeout(900)  # three times the imports, which a busy machine makes last
def test_workers_do_what_this_process_does_and_survive_what_crashes(
    make: "Maker",
    here: "Here",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    new_children: "Callable[[], list[psutil.Process]]",
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "deadly_loss.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path / "plugins")
    monkeypatch.setattr(engine, "MOST_DEATHS", 2)
    tasks = [make.task(f"runs/mlp/s{seed}", seed=seed) for seed in range(2)]
    monkeypatch.setitem(LOSSES, "deadly", Entry(lambda _: None))  # which is then removed again, with the plugin's own
    import deadly_loss  # type: ignore[import-not-found]  # noqa: F401

    deadly = Task("runs/deadly/s0", make.config().model_copy(update={"loss": Component(name="deadly")}))
    events: list[Event] = []
    local = LocalEngine(workers=1, plugins=["deadly_loss"])
    outcomes = local.run([tasks[0], deadly, tasks[1]], root=tmp_path / "local", told=events.append)
    assert [outcome.state for outcome in outcomes] == ["done", "failed", "done"]
    assert "died 2 times and came no further than step 0: signal 11 (SIGSEGV)" in outcomes[1].message
    assert "deadly_loss.py" in outcomes[1].message  # where it happened, as Python tells of it
    told = [(event.name, event.kind) for event in events if event.kind != "step"]
    assert told == [
        (tasks[0].name, "began"),
        (tasks[0].name, "done"),
        (deadly.name, "began"),
        (deadly.name, "lost"),
        (deadly.name, "began"),
        (deadly.name, "failed"),
        (tasks[1].name, "began"),
        (tasks[1].name, "done"),
    ]
    assert new_children() == []
    here.run(tasks, root=tmp_path / "here")
    for task in tasks:
        for name in ("records.jsonl", "evaluations.jsonl", "metrics.json", "samples.npz"):
            found = [(tmp_path / place / task.name / name).read_bytes() for place in ("local", "here")]
            assert found[0] == found[1], name
    identity = RunDirectory.open(tmp_path / "local" / tasks[0].name).identity
    assert identity["plugins"] == ["deadly_loss"]


def test_a_plugin_that_is_missing_is_told_as_ever(
    make: "Maker", tmp_path: Path, new_children: "Callable[[], list[psutil.Process]]"
) -> None:
    with pytest.raises(BackendError, match=r"'no_such_plugin' cannot be loaded.*Give the name of a module"):
        LocalEngine(workers=1, plugins=["no_such_plugin"]).run([make.task()], root=tmp_path)
    assert new_children() == []


def test_workers_that_do_not_start_are_not_started_for_ever(
    make: "Maker", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_children: "Callable[[], list[psutil.Process]]"
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no interpreter >&2\nexit 3\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(ResourceError, match="exit code 3: no interpreter"):
        LocalEngine(workers=2).run([make.task()], root=tmp_path / "comparison")
    assert new_children() == []
