"""The command that measures: what it writes, and that it writes nothing where something is missing."""

from pathlib import Path

import pytest
import typer

from benchmarks import command as module
from benchmarks.command import command
from benchmarks.evidence import Figure, Workplace
from qgan.files import read_json

FACTS = {
    "versions": {},
    "machine": {"cpu": "one", "cores": 1, "system": "it"},
    "load": 0.0,
    "date": "2026",
    "git": None,
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)


def figure(_: Workplace) -> Figure:
    return Figure("A figure", {"value": 1}, "It is 1.")


def test_a_figure_is_written_with_what_is_known_of_the_machine(tmp_path: Path) -> None:
    main = command(
        {"a": figure, "b": lambda _: pytest.fail("not asked for")}, folder="it", heading="It", facts=lambda: FACTS
    )
    main(["a"], False)
    document = read_json(tmp_path / "evidence" / "it" / "a.json")
    assert document["environment"] == FACTS
    assert document["results"] == {"value": 1}
    assert document["command"] == "python -m benchmarks.it --only a"
    assert "make evidence-it" in (tmp_path / "evidence" / "it" / "README.md").read_text()


def test_where_something_is_missing_nothing_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"a": lambda _: pytest.fail("measured")}
    command(figures, folder="it", heading="It", missing=lambda: "no GPU")(None, False)
    assert "Nothing measured, nothing written: no GPU." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_figure_that_is_not_there_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match=r"b: there is no such figure\. Allowed: a"):
        command({"a": figure}, folder="it", heading="It")(["b"], False)
