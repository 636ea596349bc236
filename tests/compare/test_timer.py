"""What a process that times a model answers, line by line."""

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from qgan.compare import timer
from qgan.compare.parts import PARTS

if TYPE_CHECKING:
    from conftest import Maker


def answers(monkeypatch: pytest.MonkeyPatch, *orders: dict[str, Any]) -> list[dict[str, Any]]:
    monkeypatch.setattr("sys.stdin", StringIO("".join(json.dumps(order) + "\n" for order in orders)))
    return list(timer._answers())


def test_it_answers_when_it_is_warm_and_after_each_turn(make: "Maker", monkeypatch: pytest.MonkeyPatch) -> None:
    order = {"config": make.config().document(), "plugins": []}
    warm, *turns = answers(monkeypatch, order, {"seconds": 0.0}, {"seconds": 0.0})
    assert warm["threads"] == 1
    assert [tuple(turn["parts"]) for turn in turns] == [PARTS, PARTS]


def test_it_says_why_it_cannot(make: "Maker", monkeypatch: pytest.MonkeyPatch) -> None:
    config = make.config()
    unknown = config.model_copy(update={"run": config.run.model_copy(update={"threads": "auto"})}).document()
    (threads,) = answers(monkeypatch, {"config": unknown, "plugins": []}, {"seconds": 0.0})
    assert "threads" in threads["failed"]
    (plugin,) = answers(monkeypatch, {"config": config.document(), "plugins": ["no_such_plugin"]})
    assert "'no_such_plugin' cannot be loaded" in plugin["failed"]
    assert answers(monkeypatch) == []
