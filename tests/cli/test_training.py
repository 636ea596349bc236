import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from qgan.runs import RunDirectory

Call = Callable[..., Any]


def nothing_written(folder: Path) -> bool:
    return list(folder.iterdir()) == []


def test_a_plugin_that_is_not_installed_names_its_extra(call: Call, tmp_path: Path) -> None:
    from qgan.backends import resolve

    if resolve("lightning.gpu").status().installed:
        pytest.skip("lightning.gpu is installed here")
    done = call("train", "--backend", "lightning.gpu")
    assert done.code == 4
    assert "qgan[gpu]" in done.err
    assert nothing_written(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"a = 1\na = 2\n", b"\tx\n", "seed = 1".encode("utf-16"), b"[1, 2]", b"seed = 010", b"x = " + b"[" * 3000,
     b"#" * (2**20 + 1), b"seed = '12:30'", b"[generator]\n_target_ = 'os.system'", b"\xff\xfe"],
)  # fmt: skip
def test_bad_files_are_refused(call: Call, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    assert call("train", "--config", "mine.toml", "--dry-run").code == 2


def test_a_fifo_is_no_configuration(call: Call, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert call("train", "--config", "fifo").code == 2


def test_a_recipe_is_printed_edited_and_trained(call: Call, sets: tuple[str, ...], tmp_path: Path) -> None:
    text = call("recipes", "digits-patch-classical").out
    (tmp_path / "mine.toml").write_text(text.replace("seed = 0", "seed = 5"))
    done = call("train", "--config", "mine.toml", *sets, "--out", "out")
    assert done.code == 0, done.err
    (path,) = (tmp_path / "out").iterdir()
    run = RunDirectory.open(path)
    assert run.config.seed == 5
    assert run.config.train.steps == 4
    assert str(path.relative_to(tmp_path)) in done.out.replace("\n", "")
    assert "samples.png" in done.out
    assert "\x1b" not in done.out + done.err


def test_divergence(call: Call, sets: tuple[str, ...], tmp_path: Path) -> None:
    wild = ("--set=optimizer.generator.name=sgd", "--set=optimizer.generator.lr=1e38", "--steps", "50")
    done = call("train", "digits-patch-classical", *sets, *wild, "--set=optimizer.discriminator.lr=1e30")
    assert done.code == 6, done.err
    assert re.search(r"checkpoints/step-\d{6}", done.err)
    (path,) = (tmp_path / "runs").iterdir()
    assert RunDirectory.open(path).status["state"] == "diverged"


def test_a_dry_run_writes_nothing_and_honours_every_change(call: Call, tmp_path: Path, run: Path) -> None:
    assert "lightning.qubit" in call("train", "--dry-run", "--backend", "lightning.qubit").out
    assert nothing_written(tmp_path)
    before = {file: file.read_bytes() for file in run.parent.rglob("*") if file.is_file()}
    arguments = ("train", "--resume", run, "--dry-run", "--json")
    assert json.loads(call(*arguments).out)["config"]["train"]["steps"] == 4
    plan = json.loads(call(*arguments, "--steps", "+6", "--backend", "lightning.qubit").out)
    assert plan["config"]["train"]["steps"] == 10
    assert plan["backend"] == plan["config"]["backend"]["name"] == "lightning.qubit"
    assert call(*arguments, "--seed", "9").code == 2
    assert {file: file.read_bytes() for file in run.parent.rglob("*") if file.is_file()} == before


def test_a_run_of_names_made_in_python_is_gone_on_with_here(call: Call, run: Path) -> None:
    assert call("train", "--resume", run).code == 0
    done = call("train", "--resume", run, "--steps", "+2", "--json")
    assert done.code == 0, done.err
    child = Path(json.loads(done.out)["run"])
    assert child.parent == run.parent
    assert RunDirectory.open(child).status["step"] == 6
    for arguments, word in (
        (["--set", "optimizer.generator.lr=0.5"], "optimizer.generator.lr"),
        (["--seed", "3"], "seed"),
    ):
        refused = call("train", "--resume", run, *arguments)
        assert refused.code == 2
        assert word in refused.err


def test_a_run_that_is_resumed_has_its_place(call: Call, tmp_path: Path, run: Path) -> None:
    done = call("train", "--resume", run, "--out", tmp_path / "elsewhere")
    assert done.code == 2
    assert "--out" in done.err


@pytest.mark.parametrize("steps", ["٣", "+٣", "3²", "1_000", "-3", "+-3", "9" * 18])
def test_steps_are_written_in_plain_digits(call: Call, run: Path, steps: str) -> None:
    assert call("train", "--resume", run, f"--steps={steps}").code == 2


@pytest.mark.parametrize("width", [50, 80, 160])
def test_the_bar_keeps_what_matters_on_a_narrow_terminal(
    call: Call, sets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=width)
    monkeypatch.setattr("qgan.show._err", lambda: screen)
    assert call("train", "digits-patch-classical", *sets, "--set=train.steps=1000", "--set=train.until=converged",
                "--set=train.patience=1", "--set=train.min_gain=99.0").code == 0  # fmt: skip
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.file.getvalue()).strip().splitlines()[-1]  # pyright: ignore[reportAttributeAccessIssue]
    assert len(last) <= width
    assert re.search(r"[0-9]+/1000 +([0-9]:..:..|-:--:--) +[0-9.]+ steps/s", last), last
