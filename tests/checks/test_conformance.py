"""What every check promises: it fires on what is wrong and not on what is well, once, and the same when replayed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan import config
from qgan.checks import CHECKS, Change, Checks
from qgan.checks.gradient import EVENT
from qgan.checks.shots import FEW

Line = dict[str, Any]
CONFIG = config.load("digits-patch")


def record(step: int, *, real: float = 0.6, fake: float = 0.4, norm: float = 0.1, kept: float = 0.5) -> Line:
    return {
        "step": step,
        "losses": {"generator": 0.7},
        "scores": {"real": real, "fake": fake},
        "grad_norms": {"generator": norm},
        "generator": {"postselection": kept},
        "executions": 1,
        "shots": 0,
    }


def evaluation(step: int, *, spread: float | None = 0.5, coverage: float | None = 0.8) -> Line:
    return {"step": step, "scores": {"coverage": {"value": coverage}}, "spread": spread}


def event(step: int, *, problem: str | None = None) -> Line:
    return {"event": EVENT, "step": step, "players": {"generator": {"problem": problem}, "discriminator": {}}}


def estimator(step: int, *, warning: str | None = None) -> Line:
    return {"event": FEW, "step": step, "name": "patch", "warning": warning}


class Histories(NamedTuple):
    """Lines after which it must warn, after which it must not, and one that ends the warning."""

    bad: list[Line]
    healthy: list[Line]
    cure: Callable[[int], Line]


def records(n: int, **values: float) -> list[Line]:
    return [record(step, **values) for step in range(1, n + 1)]


HISTORIES = {
    "collapse": Histories(
        [evaluation(step, spread=0.004) for step in range(3)],
        # Twice in a row can be bad luck, and what was not measured says nothing.
        [evaluation(step, spread=value) for step, value in enumerate([0.0, 0.0, 0.5, 0.0, 0.0, None, 0.02, 2.0])],
        lambda step: evaluation(step, spread=0.2),
    ),
    "lost-modes": Histories(
        [evaluation(step, coverage=value) for step, value in enumerate([0.0, 0.8, 0.1, 0.15, 0.1])],
        # One that never learned has nothing to lose; half the best is what a healthy run swings by.
        [evaluation(step, coverage=value) for step, value in enumerate([0.1, 0.0, 0.0, 0.0, 0.8, 0.3, 0.3, 0.3, None])],
        lambda step: evaluation(step, coverage=0.7),
    ),
    "saturated": Histories(
        records(100, real=0.999, fake=0.001),
        [*records(60, real=0.999, fake=0.001), *records(60, real=0.97, fake=0.01)],
        lambda step: record(step, real=0.9),
    ),
    "vanishing": Histories(
        [*records(20, norm=0.1), *records(50, norm=0.0009)],
        [*records(20, norm=0.1), *records(49, norm=0.0009), *records(60, norm=0.002)],
        lambda step: record(step, norm=0.05),
    ),
    "post-selection": Histories(
        records(20, kept=0.02), [*records(19, kept=0.02), *records(30, kept=0.11)], lambda step: record(step, kept=0.3)
    ),
    "few-shots": Histories([estimator(0, warning="They are few")], [estimator(0), event(0)], estimator),
    "gradient": Histories([event(0, problem="It is zero")], [event(0)], event),
}


def checks() -> Checks:
    return Checks(CONFIG, {})


def told(some: Checks, name: str, lines: list[Line]) -> list[Change]:
    log = CHECKS[name].make(None, CONFIG).log
    return [change for line in lines for change in some.see(log, line)]


def test_every_check_has_its_histories() -> None:
    assert set(HISTORIES) == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_it_fires_once_on_what_is_wrong(name: str) -> None:
    some, lines = checks(), HISTORIES[name].bad
    (change,) = told(some, name, [*lines, *lines[-1:] * 5])
    assert (change.event, change.check, change.step) == ("warning", name, lines[-1]["step"])
    assert [(one["check"], one["message"]) for one in some.standing] == [(name, change.message)]
    assert "\n" not in change.message
    assert not change.message.endswith(".")


@pytest.mark.parametrize("name", CHECKS)
def test_it_does_not_fire_before(name: str) -> None:
    assert told(checks(), name, HISTORIES[name].bad[:-1]) == []


@pytest.mark.parametrize("name", CHECKS)
def test_it_is_silent_about_what_is_well(name: str) -> None:
    some = checks()
    assert told(some, name, HISTORIES[name].healthy) == []
    assert some.standing == []


@pytest.mark.parametrize("name", CHECKS)
def test_it_clears_and_may_come_up_again(name: str) -> None:
    some, (bad, _, cure) = checks(), HISTORIES[name]
    changes = told(some, name, [*bad, cure(500), *bad])
    assert [change.event for change in changes] == ["warning", "warning cleared", "warning"]
    assert changes[1] == Change("warning cleared", name, 500, changes[0].message)


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=15)
@given(cut=st.floats(0, 1))
def test_replayed_from_the_log_it_is_where_it_was(name: str, cut: float) -> None:
    bad, healthy, cure = HISTORIES[name]
    lines = [*healthy, *bad, cure(500), *bad]
    place = round(cut * len(lines))
    live = checks()
    before, after = told(live, name, lines[:place]), told(live, name, lines[place:])
    log = CHECKS[name].make(None, CONFIG).log
    replayed = Checks(CONFIG, {log: lines[:place]})
    assert [one["check"] for one in replayed.standing] == [name] * (sum(c.event == "warning" for c in before) * 2
                                                                    - len(before))  # fmt: skip
    assert told(replayed, name, lines[place:]) == after
    assert replayed.standing == live.standing


@pytest.mark.parametrize("name", CHECKS)
def test_lines_with_nothing_to_see_say_nothing(name: str) -> None:
    """As those of older runs, of generators without ancillas, of metrics that were not measured."""
    bare = {"step": 1, "scores": {}, "event": "went on"}
    assert told(checks(), name, [bare] * 120) == []


def test_a_critic_that_gives_no_probabilities_does_not_saturate() -> None:
    critic = config.load("digits-patch", changes=[("loss.name", "wasserstein")])
    some = Checks(critic, {"records": HISTORIES["saturated"].bad})
    assert some.standing == []


def test_what_post_selection_costs_is_said_in_shots() -> None:
    some = checks()
    (change,) = told(some, "post-selection", records(20, kept=0.02))
    assert "each shot that is kept costs 50" in change.message
    (change,) = told(checks(), "post-selection", records(20, kept=0.0))
    assert "no shot is kept" in change.message


def test_a_gradient_that_was_never_there_is_on_a_plateau_too() -> None:
    (change,) = told(checks(), "vanishing", records(60, norm=1e-9))
    assert change.step == 50
    assert "barren plateau" in change.message
