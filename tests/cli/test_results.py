import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qgan
from qgan.config import load as load_config
from qgan.runs import RunDirectory

Call = Callable[..., Any]


@pytest.mark.parametrize("ending", ["npz", "npy", "csv", "png"])
def test_samples_go_into_files(call: Call, tmp_path: Path, run: Path, ending: str) -> None:
    file = tmp_path / f"drawn ü.{ending}"
    assert call("sample", run, "-n", "6", "--out", file, "--seed", "3").code == 0
    first = file.read_bytes()
    assert call("sample", run, "-n", "6", "--out", file, "--seed", "3").code == 0
    expected = qgan.load(run).sample(6, seed=3).numpy()
    if ending == "png":
        assert first.startswith(b"\x89PNG")
        return
    found = {
        "npz": lambda: np.load(file)["values"],
        "npy": lambda: np.load(file),
        "csv": lambda: np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.float32).reshape(6, 8, 8),
    }[ending]()
    assert np.array_equal(found, expected)


def test_samples_of_any_checkpoint_and_backend(call: Call, tmp_path: Path, run: Path) -> None:
    for number, more in enumerate((["--checkpoint", "best"], ["--checkpoint", "2"], ["--backend", "lightning.qubit"],
                                   ["--shots", "50"])):  # fmt: skip
        assert call("sample", run, "-n", "2", "--out", f"{number}.npy", *more).code == 0
        assert np.load(tmp_path / f"{number}.npy").shape == (2, 8, 8)
    assert call("sample", run, "--checkpoint", "3").code == 2
    assert call("sample", run, "-n", "0").code == 2
    assert call("sample", run, "--out", tmp_path / "no" / "where.npz").code == 7
    assert call("sample", run, "--shots", "0").code == 2


def test_one_unreadable_run_does_not_hide_the_others(call: Call, tmp_path: Path) -> None:
    for seed in (1, 2):
        RunDirectory.create(tmp_path, load_config("digits", changes=[("seed", seed)]), {})
    damaged = sorted(tmp_path.iterdir())[0]
    (damaged / "status.json").write_text("{")
    rows = json.loads(call("runs", tmp_path, "--json").out)["runs"]
    assert {row["state"] for row in rows} == {"created", "unreadable"}
    assert call("runs", tmp_path).code == 0
