import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import qgan
from qgan._registry import Entry
from qgan.config import load as load_config
from qgan.runs import RunDirectory
from qgan.trackers import TRACKERS, History, Kept

Call = Callable[..., Any]


@pytest.mark.parametrize("ending", ["npz", "npy", "csv", "png"])
def test_samples_go_into_files(call: Call, tmp_path: Path, run: Path, ending: str) -> None:
    file = tmp_path / f"drawn ü.{ending}"
    assert call("sample", run, "-n", "6", "--out", file, "--seed", "3").code == 0
    first = file.read_bytes()
    assert call("sample", run, "-n", "6", "--out", file, "--seed", "3").code == 0
    # The pixels of the digits are 0 to 16 in their source; a power of two loses nothing.
    expected = 16 * qgan.load(run).sample(6, seed=3).numpy()
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


def test_one_class_is_drawn_from_a_conditional_run_only(
    call: Call, tmp_path: Path, run: Path, sets: tuple[str, ...]
) -> None:
    more = ("--set=train.conditional=true", "--set=data.classes=[3,7]", "--set=train.steps=1")
    assert call("train", "digits-patch-classical", *sets, *more, "--out", "told", "--json").code == 0
    (told,) = (tmp_path / "told").iterdir()
    assert call("sample", told, "-n", "4", "--label", "7", "--out", "seven.npz").code == 0
    assert np.load(tmp_path / "seven.npz")["labels"].tolist() == [7] * 4
    assert call("sample", told, "-n", "40", "--out", "both.csv").code == 0
    labels = np.loadtxt(tmp_path / "both.csv", delimiter=",", skiprows=1)[:, -1]
    assert {*labels.tolist()} == {3, 7}
    for source, label, cure in ((told, "4", "3, 7"), (run, "0", "conditional=true")):
        done = call("sample", source, "--label", label)
        assert done.code == 2
        assert cure in done.err


def test_one_unreadable_run_does_not_hide_the_others(call: Call, tmp_path: Path) -> None:
    for seed in (1, 2):
        RunDirectory.create(tmp_path, load_config("digits", changes=[("seed", seed)]), {})
    damaged = sorted(tmp_path.iterdir())[0]
    (damaged / "status.json").write_text("{")
    rows = json.loads(call("runs", tmp_path, "--json").out)["runs"]
    assert {row["state"] for row in rows} == {"created", "unreadable"}
    assert call("runs", tmp_path).code == 0


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        ("status.json", '{"state": 3}', ["train", "--resume"]),
        ("run.json", '{"objects": 3}', ["evaluate"]),
        ("run.json", "[]", ["sample"]),
        ("evaluations.jsonl", "[3]\n", ["evaluate", "--checkpoint", "best"]),
        ("metrics.json", '{"metrics": {}}', ["train", "--resume"]),
    ],
)
def test_a_file_edited_wrongly_is_named(
    call: Call, tmp_path: Path, run: Path, file: str, text: str, command: list[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / file).write_text(text)
    done = call(*command, copy) if command[-1] != "best" else call(command[0], copy, *command[1:])
    assert done.code == 5
    assert str(copy / file) in done.err.replace("\n", "")


def test_no_runs_are_no_empty_table(call: Call, tmp_path: Path) -> None:
    done = call("runs", tmp_path)
    assert done.code == 0
    assert "No runs in" in done.out
    assert json.loads(call("runs", tmp_path, "--json").out) == {"runs": []}


def test_a_run_whose_process_died_is_not_running(call: Call, tmp_path: Path, run: Path) -> None:
    copy = tmp_path / "runs" / "copy"
    shutil.copytree(run, copy)
    opened = RunDirectory.open(copy)
    opened.set_status("running", step=2)
    assert json.loads(call("runs", "--json").out)["runs"][0]["state"] == "stopped"
    with opened.locked():
        assert json.loads(call("runs", "--json").out)["runs"][0]["state"] == "running"


def test_metrics_fit_on_a_narrow_terminal(call: Call, monkeypatch: pytest.MonkeyPatch, run: Path) -> None:
    monkeypatch.setattr("qgan.show._out", lambda: Console(file=sys.stdout, width=80))
    lines = call("evaluate", run).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.lstrip().startswith("energy-distance   lower") for line in lines)


def test_a_sweep_is_told_in_a_table_and_drawn(call: Call, tmp_path: Path, run: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("sweeps"))
    asked = ("evaluate", copy, "--noise-sweep", "fake:manila", "--shots-sweep", "16, exact", "--repeats", "2")
    done = call(*asked)
    assert done.code == 0, done.err
    lines = [[cell.strip() for cell in line.split("│")[1:4]] for line in done.out.splitlines() if "│" in line]
    assert [line[:2] for line in lines] == [["batched.qubit", "exact"], ["fake:manila", "16"], ["fake:manila", "exact"]]
    assert all(" to " in line[2] for line in lines)
    assert "floor" in done.out
    assert "3/9: making circuits: fake:manila, exact" in done.err
    (place,) = (copy / "sweeps").iterdir()
    assert f"Picture: {place / 'sweep.png'}" in done.err
    assert (place / "sweep.png").stat().st_size > 1000
    quiet = call(*asked, "--json")
    document = json.loads(quiet.out)
    assert quiet.err == ""
    assert document["picture"] == str(place / "sweep.png")
    assert json.loads((place / "sweep.json").read_text()).items() <= document.items()
    for words, code, cure in (
        (["--shots-sweep", "0"], 2, "1 to 10000000"),
        (["--noise-sweep", "fake:manilla"], 4, "mean"),
    ):
        refused = call("evaluate", copy, *words)
        assert refused.code == code
        assert cure in refused.err
        assert "evaluation" not in refused.err
    assert list((copy / "sweeps").iterdir()) == [place]


def test_warnings_are_told_at_the_end_and_listed(call: Call, sets: tuple[str, ...], tmp_path: Path) -> None:
    """With one latent only, all samples are the same."""
    tiny = ("--set=generator.n_wires=3", "--set=generator.layers=1", "--set=generator.latent_high=0.0")
    done = call("train", "digits-patch", *sets, *tiny)
    assert done.code == 0
    assert "Warning, since step 4: Collapse: for 3 evaluations" in done.out
    (row,) = json.loads(call("runs", tmp_path / "runs", "--json").out)["runs"]
    assert [warning["check"] for warning in row["warnings"]] == ["collapse"]


@pytest.mark.parametrize("name", TRACKERS)
def test_a_tracker_that_is_not_installed_names_its_extra(call: Call, tmp_path: Path, run: Path, name: str) -> None:
    if importlib.util.find_spec(name):
        pytest.skip(f"{name} is installed here")
    done = call("track", run, "--to", name)
    assert done.code == 4
    assert f"pip install 'qgan[{name}]'" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_kept_by_a_tracker_of_ones_own(call: Call, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, History] = {}

    class Memory:
        def __init__(self, out: Path) -> None:
            self.out = out

        def keep(self, history: History) -> Kept:
            kept[str(self.out)] = history
            return Kept(self.out, "look")

    monkeypatch.setitem(TRACKERS, "memory", Entry(lambda _, out: Memory(out)))  # pyright: ignore[reportArgumentType]
    done = call("track", run, "--to", "memory", "--json")
    assert json.loads(done.out) == {"run": str(run), "tracker": "memory", "series": len(kept["tracked/memory"].numbers),
                                    "numbers": kept["tracked/memory"].count, "place": "tracked/memory",
                                    "look": "look"}  # fmt: skip
    assert call("track", run, "--to", "memory", "--out", "else where").code == 0
    assert kept["else where"] == kept["tracked/memory"]
    refused = call("track", run, "--to", "memmory")
    assert refused.code == 2
    assert "Did you mean 'memory'" in refused.err
    assert call("track", "nowhere", "--to", "memory").code == 2
