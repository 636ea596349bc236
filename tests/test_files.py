import json
import os
from pathlib import Path

import pytest

from qgan import files
from qgan.errors import CheckpointError
from qgan.files import append_line, atomic_write, heal_tail, read_json, write_synced


@pytest.mark.parametrize("broken", ["fsync", "open", "replace"])
def test_an_atomic_write_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")

    def fails(*_: object, **__: object) -> None:
        raise OSError("injected")

    with monkeypatch.context() as patch:
        patch.setattr(Path if broken == "replace" else os, broken, fails)
        with pytest.raises(OSError, match="injected"):
            atomic_write(path, b"new")
    assert path.read_bytes() in (b"old", b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_data_are_synced_before_the_rename_and_the_directory_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync, replace, sync_directory = os.fsync, Path.replace, files.sync_directory
    monkeypatch.setattr(os, "fsync", lambda descriptor: (order.append("sync"), sync(descriptor))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (order.append("rename"), replace(self, to))[1])
    monkeypatch.setattr(files, "sync_directory", lambda path: (order.append("directory"), sync_directory(path))[1])
    atomic_write(tmp_path / "file", b"x")
    assert order == ["sync", "rename", "directory", "sync"]


def test_a_synced_file_is_never_overwritten(tmp_path: Path) -> None:
    write_synced(tmp_path / "file", b"first")
    with pytest.raises(FileExistsError):
        write_synced(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"first"


def test_lines_are_appended_whole_and_a_torn_one_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    heal_tail(path)
    assert not path.exists()
    append_line(path, {"b": 1, "a": 2})
    append_line(path, {"c": 3})
    whole = path.read_bytes()
    assert whole == b'{"a": 2, "b": 1}\n{"c": 3}\n'
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        heal_tail(path)
        assert path.read_bytes() == b"".join(line for line in whole[:cut].splitlines(True) if line.endswith(b"\n"))


def test_what_is_not_finite_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        append_line(tmp_path / "log.jsonl", {"loss": float("nan")})
    assert not (tmp_path / "log.jsonl").exists()


@pytest.mark.parametrize("content", [None, b"", b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_bad_json_is_a_checkpoint_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "file.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_json(path)


def test_enormous_json_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"x": "y" * 100}))
    assert read_json(path)["x"]
    monkeypatch.setattr(files, "MAX_JSON_BYTES", 50)
    with pytest.raises(CheckpointError, match="over 50 bytes"):
        read_json(path)
