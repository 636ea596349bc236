"""What a claim was at first is told, whatever was amended how often since."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare.declaration import Amendment, Claim, Declaration, Declared
from qgan.compare.history import changed_keys, origin_of

CLAIM = Claim(metric="kl", opponent="matched", margin=0.1, skill=0.5)
FIRST = Declaration(claims={"ring": CLAIM}, seeds=(0, 1), baselines=("mlp",), controls=(), trials=3)


def amended(*later: Declaration) -> Declared:
    """With ten more runs at each amendment."""
    changes = tuple(Amendment(f"day {n}", (), 10 * n, each) for n, each in enumerate(later, start=1))
    return Declared("day 0", FIRST, changes)


def changed(**changes: Any) -> Declaration:
    claim = {key: changes.pop(key) for key in [*changes] if key in Claim.model_fields}
    return FIRST.model_copy(update={"claims": {"ring": CLAIM.model_copy(update=claim)}, **changes})


def keys(declared: Declared) -> list[str]:
    return [change.key for change in origin_of(declared, "ring").changes]


def test_what_was_never_amended_has_no_words() -> None:
    found = origin_of(amended(), "ring")
    assert (found.at, found.runs, found.claim, found.changes, found.words) == ("day 0", 0, CLAIM, (), None)
    assert changed_keys(amended()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metric": "ks"}, "metric: kl, amended to ks when there were 10 runs"),
        ({"opponent": "mlp"}, "opponent: matched, amended to mlp when there were 10 runs"),
        ({"margin": 0.4}, "margin: 0.1, amended to 0.4 when there were 10 runs"),
        ({"seeds": (0, 1, 7)}, "seeds: 0, 1, amended to 0, 1, 7 when there were 10 runs"),
        ({"baselines": ()}, "baselines: mlp, amended to none when there were 10 runs"),
        ({"controls": ("noise",)}, None),
    ],
)
def test_whatever_decides_on_the_claim_is_told(change: dict[str, Any], words: str | None) -> None:
    assert origin_of(amended(changed(**change)), "ring").words == words


def test_baselines_decide_nothing_where_the_opponent_is_named() -> None:
    declared = Declared("day 0", changed(opponent="mlp"), amended(changed(opponent="mlp", baselines=())).amendments)
    assert origin_of(declared, "ring").changes == ()


def test_a_change_is_dated_by_the_amendment_that_made_it_what_it_is() -> None:
    declared = amended(changed(metric="ks"), changed(metric="emd"), changed(metric="emd", margin=0.2))
    one, other = origin_of(declared, "ring").changes
    assert (one.key, one.was, one.now, one.at, one.runs) == ("metric", "kl", "emd", "day 2", 20)
    assert (other.key, other.at, other.runs) == ("margin", "day 3", 30)


def test_a_recipe_that_came_later_was_not_declared_before_the_first_run() -> None:
    both = FIRST.model_copy(update={"claims": {"ring": CLAIM, "grid.x": CLAIM}})
    found = origin_of(amended(both), "grid.x")
    assert (found.at, found.runs, found.changes) == ("day 1", 10, ())
    assert found.words == "the recipe was declared when there were 10 runs"
    assert origin_of(amended(both), "ring").words is None


@given(st.lists(st.tuples(st.sampled_from(["kl", "ks"]), st.sampled_from([(0, 1), (0, 1, 2)])), max_size=4))
def test_only_what_is_another_in_the_end_is_a_change_and_every_step_is_kept(states: Sequence[Any]) -> None:
    declared = amended(*(changed(metric=metric, seeds=seeds) for metric, seeds in states))
    metric, seeds = states[-1] if states else ("kl", (0, 1))
    assert keys(declared) == [*(["metric"] if metric != "kl" else []), *(["seeds"] if len(seeds) == 3 else [])]
    before = ("kl", (0, 1))
    for state, found in zip(states, changed_keys(declared), strict=True):
        pairs = zip(("claims.ring.metric", "seeds"), before, state, strict=True)
        plain = [(key, was, now) for key, was, now in pairs if was != now]
        assert [(key, tuple(was) if key == "seeds" else was) for key, was, _ in found] == [(k, w) for k, w, _ in plain]
        assert [(key, tuple(now) if key == "seeds" else now) for key, _, now in found] == [(k, n) for k, _, n in plain]
        before = state
