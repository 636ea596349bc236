"""Pages of plain runs."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from qgan.errors import ConfigError
from qgan.report import report_runs

Read: TypeAlias = Callable[[str], Any]


def test_a_run_has_its_numbers_on_its_page(comparison: Path, tmp_path: Path, read: Read) -> None:
    run = Path(shutil.copytree(comparison / "runs/bimodal/mlp/s0", tmp_path / "run"))
    page = read(report_runs([run]).page.read_text("utf-8"))
    report = json.loads((run / "metrics.json").read_text())["metrics"]
    for metric, score in report.items():
        for key, testid in (("value", "score"), ("floor", "floor"), ("trivial", "trivial"), ("skill", "skill")):
            assert page.of(testid, metric=metric, seed=0, model="run") == [score[key]]
    assert (run / "report/data.json").is_file()


def test_several_runs_are_told_apart_by_their_paths(comparison: Path, tmp_path: Path, read: Read) -> None:
    runs = [comparison / f"runs/bimodal/{model}/s0" for model in ("subject", "mlp")]
    page = read(report_runs(runs, tmp_path).page.read_text("utf-8"))
    assert "subject/s0" in page.texts["main"][0]
    assert len(page.of("score", model="mlp/s0", metric="kl")) == 1
    with pytest.raises(ConfigError, match="given twice"):
        report_runs([runs[0], runs[0]], tmp_path)


def test_a_run_that_was_stopped_has_a_page(comparison: Path, tmp_path: Path, read: Read) -> None:
    run = Path(shutil.copytree(comparison / "runs/bimodal/mlp/s0", tmp_path / "run"))
    for name in ("metrics.json", "samples.npz"):
        (run / name).unlink()
    assert "Not measured yet." in read(report_runs([run]).page.read_text("utf-8")).texts["main"][0]


def test_what_is_no_run_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a run"):
        report_runs([tmp_path])
