import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan import config
from qgan.compare.tasks import Task, require_distinct, resolved, settled
from qgan.errors import CheckpointError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Maker

FIXED = config.load("digits-patch", changes=[("run.threads", 1)])
PARTS = st.sampled_from(["a", "a-b", "a.b", "b", "A", "a+"])
NAMES = st.lists(PARTS, min_size=1, max_size=3).map("/".join)


@given(st.lists(NAMES, max_size=6))
def test_no_run_lies_where_another_does_or_within_it(names: list[str]) -> None:
    within = any(f"{one}/".startswith(f"{other}/") for one, other in itertools.permutations(names, 2))
    tasks = [Task(name, FIXED) for name in names]
    if within:
        with pytest.raises(ConfigError, match="in one place"):
            require_distinct(tasks)
    else:
        require_distinct(tasks)


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "..", "a/../b", ".a", "a/.b", "-a", "a b", "a\n", "a" * 101])
def test_a_name_that_leaves_or_hides_or_needs_quotes_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot have this name"):
        Task(name, FIXED)


def test_the_number_of_threads_must_be_fixed() -> None:
    with pytest.raises(ConfigError, match="how many threads"):
        Task("a", config.load("digits-patch"))


@pytest.mark.parametrize("recipe", ["digits-patch", "ring", "bimodal", "digits-conditional", "digits-patch-classical"])
def test_what_is_resolved_is_whole(recipe: str) -> None:
    """So that the run that is begun by it records just this."""
    whole = resolved(config.load(recipe, changes=[("run.device", "cpu")]), threads=1)
    assert resolved(whole).document() == whole.document()
    assert whole.run.threads == 1


def test_threads_are_measured_where_none_are_said(make: "Maker") -> None:
    asked = make.config().model_copy(update={"run": config.RunOptions(device="cpu")})
    assert isinstance(resolved(asked).run.threads, int)


def test_what_is_no_run_is_not_overwritten(make: "Maker", tmp_path: "Path") -> None:
    task = make.task("notes")
    assert settled(task, tmp_path) is None
    (tmp_path / "notes").mkdir()
    with pytest.raises(ConfigError, match="is not a run"):
        settled(task, tmp_path)
    (tmp_path / "notes" / "run.json").write_text("{")
    with pytest.raises(CheckpointError):
        settled(task, tmp_path)
