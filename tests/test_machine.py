import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
import torch

from qgan import machine
from qgan.machine import Stops, fingerprint, git_commit, measure_threads, threads


@pytest.mark.parametrize("count", [1, 2])
def test_the_thread_count_is_put_back(count: int) -> None:
    before = torch.get_num_threads()
    with threads(count):
        assert torch.get_num_threads() == count
    assert torch.get_num_threads() == before


def test_the_thread_count_is_put_back_after_a_failure() -> None:
    before = torch.get_num_threads()
    with pytest.raises(KeyError), threads(before + 1):
        raise KeyError
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("slow", "best"), [({1: 0.004}, 2), ({1: 0.0004}, 2), ({1: 0.0002}, 1), ({2: 0.004}, 1), ({}, 1)]
)
def test_fewer_threads_are_kept_unless_more_are_clearly_faster(
    slow: dict[int, float], best: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    before, now = torch.get_num_threads(), [0.0]
    monkeypatch.setattr(machine, "perf_counter", lambda: now[0])

    def work() -> None:
        now[0] += 0.001 + slow.get(torch.get_num_threads(), 0)

    assert measure_threads(work) == best
    assert torch.get_num_threads() == before


def test_one_core_is_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert measure_threads(lambda: None) == 1


def test_the_fingerprint_is_the_same_each_time_and_json() -> None:
    assert json.loads(json.dumps(fingerprint())) == fingerprint()
    assert {"python", "torch", "pennylane", "numpy"} <= set(fingerprint()["versions"])
    assert fingerprint()["machine"]["cores"] == os.cpu_count()


def test_outside_a_repository_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() is None
    monkeypatch.setenv("PATH", "")
    assert git_commit() is None


def send(number: int) -> None:
    os.kill(os.getpid(), number)
    # Python runs a handler between two of its instructions.
    time.sleep(0)


@pytest.mark.parametrize(
    ("number", "kept"),
    [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGTERM), (signal.SIGHUP, signal.SIGTERM)],
)
def test_a_signal_is_remembered_and_handlers_are_put_back(number: int, kept: int) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    stops = Stops()
    with stops.listening():
        assert stops.signal_number is None
        send(number)
        assert stops.signal_number == kept
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_ctrl_c_stops_at_once(first: int) -> None:
    stops, before = Stops(), signal.getsignal(signal.SIGINT)
    with stops.listening():
        send(first)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


def test_a_second_request_to_end_is_patient() -> None:
    stops = Stops()
    with stops.listening():
        send(signal.SIGTERM)
        send(signal.SIGTERM)
    assert stops.signal_number == signal.SIGTERM


def test_another_thread_listens_to_nothing() -> None:
    before, done = signal.getsignal(signal.SIGTERM), []

    def listen() -> None:
        with Stops().listening():
            done.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert done == [before]
