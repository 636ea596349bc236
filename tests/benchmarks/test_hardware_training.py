"""Whole trainings under a computer's noise are set beside those without, and read both ways."""

from pathlib import Path

import pytest

from benchmarks import hardware, hardware_training
from benchmarks.evidence import Workplace
from benchmarks.hardware_training import METRICS, ROWS


def test_every_figure_has_its_place() -> None:
    assert hardware.FIGURES["training"] is hardware_training.measure


def test_trainings_are_read_both_ways_and_finished_ones_are_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware_training, "RECIPES", ("ibm-first",))
    place = Workplace(work=tmp_path / "work", out=tmp_path / "hardware", quick=True)
    figure = hardware_training.measure(place)
    found = figure.results["recipes"]["ibm-first"]
    (seed,) = found["seeds"]
    assert seed["scores"].keys() == ROWS.keys()
    # After six steps nothing is learned, and all are far from the floor. Draws of the same seed may fall alike.
    without = seed["scores"]["exact/exact"]
    assert without not in (seed["scores"]["exact/noisy"], seed["scores"]["noisy/exact"])
    assert all(values[metric] > seed["floor"][metric] for values in seed["scores"].values() for metric in METRICS)
    runs = seed["runs"]
    # 21 circuits a step, with shots: one job without gradient, and one with.
    step = found["step"]
    assert (step["shown"], step["differentiated"], step["jobs"]) == (2, 19, 2)
    assert (runs["noisy"]["circuits"], runs["noisy"]["shots"]) == (6 * 21, 6 * 21 * 1024)
    assert runs["exact"]["shots"] == 0
    assert step["first"]["jobs"] == 10
    assert "5 steps with 256 shots are 10 jobs and 29.4 s" in figure.body
    monkeypatch.setattr("benchmarks.quality.qgan", lambda *_: pytest.fail("a finished run is made again"))
    assert hardware_training.measure(place).results == figure.results
