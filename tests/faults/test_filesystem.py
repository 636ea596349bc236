"""Disks that are full, files that are elsewhere, and streams that are closed."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qgan import checkpoints
from qgan.runs import RunDirectory

if TYPE_CHECKING:
    from conftest import Laboratory


@pytest.mark.parametrize("limit", [2_000, 9_000])
def test_a_full_disk(quantum: "Laboratory", limit: int) -> None:
    """The smaller limit lets the records grow for some steps, and no checkpoint be written."""
    path = quantum.new()
    whole = quantum.resume(path)
    quantum.wait_for_step(path, 7)
    whole.kill(15)
    assert whole.wait() == 143
    child = quantum.resume(path, prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert child.wait() == 7, child.said
    assert "Traceback" not in child.said
    assert "--resume" in child.said
    run = RunDirectory.open(path)
    assert not list(run.checkpoints.glob("*.tmp-*"))
    for step in checkpoints.steps(run.checkpoints):
        checkpoints.read(run.checkpoints / f"step-{step:06d}")
    quantum.finish_as_undisturbed(path)


def test_the_checkpoint_itself_does_not_fit(quantum: "Laboratory") -> None:
    from qgan import files

    path = quantum.new()

    def short_writes() -> None:
        write, written = files.write_synced, []

        def fails_later(target: Path, data: bytes) -> None:
            written.append(target)
            if len(written) > 20 and target.name == "tensors.safetensors":
                target.write_bytes(data[:100])
                raise OSError(28, "No space left on device", str(target))
            write(target, data)

        checkpoints.write_synced = fails_later

    child = quantum.resume(path, prepare=short_writes)
    assert child.wait() == 7, child.said
    assert "No space left" in child.said
    run = RunDirectory.open(path)
    assert run.status["state"] == "failed"
    assert checkpoints.steps(run.checkpoints)[-1] == run.checkpoint("last").step > 0
    assert not list(run.checkpoints.glob("*.tmp-*"))
    quantum.finish_as_undisturbed(path)


def test_places_that_cannot_be_written(quantum: "Laboratory", tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    sets = [f"--set={key}={value}" for key, value in quantum.overrides.items() if not isinstance(value, (str, list))]
    for place in (file, file / "below", Path("/proc/x")):
        child = quantum.run("train", "digits-patch", *sets, "--out", str(place))
        assert child.wait() == 7, child.said
        assert "Traceback" not in child.said
        assert "--out" in child.said
        assert "step" not in child.said


@pytest.mark.parametrize("name", ["with space", "ünï✓", "-rf", "a\nb", "n" * 255, "[red]"])
def test_odd_names_work(classical: "Laboratory", tmp_path: Path, name: str) -> None:
    sets = [f"--set={key}={value}" for key, value in classical.overrides.items() if isinstance(value, int)]
    out = tmp_path / name
    child = classical.run(
        "train", "digits-patch-classical", *sets, "--steps", "2", "--set=evaluate.metrics=['energy-distance']",
        "--set=evaluate.metric=energy-distance", "--out", name, prepare=lambda: os.chdir(tmp_path),
    )  # fmt: skip
    assert child.wait() == 0, child.said
    (path,) = out.iterdir()
    assert RunDirectory.open(path).status["state"] == "done"
    again = classical.resume(path)
    assert again.wait() == 0, again.said


def python(code: str, *, shell: str = "") -> subprocess.CompletedProcess[str]:
    program = f"'{sys.executable}' -c '{code}' {shell}"
    return subprocess.run(["bash", "-o", "pipefail", "-c", program], capture_output=True, text=True, timeout=120)


def test_whoever_stops_reading_sees_no_traceback() -> None:
    loud = (
        'import sys; from qgan.cli import main; sys.argv = ["qgan", "recipes", "digits"]; '
        "sys.stdout.reconfigure(write_through=True); main()"
    )
    done = python(loud, shell="| (exec 0<&-; sleep 2)")
    assert done.returncode == 141
    assert done.stderr == ""


def test_a_closed_stdout_is_written_to_in_vain() -> None:
    closed = 'import sys; from qgan.cli import main; sys.argv = ["qgan", "recipes"]; main()'
    done = python(closed, shell=">&-")
    assert done.returncode == 0
    assert done.stderr == ""
