import json
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def test_a_run_gets_a_page(call: Call, run: Path) -> None:
    done = call("report", run)
    page = run / "report/index.html"
    assert done.code == 0
    assert str(page) in done.err.replace("\n", "")
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_it_says_as_json_what_it_wrote(call: Call, run: Path, tmp_path: Path) -> None:
    done = call("report", run, "--out", tmp_path / "there", "--json")
    said = json.loads(done.out)
    assert said["page"] == str(tmp_path / "there/index.html")
    assert all(Path(file).is_file() for file in said["files"])
    assert json.loads(Path(said["data"]).read_text())["runs"][0]["id"] == run.name


def test_it_opens_the_page_when_asked(call: Call, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert call("report", run, "--out", tmp_path, "--open").code == 0
    assert opened == [(tmp_path / "index.html").as_uri()]


def test_what_has_no_page_is_refused(call: Call, run: Path, tmp_path: Path) -> None:
    for given in ([tmp_path], [run, tmp_path]):
        done = call("report", *given)
        assert done.code == 2
        assert "There is no page of these" in done.err
    done = call("report", run, run)
    assert done.code == 2
    assert "--out DIR" in done.err
