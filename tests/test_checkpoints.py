import os
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan import checkpoints
from qgan.errors import CheckpointError


def commit(root: Path, step: int) -> Path:
    tensors = {"b": torch.full((2, 3), float(step)), "a/c": torch.arange(4)}
    return checkpoints.commit(root, tensors=tensors, scalars={"step": step, "rate": 0.1}, meta={"lengths": {"x": 3}})


def unexpected(path: Path, error: CheckpointError) -> None:
    raise AssertionError(f"{path} was rejected: {error}")


def test_what_was_saved_is_read(tmp_path: Path) -> None:
    found = checkpoints.read(commit(tmp_path, 12))
    assert found.step == 12
    assert found.scalars == {"step": 12, "rate": 0.1}
    assert found.meta == {"lengths": {"x": 3}}
    assert torch.equal(found.tensors["b"], torch.full((2, 3), 12.0))
    assert torch.equal(found.tensors["a/c"], torch.arange(4))


def test_the_same_state_is_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = commit(tmp_path / "one", 3), commit(tmp_path / "two", 3)
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes()


def test_a_checkpoint_that_is_there_stays(tmp_path: Path) -> None:
    path = commit(tmp_path, 3)
    inode = path.stat().st_ino
    assert commit(tmp_path, 3) == path
    assert path.stat().st_ino == inode


def test_a_failed_commit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for calls in range(1, 6):
        left = [calls]

        def fails(_: int, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fails)
            with pytest.raises(OSError, match="No space left"):
                commit(tmp_path, 3)
        assert list(tmp_path.iterdir()) == []


def test_the_rename_comes_after_all_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sync, rename = os.fsync, Path.rename
    monkeypatch.setattr(os, "fsync", lambda descriptor: (order.append("sync"), sync(descriptor))[1])
    monkeypatch.setattr(Path, "rename", lambda self, to: (order.append("rename"), rename(self, to))[1])
    commit(tmp_path, 1)
    assert order == ["sync"] * 5 + ["rename", "sync"]


def test_the_newest_is_found_and_leftovers_go(tmp_path: Path) -> None:
    assert checkpoints.newest(tmp_path, unexpected) is None
    for step in (5, 10, 1_000_000):
        commit(tmp_path, step)
    (tmp_path / "step-000015.tmp-1").mkdir()
    (tmp_path / "step-20").mkdir()
    (tmp_path / "notes").touch()
    found = checkpoints.newest(tmp_path, unexpected)
    assert found is not None
    assert found.step == 1_000_000
    assert checkpoints.steps(tmp_path) == [5, 10, 1_000_000]
    assert not (tmp_path / "step-000015.tmp-1").exists()


def test_each_rejected_one_gets_a_name_of_its_own(tmp_path: Path) -> None:
    for step in (5, 10, 10):
        (commit(tmp_path, step) / "more").touch() if step == 10 else commit(tmp_path, step)
        told: list[Path] = []
        found = checkpoints.newest(tmp_path, lambda path, _: told.append(path))  # noqa: B023
        assert found is not None
        assert found.step == 5
    assert sorted(path.name for path in tmp_path.glob("*.bad")) == ["step-000010.1.bad", "step-000010.bad"]


@settings(max_examples=30)
@given(data=st.data())
def test_pruning_keeps_the_newest_and_the_named(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("checkpoints")
    steps = data.draw(st.lists(st.integers(0, 10**7), unique=True, max_size=8))
    for step in steps:
        (root / f"step-{step:06d}").mkdir()
    keep = data.draw(st.lists(st.integers(0, 10**7), max_size=2)) + steps[:1]
    keep_last = data.draw(st.integers(2, 4))
    checkpoints.prune(root, keep_last=keep_last, keep=keep)
    assert checkpoints.steps(root) == sorted({*sorted(steps)[-keep_last:], *(set(keep) & set(steps))})


@pytest.mark.parametrize("name", ["step-1", "step-", "step--00001", "step-00001x", "step-000001.bad", "Step-000001"])
def test_names_that_are_no_checkpoints(name: str) -> None:
    assert checkpoints.step_of(Path(name)) is None
    assert checkpoints.step_of(Path("step-000001")) == 1
