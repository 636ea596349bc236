"""Processes are heard in whole lines, and say how they ended."""

import os
import signal

import psutil
import pytest

from qgan.compare import pipes
from qgan.compare.pipes import Pipe


@pytest.fixture
def pipe() -> Pipe:
    return Pipe("qgan.compare.timer")


def test_half_a_line_waits_for_its_other_half(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [b'{"a": 1}\n{"b"', b": 2}\n", b""]
    with monkeypatch.context() as patch:
        patch.setattr(pipes.os, "read", lambda *_: said.pop(0))
        assert pipe.hear() == [{"a": 1}]
        assert pipe.hear() == [{"b": 2}]
        assert pipe.hear() is None
    pipe.kill()
    assert pipe.bury() == (-signal.SIGKILL, "")
    assert not psutil.pid_exists(pipe.pid)


def test_what_it_says_on_stderr_is_kept_to_its_end() -> None:
    pipe = Pipe("no.such.module")
    assert pipe.hear() is None
    pipe.send({"nobody": "listens"})
    code, words = pipe.bury()
    assert code == 1
    assert "No module named" in words


def test_messages_are_whole_however_little_a_pipe_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def write(_: int, data: bytes) -> int:
        written.append(data[:3])
        return len(written[-1])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        pipes.tell(5, {"a": "long message"})
    assert b"".join(written) == b'{"a": "long message"}\n'


def test_an_input_that_ends_is_the_order_to_leave(pipe: Pipe) -> None:
    assert pipe.bury() == (0, "")
