"""Everything of a comparison has a place of its own, below its directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan import config
from qgan.compare.controls import CONTROLS
from qgan.compare.families import FAMILIES
from qgan.compare.places import Places
from qgan.compare.tasks import Task, require_distinct
from qgan.errors import ConfigError

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.+=-]{0,20}", fullmatch=True)
seeds = st.integers(0, 2**63 - 1)


def everything(places: Places, models: list[str], numbers: list[int]) -> Iterator[Path]:
    yield from (places.models, places.failures, places.untimed, places.cost)
    for seed in numbers:
        yield places.yardsticks(seed)
    for model in models:
        yield places.speed(model)
        for seed in numbers:
            yield places.rescored(model, seed)
            yield places.root / places.run(model, seed)
            yield from (places.root / places.trial(model, number, seed) for number in range(2))


@given(st.lists(names, min_size=1, max_size=3, unique=True), st.lists(names, max_size=3, unique=True), seeds)
def test_nothing_shares_a_place(recipes: list[str], models: list[str], seed: int) -> None:
    found = [path for name in recipes for path in everything(Places(Path("c"), name), models, [seed, seed + 1])]
    assert len(set(found)) == len(found)
    assert all(path.is_relative_to("c") and ".." not in path.parts for path in found)


def test_runs_of_every_recipe_and_model_are_names_that_tasks_may_have() -> None:
    plain = config.load("ring", changes=[("run.threads", 1)])
    models = ["subject", *FAMILIES, *CONTROLS, *(f"{family}-x128" for family in FAMILIES)]
    for recipe in config.recipe_names():
        places = Places(Path("c"), recipe)
        tasks = [
            Task(name, plain)
            for model in models
            for name in (places.run(model, 2**63 - 1), *(places.trial(model, number, 10_001) for number in range(2)))
        ]
        require_distinct(tasks)
        assert len({task.name for task in tasks}) == 3 * len(models)
        with pytest.raises(ConfigError, match="in one place"):
            require_distinct([*tasks, Task(f"{tasks[0].name}/deeper", plain)])
