import json
from pathlib import Path
from typing import Any

import pytest

from qgan import layout
from qgan.errors import CheckpointError

EVALUATION = {"step": 0, "best": True, "gained": True, "at_floor": False, "scores": {"mmd": {"value": 0.5}}}


def test_what_is_whole_is_read_as_it_stands(tmp_path: Path) -> None:
    status = {"state": "done", "step": 3, "exact": True, "reason": "all steps done"}
    (tmp_path / "status.json").write_text(json.dumps(status))
    assert layout.read(tmp_path / "status.json", layout.Status) == status


@pytest.mark.parametrize(
    "document", [{}, {"state": "done"}, {"state": "merry", "step": 1}, {"state": "done", "step": "3"},
                 {"state": "done", "step": -1}, [], {"state": None, "step": 1}]
)  # fmt: skip
def test_a_status_that_lacks_something_is_refused(tmp_path: Path, document: Any) -> None:
    (tmp_path / "status.json").write_text(json.dumps(document))
    with pytest.raises(CheckpointError, match=r"status\.json"):
        layout.read(tmp_path / "status.json", layout.Status)


@pytest.mark.parametrize(
    ("line", "key"),
    [("[]", "it"), ("{}", "step"), ('{"step": 1', "Expecting"), ("[" * 100_000, "recursion"),
     (json.dumps(EVALUATION | {"scores": {"mmd": 3}}), "scores.mmd")],
)  # fmt: skip
def test_the_line_that_is_damaged_is_named(tmp_path: Path, line: str, key: str) -> None:
    file = tmp_path / "evaluations.jsonl"
    file.write_text(f"{json.dumps(EVALUATION)}\n{line}\n")
    with pytest.raises(CheckpointError, match=rf"Line 2 of .*evaluations.jsonl is damaged.*{key}"):
        layout.lines(file, layout.Evaluation)


def test_a_line_without_its_end_is_not_there_yet(tmp_path: Path) -> None:
    file = tmp_path / "evaluations.jsonl"
    assert layout.lines(file, layout.Evaluation) == []
    file.write_text(f'{json.dumps(EVALUATION)}\n{{"step": 1')
    assert layout.lines(file, layout.Evaluation) == [EVALUATION]
