import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.cli.comparing import seeds_of
from qgan.compare.declaration import Claim, Declaration
from qgan.documents import assignment
from qgan.report.circumstances import commands

VALUES = st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def typed(seeds: tuple[int, ...], changes: dict[str, Any]) -> list[str]:
    claims = {"ring": Claim(metric="kl", opponent="matched", margin=0.1, skill=0.5)}
    declaration = Declaration(claims=claims, changes=changes, seeds=seeds, baselines=("mlp",), controls=(), trials=0)
    return shlex.split(commands(declaration)[0])


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
