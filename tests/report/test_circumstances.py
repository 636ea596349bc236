import json
import shlex
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.cli.comparing import _parts, seeds_of
from qgan.compare.asking import baselines_of
from qgan.compare.comparison import Comparison
from qgan.compare.declaration import Claim, Declaration
from qgan.compare.tuning import described
from qgan.documents import assignment
from qgan.report.circumstances import LOST, commands, plugins, tuning

VALUES = st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def typed(
    seeds: tuple[int, ...],
    changes: dict[str, Any],
    baselines: tuple[str, ...] = ("mlp",),
    plugins: tuple[str, ...] = (),
    place: int = 0,
) -> list[str]:
    claims = {"ring": Claim(metric="kl", opponent="matched", margin=0.1, skill=0.5)}
    declaration = Declaration(claims=claims, changes=changes, seeds=seeds, baselines=baselines, controls=(), trials=0)
    return shlex.split(commands(declaration, plugins)[place])


@given(VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(st.text("ab", min_size=1), VALUES, max_size=3))
def test_what_was_set_is_set_again(value: Any) -> None:
    words = typed((0, 1), {"train.x": value})
    assert assignment(words[words.index("--set") + 1]) == ("train.x", value)


@pytest.mark.parametrize("seeds", [(7,), (0, 1), (3, 5, 8)])
def test_seeds_are_the_same_again(seeds: tuple[int, ...]) -> None:
    words = typed(seeds, {})
    assert seeds_of(words[words.index("--seeds") + 1]) == seeds
    assert "--untuned" in words
    assert words[words.index("--controls") + 1] == "none"


@pytest.mark.parametrize("baselines", [(), ("mlp",), ("matched", "ladder")])
def test_baselines_are_the_same_again_even_if_there_are_none(baselines: tuple[str, ...]) -> None:
    words = typed((0, 1), {}, baselines)
    parts = _parts(words[words.index("--baselines") + 1])
    assert parts is not None
    assert baselines_of(parts) == baselines


def test_plugins_are_loaded_again_by_both_commands(copied: Path) -> None:
    assert "--plugin" not in typed((0, 1), {})
    for place in (0, 1):
        words = typed((0, 1), {}, plugins=("my parts", "others"), place=place)
        assert [words[at + 1] for at, word in enumerate(words) if word == "--plugin"] == ["my parts", "others"]
    paths = [copied / "runs" / "bimodal" / name / "s0" for name in ("subject", "mlp")]
    assert plugins(paths) == []
    for path in paths:
        identity = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps({**identity, "plugins": ["mine", path.parent.name]}))
    assert plugins(paths) == ["mine", "subject", "mlp"]


def test_the_table_of_the_search_says_what_was_searched_on_which_seeds(comparison: Path) -> None:
    (compared,) = Comparison(comparison).recipes
    table = tuning(compared)
    assert described(3, compared.seeds) in table.note
    assert LOST not in table.note
    assert {(row["first"], row["best"]) for row in table.rows} == {(0.3, 0.2)}


def test_losses_that_are_no_numbers_are_dashes_with_a_reason(comparison: Path) -> None:
    (compared,) = Comparison(comparison).recipes
    first, *others = compared.book.entries
    assert first.tuning is not None
    for losses, row in (((inf, 0.4), (None, 0.4)), ((inf, inf), (None, None))):
        lost = replace(first, tuning=replace(first.tuning, finals=dict(enumerate(losses))))
        table = tuning(replace(compared, book=replace(compared.book, entries=(lost, *others))))
        assert (table.rows[0]["first"], table.rows[0]["best"]) == row
        assert table.note.endswith(LOST)
