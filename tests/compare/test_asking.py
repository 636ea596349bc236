"""What is asked for, over what was declared, over what is usual."""

from pathlib import Path

import pytest

from qgan.compare import asking
from qgan.compare.asking import asked
from qgan.compare.controls import CONTROLS
from qgan.compare.declaration import declare
from qgan.errors import ConfigError


def test_what_is_not_asked_for_is_as_usual() -> None:
    usual = asked(["ring"])
    assert usual.seeds == tuple(range(asking.SEEDS))
    assert usual.baselines == asking.BASELINES
    assert set(usual.controls) >= {name for name in CONTROLS if not CONTROLS[name].by_name_only}
    assert "shots" in usual.controls
    assert usual.trials == asking.TRIALS
    assert usual.changes == {}


def test_what_is_not_asked_for_stays_as_it_was(tmp_path: Path) -> None:
    first = asked(["ring", "bimodal"], seeds=(3, 4), controls=["frozen"], trials=0, changes={"train.steps": 5})
    declare(tmp_path, first)
    assert asked([], resume=tmp_path) == first
    later = asked([], resume=tmp_path, seeds=(3, 4, 5))
    assert later.seeds == (3, 4, 5)
    assert later.model_copy(update={"seeds": (3, 4)}) == first
    assert list(asked(["ring"], resume=tmp_path).claims) == ["ring"]


def test_something_has_to_be_compared() -> None:
    with pytest.raises(ConfigError, match="There is nothing to compare"):
        asked([])
