from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.config import RunConfig, load
from qgan.convergence import Convergence
from qgan.evaluate import Score

METRIC = "energy-distance"


def config(until: str = "converged", patience: int = 2, min_gain: float = 0.1) -> RunConfig:
    train = {"train.until": until, "train.patience": patience, "train.min_gain": min_gain}
    return load("digits-patch", changes=train.items())


def score(value: float | None, *, higher: bool = False, floor: bool = True) -> Score:
    known: dict[str, Any] = {"floor": 0.9, "floor_low": 0.8, "floor_high": 1.0} if higher else {}
    known = known or {"floor": 0.1, "floor_low": 0.0, "floor_high": 0.2}
    return Score(METRIC, value, "higher" if higher else "lower", "", **(known if floor else {}))


def line(value: float | None, verdict: Any) -> dict[str, Any]:
    return {"scores": {METRIC: {"value": value, "skill": None}}, **verdict._asdict()}


def follow(values: Sequence[float | None], convergence: Convergence, **kind: bool) -> list[tuple[Any, str | None]]:
    return [(convergence.see(score(value, **kind)), convergence.reason) for value in values]


values = st.lists(st.one_of(st.none(), st.floats(0, 2), st.sampled_from([0.1, 0.2, 1.0])), max_size=12)


@given(values, st.integers(0, 12), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.02, 0.5]))
def test_replayed_from_the_log_it_is_where_it_was(
    values: list[float | None], cut: int, higher: bool, floor: bool, min_gain: float
) -> None:
    settings, kind = config(min_gain=min_gain), {"higher": higher, "floor": floor}
    live = follow(values, Convergence(settings, []), **kind)
    log = [line(value, verdict) for value, (verdict, _) in zip(values, live, strict=True)]
    replayed = Convergence(settings, log[:cut])
    assert replayed.reason == (live[:cut][-1][1] if live[:cut] else None)
    assert follow(values[cut:], replayed, **kind) == live[cut:]


@given(values, st.booleans())
def test_the_best_is_the_best(values: list[float | None], higher: bool) -> None:
    verdicts = [verdict for verdict, _ in follow(values, Convergence(config(), []), higher=higher)]
    known = [(value, place) for place, value in enumerate(values) if value is not None]
    if known:
        sign = -1 if higher else 1
        first = min(known, key=lambda pair: (sign * pair[0], pair[1]))[1]
        assert [place for place, verdict in enumerate(verdicts) if verdict.best][-1] == first
    assert not any(verdict.best for verdict, value in zip(verdicts, values, strict=True) if value is None)


@pytest.mark.parametrize("higher", [False, True])
def test_it_stops_at_the_floor(higher: bool) -> None:
    path = [0.1, 0.79, 0.8, 0.85] if higher else [1.0, 0.21, 0.2, 0.15]
    seen = follow(path, Convergence(config(), []), higher=higher)
    assert [verdict.at_floor for verdict, _ in seen] == [False, False, True, True]
    assert [reason for _, reason in seen] == [None, None, None, f"{METRIC} at its floor for 2 evaluations"]


def test_leaving_the_floor_begins_the_count_again() -> None:
    seen = follow([1.0, 0.2, 0.5, 0.15, 0.1], Convergence(config(patience=2, min_gain=0.0), []))
    assert [reason is not None for _, reason in seen] == [False, False, False, False, True]


@pytest.mark.parametrize("higher", [False, True])
def test_it_stops_on_a_plateau(higher: bool) -> None:
    """A gain counts from 10 % of the way from the first value to the floor: 0.09 from 1 to 0.1, 0.08 from 0.1 up."""
    path = [0.1, 0.2, 0.25, 0.27] if higher else [1.0, 0.9, 0.85, 0.82]
    seen = follow(path, Convergence(config(), []), higher=higher)
    assert [verdict.gained for verdict, _ in seen] == [True, True, False, False]
    assert all(verdict.best for verdict, _ in seen)
    assert [reason for _, reason in seen] == [None, None, None, f"{METRIC} on a plateau for 2 evaluations"]


def test_small_gains_add_up() -> None:
    """It is the last gain that is compared with, and not the last value."""
    seen = follow([1.0, 0.95, 0.89, 0.85, 0.79], Convergence(config(), []))
    assert [verdict.gained for verdict, _ in seen] == [True, False, True, False, True]


def test_what_cannot_be_measured_is_no_gain() -> None:
    seen = follow([None, None], Convergence(config(), []))
    assert seen[-1][1] == f"{METRIC} on a plateau for 2 evaluations"


def test_without_a_floor_there_is_none_to_reach() -> None:
    seen = follow([1.0, 0.0, 0.0], Convergence(config(), []), floor=False)
    assert not any(verdict.at_floor for verdict, _ in seen)


def test_a_run_for_a_number_of_steps_is_not_stopped() -> None:
    seen = follow([0.1] * 20, Convergence(config(until="steps"), []))
    assert {reason for _, reason in seen} == {None}
    assert [verdict.best for verdict, _ in seen] == [True] + [False] * 19
