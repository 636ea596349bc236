"""The step on Qiskit's primitives is one job, and says so."""

from pathlib import Path

import pytest

from benchmarks import hardware_step
from benchmarks.evidence import Workplace


def test_ours_are_measured_and_an_environment_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware_step, "ROUNDS", 2)
    monkeypatch.setattr(hardware_step, "ROOT", tmp_path)
    figure = hardware_step.measure(Workplace(work=tmp_path / "work", out=tmp_path / "hardware"))
    ours, theirs = figure.results["rows"][:4], figure.results["rows"][4:]
    assert [(row["by"], row["on"]) for row in ours] == [
        (by, on) for on in ("aer", "fake:manila") for by in ("qgan's executor", "primitive.qubit")
    ]
    for row in ours:
        assert row["later"] == {"jobs": 1, "transpilations": 0}
        assert row["first"] == {"jobs": 1, "transpilations": int(row["on"] != "aer")}
        assert min(row["later_s"]) > 0
        # With noise it is another gradient, of much the same direction.
        assert row["cosine"] > (0.97 if row["on"] == "aer" else 0.9)
    assert [row["problem"] for row in theirs] == ["there is no environment: make bench-peers"] * 3
    assert "make bench-peers" in figure.body


def test_what_theirs_take_is_told_as_a_ratio() -> None:
    counts = {"jobs": 1, "transpilations": 0}
    ours = {"by": "a", "on": "aer", "first_s": 1.0, "later_s": [0.5], "first": counts, "later": counts, "cosine": 1.0}
    theirs = {**ours, "by": "qiskit.remote", "later_s": [20.0], "later": {"jobs": 136, "transpilations": 136}}
    body = hardware_step._body({"rows": [ours, theirs]})
    assert "| a | aer | 1 / 1 | 0 / 0 | 1 s | 0.5 s | 40 | 1.000 |" in body
    assert "| 1 / 136 | 0 / 136 |" in body
