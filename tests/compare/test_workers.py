import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare.tasks import Task
from qgan.compare.workers import Crew, Worker, cores, most, paying

if TYPE_CHECKING:
    from conftest import Maker


@given(st.dictionaries(st.integers(1, 64), st.floats(0.01, 1e6), min_size=1))
def test_no_smaller_number_would_have_done(rates: dict[int, float]) -> None:
    chosen = paying(rates)
    assert 1.1 * rates[chosen] >= max(rates.values())
    assert all(1.1 * rate < max(rates.values()) for count, rate in rates.items() if count < chosen)


def test_a_second_worker_must_be_clearly_faster() -> None:
    assert paying({1: 100.0, 2: 105.0}) == 1
    assert paying({1: 100.0, 2: 180.0}) == 2
    assert paying({1: 100.0, 2: 180.0, 4: 150.0}) == 2


def test_there_are_no_more_workers_than_tasks_cores_or_room(make: "Maker", monkeypatch: pytest.MonkeyPatch) -> None:
    def room(gigabytes: float) -> None:
        monkeypatch.setattr(psutil, "virtual_memory", lambda: type("", (), {"available": gigabytes * 2**30}))

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    config = make.config()
    tasks = [Task(f"s{number}", config) for number in range(10)]
    wide = Task("wide", config.model_copy(update={"run": config.run.model_copy(update={"threads": 3})}))
    room(1000)
    assert most(tasks) == 8
    assert most(tasks[:3]) == 3
    assert most([*tasks, wide]) == 2
    room(1)
    assert 1 <= most(tasks) < 8
    room(0)
    assert most(tasks) == 1


def answer(crew: Crew, key: str) -> object:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for _, messages in crew.hear(0.1):
            assert messages is not None, crew.bury(crew.workers[0])
            for message in messages:
                if key in message:
                    return message[key]
    raise AssertionError(f"it never said '{key}'")


def test_a_worker_measures_and_leaves_when_its_input_ends(make: "Maker", tmp_path: Path) -> None:
    with Crew(root=tmp_path, plugins=()) as crew:
        crew.hire()
        assert answer(crew, "ready") == crew.workers[0].pid
        document = make.config().document()
        for _ in range(2):
            crew.workers[0].send({"measure": document, "seconds": 0.01})
            pace = answer(crew, "pace")
            assert isinstance(pace, float)
            assert pace > 0
        wild = make.config(optimizer__generator__lr=1e30, optimizer__discriminator__lr=1e30).document()
        crew.workers[0].give(make.task("here"))
        assert answer(crew, "outcome")
        crew.workers[0].send({"measure": wild, "seconds": 5.0})
        assert answer(crew, "pace") is None
        (worker,) = crew.workers
    assert crew.workers == []
    assert not psutil.pid_exists(worker.pid)
    assert (tmp_path / "here" / "metrics.json").exists()


def test_a_worker_that_is_let_go_while_it_imports_is_gone_soon(tmp_path: Path) -> None:
    worker = Worker(root=tmp_path, plugins=())
    worker.leave()
    assert worker.bury() == "exit code 0"
    assert not psutil.pid_exists(worker.pid)


def test_after_an_interrupt_they_are_ended_at_once(tmp_path: Path) -> None:
    crew = Crew(root=tmp_path, plugins=())
    crew.hire()
    (worker,) = crew.workers
    crew.__exit__(KeyboardInterrupt, None, None)
    assert not psutil.pid_exists(worker.pid)


def test_how_a_worker_ended_is_said_in_words(tmp_path: Path) -> None:
    worker = Worker(root=tmp_path, plugins=())
    worker.kill()
    assert worker.bury().startswith("signal 9 (SIGKILL), as a system ends what takes too much memory")


def test_there_are_cores_where_the_system_does_not_say_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert cores() == 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1
