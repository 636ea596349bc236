"""What every tracker promises: it holds what it was given, once, however often; and it asks no server."""

import importlib.util
import random
import socket
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.trackers import READERS
from qgan._registry import NoOptions
from qgan.trackers import TRACKERS, History, Tracker
from qgan.trackers.history import Note, Point


def png(path: Path) -> Path:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head, row = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), zlib.compress(b"\0\x7f")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", row) + chunk(b"IEND", b""))
    return path


def history(n: int, *, seed: int = 0) -> History:
    rng = random.Random(seed)
    numbers = {
        "loss/generator": [Point(step, rng.gauss(0, 1) / 3, 1e9 + step) for step in range(1, n + 1)],
        "circuits/executions": [Point(step, 128.0, 1e9 + step) for step in range(1, n + 1)],
        "validation/mmd": [Point(step, rng.random() * 1e-9, 1e9 + step) for step in range(0, n + 1, 2)],
    }
    notes = [Note(0, 1e9, "began: exact = true"), Note(n, 1e9 + n, "warning: it collapses"), Note(2, 1e9, "went on")]
    config = {"seed": 3, "loss.name": "hinge", "train.steps": 9, "optimizer.generator.lr": 0.1, "run.exact": True}
    return History("20261125-mine-s3-abcd", "done", dict(config), numbers, notes, {})


def pairs(some: History) -> dict[str, list[tuple[int, float]]]:
    return {name: [(point.step, point.value) for point in points] for name, points in some.numbers.items()}


@pytest.fixture(params=list(READERS))
def name(request: pytest.FixtureRequest) -> str:
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed: pip install 'qgan[{request.param}]'")
    return request.param


def tracker(name: str, out: Path) -> Tracker:
    return TRACKERS[name].make(NoOptions(), out)


def test_every_tracker_has_a_reader() -> None:
    assert set(READERS) == set(TRACKERS)


# Their own libraries warn of their own futures.
@pytest.mark.filterwarnings("default")
def test_a_run_is_held_once_however_often_it_is_kept(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: socket.socket, address: Any) -> None:
        assert self.family == socket.AF_UNIX or str(address).startswith("('127.0.0.1'"), address
        connect(self, address)

    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", refused)
    out = tmp_path / "kept ü"
    first, longer = history(6), history(9)
    common = {key: [point for point in points if point.step <= 6] for key, points in longer.numbers.items()}
    first = replace(first, numbers=common)
    for some in (first, first, longer, longer):
        kept = tracker(name, out).keep(some)
        assert kept.place.exists()
        assert READERS[name](out, some.name) == pairs(some)
    # Resumed elsewhere, it took another course.
    other = replace(history(7, seed=1), pictures={"samples": png(tmp_path / "samples.png")})
    for _ in range(2):
        tracker(name, out).keep(other)
        assert READERS[name](out, other.name) == pairs(other)
