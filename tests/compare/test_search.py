"""What is searched: near the recipe's own settings, and the same again for the same answers."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan import config
from qgan.compare.search import SPACE, Search

RECIPES = ("digits", "series", "words", "digits-conditional-classical")


def asked(search: Search, loss: Any) -> list[dict[str, Any]]:
    found = []
    while portion := search.ask():
        search.tell([loss(settings) for settings in portion])
        found += portion
    return found


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_search_begins_with_the_recipe_and_stays_near_it(recipe: str) -> None:
    own = config.load(recipe)
    document = own.document()
    first, *others = asked(Search(own, 9), lambda settings: settings["optimizer.generator.lr"])
    assert len(others) == 8
    assert {"optimizer.generator.lr", "optimizer.discriminator.lr"} < set(first)
    for settings_ in (first, *others):
        changed = config.load(recipe, changes=settings_.items())
        for side in ("generator", "discriminator"):
            rate, before = (each.document()["optimizer"][side]["lr"] for each in (changed, own))
            assert 0.99 / SPACE.rate <= rate / before <= 1.01 * SPACE.rate
            assert first == settings_ or changed.sha256() != own.sha256()
    assert config.load(recipe, changes=first.items()).document()["optimizer"] == document["optimizer"]


@settings(deadline=None, max_examples=8)
@given(st.lists(st.floats(-1e3, 1e3), min_size=11, max_size=11))
def test_the_same_answers_are_asked_the_same(losses: list[float]) -> None:
    rounds = []
    for _ in range(2):
        search, answers = Search(config.load("ring"), len(losses)), iter(losses)
        rounds.append(asked(search, lambda _, answers=answers: next(answers)))
        assert search.settings == rounds[-1]
    assert rounds[0] == rounds[1]


def test_infinite_losses_do_not_stop_a_search() -> None:
    search = Search(config.load("ring"), 10)
    found = asked(search, lambda settings: float("inf") if settings["optimizer.generator.lr"] > 0.01 else 1.0)
    assert len(found) == 10


def test_a_search_finds_what_random_settings_would_not() -> None:
    """On a bowl, the estimator's trials come nearer to the bottom than those before it."""

    def bowl(settings_: dict[str, Any]) -> float:
        return abs(settings_["optimizer.generator.lr"] / 0.025 - 1) + abs(
            settings_["optimizer.discriminator.lr"] / 0.0125 - 1
        )

    losses = [bowl(each) for each in asked(Search(config.load("ring"), 40), bowl)]
    assert sum(losses[-20:]) < sum(losses[:20])
