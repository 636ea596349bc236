"""Damaged checkpoints are found, set aside and stepped over; nothing in them is believed or run."""

import hashlib
import json
import os
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from qgan import checkpoints
from qgan.errors import CheckpointError
from qgan.runs import RunDirectory

if TYPE_CHECKING:
    from conftest import Laboratory

FLIPS = 30
NAMES = ("tensors.safetensors", "state.json", "manifest.json", "manifest.sha256")


@pytest.fixture
def run(quantum: "Laboratory", tmp_path: Path) -> RunDirectory:
    """A copy of the finished run that thinks it was interrupted."""
    path = tmp_path / quantum.straight.name
    shutil.copytree(quantum.straight, path)
    copy = RunDirectory.open(path)
    copy.set_status("interrupted", step=40, exact=True)
    return copy


def newest(run: RunDirectory) -> Path:
    return run.checkpoints / "step-000040"


def sign(checkpoint: Path, **changes: Any) -> None:
    """Makes the manifest fit whatever the files hold now."""
    manifest = json.loads((checkpoint / "manifest.json").read_text())
    for name in manifest["files"]:
        data = (checkpoint / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    body = json.dumps({**manifest, **changes}, sort_keys=True).encode()
    (checkpoint / "manifest.json").write_bytes(body)
    (checkpoint / "manifest.sha256").write_text(hashlib.sha256(body).hexdigest())


def test_every_flipped_bit_is_found(run: RunDirectory) -> None:
    rng = random.Random(20261124)
    directories = [run.checkpoints / f"step-{step:06d}" for step in checkpoints.steps(run.checkpoints)]
    files = [directory / name for directory in directories for name in NAMES]
    found = 0
    for trial in range(FLIPS):
        # Files in turn, so that the small ones are hit as often as the large one.
        path = files[trial % len(files)]
        whole = path.read_bytes()
        place, bit = rng.randrange(len(whole)), rng.randrange(8)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :])
        with pytest.raises(CheckpointError, match="is damaged"):
            checkpoints.read(path.parent)
        found += 1
        path.write_bytes(whole)
        checkpoints.read(path.parent)
    assert found == FLIPS


@pytest.mark.parametrize("trial", range(10))
def test_a_truncated_file_is_found(run: RunDirectory, trial: int) -> None:
    path = newest(run) / NAMES[trial % len(NAMES)]
    os.truncate(path, random.Random(trial).randrange(path.stat().st_size))
    require_fallback(run)


def zeros(checkpoint: Path) -> None:
    path = checkpoint / "tensors.safetensors"
    path.write_bytes(bytes(path.stat().st_size))


def missing(checkpoint: Path) -> None:
    (checkpoint / "state.json").unlink()


def extra(checkpoint: Path) -> None:
    (checkpoint / "more.bin").touch()


def swapped(checkpoint: Path) -> None:
    other = checkpoint.parent / "step-000035" / "tensors.safetensors"
    (checkpoint / "tensors.safetensors").write_bytes(other.read_bytes())


def whole_of_another_step(checkpoint: Path) -> None:
    shutil.rmtree(checkpoint)
    shutil.copytree(checkpoint.parent / "step-000035", checkpoint)


def linked_file(checkpoint: Path) -> None:
    path = checkpoint / "tensors.safetensors"
    path.rename(checkpoint.parent / "elsewhere")
    path.symlink_to(checkpoint.parent / "elsewhere")


def linked_checkpoint(checkpoint: Path) -> None:
    checkpoint.rename(checkpoint.parent / "elsewhere")
    checkpoint.symlink_to(checkpoint.parent / "elsewhere")


def no_manifest(checkpoint: Path) -> None:
    (checkpoint / "manifest.json").unlink()


def empty_manifest(checkpoint: Path) -> None:
    (checkpoint / "manifest.json").write_bytes(b"")


def no_json(checkpoint: Path) -> None:
    (checkpoint / "manifest.json").write_bytes(b"{")
    (checkpoint / "manifest.sha256").write_text(hashlib.sha256(b"{").hexdigest())


def nested_json(checkpoint: Path) -> None:
    (checkpoint / "state.json").write_bytes(b"[" * 100_000)
    sign(checkpoint)


def wrong_sum(checkpoint: Path) -> None:
    (checkpoint / "manifest.sha256").write_text("0" * 64)


def outside_name(checkpoint: Path) -> None:
    (checkpoint.parent / "evil").write_bytes(b"x")
    sums = {"../evil": {"sha256": hashlib.sha256(b"x").hexdigest(), "size": 1}}
    sign(checkpoint, files={**json.loads((checkpoint / "manifest.json").read_text())["files"], **sums})


def absolute_name(checkpoint: Path) -> None:
    sign(checkpoint, files={"/etc/passwd": {"sha256": "", "size": 1}})


def other_schema(checkpoint: Path) -> None:
    sign(checkpoint, schema=0)


def enormous_header(checkpoint: Path) -> None:
    (checkpoint / "tensors.safetensors").write_bytes((2**40).to_bytes(8, "little") + b"{}")
    sign(checkpoint)


def overlapping(checkpoint: Path) -> None:
    one = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({"a": one, "b": {**one, "data_offsets": [4, 12]}}).encode()
    (checkpoint / "tensors.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(12))
    sign(checkpoint)


DAMAGE = (
    zeros,
    missing,
    extra,
    swapped,
    whole_of_another_step,
    linked_file,
    linked_checkpoint,
    no_manifest,
    empty_manifest,
    no_json,
    nested_json,
    wrong_sum,
    outside_name,
    absolute_name,
    other_schema,
    enormous_header,
    overlapping,
)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_the_one_before_is_used(run: RunDirectory, damage: Callable[[Path], None]) -> None:
    damage(newest(run))
    require_fallback(run)


def require_fallback(run: RunDirectory) -> None:
    with pytest.raises(CheckpointError):
        run.checkpoint("40")
    checkpoint = run.rewind()
    assert checkpoint is not None
    assert checkpoint.step == 35
    assert [path.name for path in run.checkpoints.glob("*.bad")] == ["step-000040.bad"]
    assert [event["path"] for event in run.lines("events") if event["event"] == "checkpoint rejected"] == [
        "step-000040.bad"
    ]
    assert run.lines("records")[-1]["step"] == 35


class Payload:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.target,))


def test_a_pickle_is_never_run(run: RunDirectory, tmp_path: Path) -> None:
    target = tmp_path / "it ran"
    (newest(run) / "tensors.safetensors").write_bytes(pickle.dumps(Payload(target)))
    sign(newest(run))
    require_fallback(run)
    assert not target.exists()


def test_after_the_fallback_the_run_ends_as_it_would_have(quantum: "Laboratory", run: RunDirectory) -> None:
    zeros(newest(run))
    quantum.finish_as_undisturbed(run.path)


def test_where_all_are_bad_nothing_is_deleted(quantum: "Laboratory", run: RunDirectory) -> None:
    steps = checkpoints.steps(run.checkpoints)
    for step in steps:
        zeros(run.checkpoints / f"step-{step:06d}")
    logs = {kind: (run.path / f"{kind}.jsonl").read_bytes() for kind in ("records", "evaluations", "timing")}
    for _ in range(2):
        child = quantum.resume(run.path)
        assert child.wait() == 5, child.said
        assert "Traceback" not in child.said
    kept = sorted(path.name for path in run.checkpoints.iterdir())
    assert kept == [f"step-{step:06d}.bad" for step in steps]
    assert all(len(list((run.checkpoints / name).iterdir())) == 4 for name in kept)
    assert logs == {kind: (run.path / f"{kind}.jsonl").read_bytes() for kind in logs}


def test_where_all_are_gone_the_records_are_kept(run: RunDirectory) -> None:
    shutil.rmtree(run.checkpoints)
    run.checkpoints.mkdir()
    with pytest.raises(CheckpointError, match="are gone"):
        run.rewind()
    assert len(run.lines("records")) == 40


def test_a_checkpoint_of_another_run_is_refused(sampled: "Laboratory", run: RunDirectory) -> None:
    shutil.rmtree(newest(run))
    shutil.copytree(sampled.straight / "checkpoints" / "step-000015", run.checkpoints / "step-000015")
    shutil.rmtree(run.checkpoints / "step-000035")
    for step in checkpoints.steps(run.checkpoints):
        if step > 15:
            shutil.rmtree(run.checkpoints / f"step-{step:06d}")
    with pytest.raises(CheckpointError, match="belong to another run"):
        run.rewind()


def test_lost_records_are_told(run: RunDirectory) -> None:
    os.truncate(run.path / "records.jsonl", 100)
    with pytest.raises(CheckpointError, match="has lost lines"):
        run.rewind()
