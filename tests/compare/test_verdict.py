"""What is said, from which numbers, and above all when nothing is."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.compare.contests import Contest
from qgan.compare.multiple import holm
from qgan.compare.paired import equivalence, paired
from qgan.compare.verdict import RULE, Verdict, judge

tenths = st.integers(-20, 20).map(lambda number: number / 10)


def contest(differences: list[float] | tuple[float, ...], **changes: object) -> Contest:
    plain = Contest("energy-distance", "digits", "mlp", tuple(differences), "ideal simulation")
    return replace(plain, **changes)  # type: ignore[arg-type]


def clear(mean: float, n: int = 10, **changes: object) -> Contest:
    """Differences around the mean, all of its sign."""
    return contest([mean * (1 + 0.05 * place) for place in range(n)], **changes)


def unclear(n: int = 10, size: float = 1.0, **changes: object) -> Contest:
    """As many on one side of 0 as on the other."""
    return contest([size * (-1) ** place * (1 + 0.05 * place) for place in range(n)], **changes)


def said(*contests: Contest, tuned: bool = True) -> Verdict:
    primary, *secondary = contests
    judgement = judge(primary, secondary, tuned=tuned)
    return judgement.secondary[0] if secondary else judgement.primary


def test_smaller_scores_are_better() -> None:
    assert (said(clear(-1.0)).kind, said(clear(-1.0)).standing) == ("better", "primary")
    assert said(clear(1.0)).kind == "worse"
    assert said(unclear()).kind == "not told apart"
    assert said(unclear()).standing == "primary"


@pytest.mark.parametrize(
    ("n", "kind", "standing"),
    [
        (1, "no claim", "none"),
        (4, "no claim", "none"),
        (5, "not told apart", "indicative"),
        (6, "better", "indicative"),
        (9, "better", "indicative"),
        (10, "better", "primary"),
        (12, "better", "primary"),
    ],
)
def test_how_much_is_said_grows_with_the_seeds(n: int, kind: str, standing: str) -> None:
    verdict = said(clear(-1.0, n))
    assert (verdict.kind, verdict.standing) == (kind, standing)


def test_equivalence_needs_a_margin_that_was_declared() -> None:
    assert said(unclear(size=0.1)).kind == "not told apart"
    assert said(unclear(size=0.1, margin=1.0)).kind == "equivalent"
    assert said(unclear(size=1.0, margin=0.1)).kind == "not told apart"


def test_a_difference_that_is_too_small_to_matter_is_an_equivalence_and_says_both() -> None:
    verdict = said(clear(-0.1, margin=1.0))
    assert verdict.kind == "equivalent"
    assert verdict.finding.p <= RULE.alpha
    assert "told from 0" in verdict.sentence
    assert "told from 0" not in said(unclear(size=0.1, margin=1.0)).sentence


every = [clear(-1.0), clear(1.0), unclear(), unclear(size=0.1, margin=1.0), clear(-1.0, 7), clear(-1.0, 3)]


@pytest.mark.parametrize("one", every)
def test_whatever_is_untuned_makes_no_claim(one: Contest) -> None:
    for verdict in (said(one, tuned=False), said(clear(-1.0), one, tuned=False)):
        assert (verdict.kind, verdict.standing) == ("no claim", "none")
        assert "untuned" in verdict.reasons
        assert "untuned: no claim" in verdict.sentence or "untuned; " in verdict.sentence


@pytest.mark.parametrize(
    ("one", "failures", "kind"),
    [
        (clear(-1.0), (1, 0), "no claim"),
        (clear(-1.0), (1, 1), "better"),
        (clear(-1.0), (0, 2), "better"),
        (clear(1.0), (0, 1), "no claim"),
        (clear(1.0), (3, 1), "worse"),
        (unclear(), (3, 0), "not told apart"),
        (unclear(size=0.1, margin=1.0), (1, 0), "no claim"),
        (unclear(size=0.1, margin=1.0), (0, 1), "no claim"),
        (unclear(size=0.1, margin=1.0), (1, 1), "equivalent"),
    ],
)
def test_the_favoured_model_may_not_have_failed_more_often(one: Contest, failures: tuple[int, int], kind: str) -> None:
    verdict = said(replace(one, failures=failures[0], opponent_failures=failures[1]))
    assert verdict.kind == kind
    assert f"{failures[0]} of digits, {failures[1]} of mlp" in verdict.sentence


def test_secondary_contests_are_claims_where_the_primary_one_told_apart() -> None:
    assert said(clear(-1.0), clear(-1.0)).standing == "secondary"
    assert said(clear(1.0), clear(-1.0)).standing == "secondary"
    for primary in (
        unclear(),
        unclear(size=0.1, margin=1.0),
        clear(-1.0, failures=1),
        clear(-1.0, 9),
    ):
        verdict = said(primary, clear(-1.0))
        assert (verdict.kind, verdict.standing) == ("better", "exploratory")
        assert verdict.sentence.startswith("Exploratory")
    assert said(clear(-1.0), clear(-1.0, 9)).standing == "indicative"


def test_among_too_many_contests_ten_seeds_can_tell_nothing_apart_and_it_says_so() -> None:
    """The smallest p of 10 seeds is 2 / 1024, and 25 times that is less than 0.05."""
    few, many = said(clear(-1.0), *[clear(-1.0)] * 25), said(clear(-1.0), *[clear(-1.0)] * 26)
    assert few.kind == "better"
    assert few.finding.corrected.detectable is not None
    assert many.kind == "not told apart"
    assert many.finding.corrected.detectable is None
    assert many.finding.corrected.interval.low is None
    assert many.finding.plain.interval.high == few.finding.plain.interval.high
    assert "No difference can be told apart with n = 10 among 26 comparisons, as p is 0.0508" in many.sentence
    assert "11 seeds are the fewest that can" in many.sentence
    assert "by itself and 99.81 % interval without ends corrected" in many.sentence


def test_equivalences_are_corrected_among_those_that_have_a_margin() -> None:
    near = unclear(margin=0.8)
    alone = equivalence(near.differences, 0.8).p
    assert 0.05 / 3 < alone <= 0.05
    without, with_margin = contest(near.differences), unclear(size=5.0, margin=0.1)
    assert said(clear(-1.0), near).kind == "equivalent"
    assert said(clear(-1.0), near, without, without).kind == "equivalent"
    corrected = said(clear(-1.0), near, with_margin, without, with_margin)
    assert corrected.kind == "not told apart"
    assert corrected.finding.equivalence_p == pytest.approx(3 * alone)
    assert said(clear(-1.0), without, near).finding.equivalence_p is None


rows = st.lists(st.lists(tenths, min_size=10, max_size=10), min_size=1, max_size=6)


@settings(max_examples=50)
@given(rows, st.one_of(st.none(), st.floats(0.05, 2)))
def test_the_verdicts_are_those_of_the_tests_and_holm(differences: list[list[float]], margin: float | None) -> None:
    judgement = judge(clear(-1.0), [contest(row, margin=margin) for row in differences], tuned=True)
    p_values = holm([paired(row).p for row in differences]).adjusted
    within = [1.0] * len(differences)
    if margin is not None:
        within = holm([equivalence(row, margin).p for row in differences]).adjusted.tolist()
    for verdict, row, p, equal in zip(judgement.secondary, differences, p_values, within, strict=True):
        if equal <= 0.05:
            assert verdict.kind == "equivalent"
        elif p <= 0.05:
            assert verdict.kind == ("better" if np.mean(row) < 0 else "worse")
        else:
            assert verdict.kind == "not told apart"
        assert verdict.finding.p == p
        assert verdict.finding.corrected.interval.holds(0.0) == (p > 0.05)


@settings(max_examples=50)
@given(st.lists(tenths, min_size=1, max_size=12), st.one_of(st.none(), st.floats(0.05, 2)))
def test_swapped_models_get_the_swapped_verdict(differences: list[float], margin: float | None) -> None:
    swapped = {"better": "worse", "worse": "better"}
    here, there = (said(contest([side * d for d in differences], margin=margin)) for side in (1, -1))
    assert there.kind == swapped.get(here.kind, here.kind)
    assert there.standing == here.standing


@pytest.mark.parametrize("one", every)
def test_the_sentence_names_metric_seeds_interval_and_device(one: Contest) -> None:
    verdict = said(replace(one, metric="my-metric", device="noise model fake:manila"))
    test = verdict.finding.plain
    for part in ("my-metric", f"n = {test.n} seeds", "noise model fake:manila", "95 % interval", f"{test.mean:.3g}"):
        assert part in verdict.sentence
    if test.interval.low is not None and test.interval.high is not None:
        assert f"{test.interval.low:.3g} to {test.interval.high:.3g}" in verdict.sentence
    shown = (
        "No difference can be told apart" if test.detectable is None else f"difference of {test.detectable:.3g} would"
    )
    assert shown in verdict.sentence


def test_json_takes_a_judgement() -> None:
    for primary in every:
        judgement = judge(primary, every * 5, tuned=True)
        text = json.dumps(asdict(judgement), allow_nan=False)
        assert json.loads(text)["primary"]["sentence"] == judgement.primary.sentence
        assert len(json.loads(text)["secondary"]) == 30


def test_the_primary_contest_does_not_know_of_the_others() -> None:
    alone, among = judge(clear(-1.0), tuned=True), judge(clear(-1.0), every, tuned=True)
    assert alone.primary == among.primary
