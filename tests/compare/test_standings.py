"""Which contests are held, and where the ladder ends."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan import config
from qgan.compare.comparison import Comparison
from qgan.compare.standings import device_of, standings

# Planted against 0.5 of the subject on ten seeds: all are better, all are worse, as many as not, or not over yet.
BEATEN, AHEAD, LEVEL = [0.9 + seed / 100 for seed in range(10)], [0.1] * 10, [0.4, 0.6] * 5
UNFINISHED = BEATEN[:9]
SUBJECT = [0.5 + seed / 1000 for seed in range(10)]
rungs = st.lists(st.sampled_from([BEATEN, AHEAD, LEVEL]), min_size=1, max_size=4)
rows = st.lists(st.none() | st.floats(0, 2), min_size=1, max_size=7)


def sizes(rows):
    """The family at once, twice, four times, ... the subject's parameters."""
    return {"mlp" if not place else f"mlp-x{2**place}": row for place, row in enumerate(rows)}


@given(rows, rows, rows)
def test_a_contest_is_never_held_on_some_seeds_only(plant, subject, mlp, control):
    compared = plant({"subject": subject, "mlp": mlp, "untrained": control})
    n, stand = len(compared.seeds), standings(compared)
    if min(len(subject), len(mlp)) < n:
        assert stand.judgement is None
        assert "has no score" in (stand.why_not or "")
        return
    assert stand.judgement is not None
    verdicts = [stand.judgement.primary, *stand.judgement.secondary]
    assert {len(each.finding.contest.differences) for each in verdicts} == {n}
    held = {(each.finding.contest.metric, each.finding.contest.opponent) for each in verdicts}
    assert ("energy-distance", "untrained") in held or len(control) < n
    assert {name for name, _ in stand.left_out} == (set() if len(control) == n else {"energy-distance, untrained"})


@given(rows, st.sampled_from(["lower", "higher"]))
def test_differences_are_of_losses_and_failures_are_counted(plant, subject, direction):
    compared = plant({"subject": subject, "mlp": [0.5] * len(subject)}, direction=direction)
    judgement = standings(compared).judgement
    assert judgement is not None
    contest = judgement.primary.finding.contest
    sign = 1 if direction == "lower" else -1
    assert contest.differences == tuple(sign * (1.0 if value is None else value) - sign * 0.5 for value in subject)
    assert (contest.failures, contest.opponent_failures) == (subject.count(None), 0)
    assert contest.margin == pytest.approx(0.1)


def test_every_other_opponent_and_every_other_metric_is_secondary(plant):
    compared = plant(
        {"subject": SUBJECT, **sizes([BEATEN, BEATEN]), "coordinate": LEVEL, "untrained": AHEAD},
        rescored={"mean": LEVEL},
    )
    judgement = standings(compared).judgement
    assert judgement is not None
    primary, *others = (each.finding.contest for each in (judgement.primary, *judgement.secondary))
    assert (primary.metric, primary.opponent) == ("energy-distance", "mlp")
    assert sorted((each.metric, each.opponent) for each in others) == [
        ("energy-distance", "coordinate"),
        ("energy-distance", "mean"),
        ("energy-distance", "untrained"),
        ("mode-coverage", "mlp"),
    ]


def test_what_cannot_be_rescored_is_left_out_and_says_so(plant):
    stand = standings(plant({"subject": SUBJECT, "mlp": BEATEN}, rescored={"shots": [None] * 10}))
    assert stand.judgement is not None
    assert [name for name, _ in stand.left_out] == ["energy-distance, shots"]


def test_without_a_family_there_is_no_claim_yet(plant):
    stand = standings(plant({"subject": SUBJECT, "mlp": BEATEN}, family=None))
    assert (stand.judgement, stand.ladder) == (None, None)
    assert "not known yet" in (stand.why_not or "")


def test_an_opponent_without_runs_says_so(plant):
    stand = standings(plant({"subject": SUBJECT, "mlp": BEATEN}, opponent="untrained"))
    assert stand.judgement is None
    assert "untrained has no score on energy-distance for the seeds 0, 1" in (stand.why_not or "")


def test_whatever_is_untuned_claims_nothing(plant):
    judgement = standings(plant({"subject": SUBJECT, "mlp": BEATEN, "untrained": BEATEN}, tuned=False)).judgement
    assert judgement is not None
    assert {each.kind for each in (judgement.primary, *judgement.secondary)} == {"no claim"}


@settings(max_examples=40)
@given(rungs)
def test_the_headline_is_the_smallest_size_that_is_not_beaten(plant, rungs):
    ladder = standings(plant({"subject": SUBJECT, **sizes(rungs)})).ladder
    if len(rungs) < 2:
        assert ladder is None
        return
    assert ladder is not None
    assert [rung.parameters for rung in ladder.rungs] == [76 * 2**place for place in range(len(rungs))]
    beaten = [row is BEATEN for row in rungs]
    first = beaten.index(False) if False in beaten else None
    assert ladder.headline == (None if first is None else ladder.rungs[first])
    # Nothing after the first that is not beaten is called beaten, whatever its scores.
    assert [rung.beaten for rung in ladder.rungs] == [first is None or place < first for place in range(len(rungs))]


def test_an_untuned_ladder_beats_nothing_and_has_no_headline(plant):
    ladder = standings(plant({"subject": SUBJECT, **sizes([BEATEN, BEATEN])}, tuned=False)).ladder
    assert ladder is not None
    assert ([rung.beaten for rung in ladder.rungs], ladder.headline, ladder.why_not) == (
        [False, False],
        None,
        ("untuned",),
    )


def test_a_size_that_fails_less_often_is_not_beaten(plant):
    subject = [None, *SUBJECT[1:]]
    ladder = standings(plant({"subject": subject, **sizes([[3.0, *BEATEN[1:]], [3.0, *BEATEN[1:]]])})).ladder
    assert ladder is not None
    assert ladder.rungs[0].verdict.finding.p <= 0.05
    assert ([rung.beaten for rung in ladder.rungs], ladder.headline) == ([False, False], None)


def test_a_size_that_differs_by_less_than_the_margin_is_not_beaten(plant):
    near = [value + 0.001 for value in SUBJECT]
    ladder = standings(plant({"subject": SUBJECT, **sizes([BEATEN, near])})).ladder
    assert ladder is not None
    assert [rung.verdict.kind for rung in ladder.rungs] == ["better", "equivalent"]
    assert ladder.headline == ladder.rungs[1]


@given(st.permutations(list(sizes([BEATEN, BEATEN, LEVEL, BEATEN]).items())))
def test_the_ladder_is_climbed_by_size_whatever_the_order_of_the_book(plant, order):
    ladder = standings(plant({"subject": SUBJECT, **dict(order)})).ladder
    assert ladder is not None
    assert [rung.beaten for rung in ladder.rungs] == [True, True, False, False]


@pytest.mark.parametrize("place", [1, 2])
def test_no_step_of_the_ladder_is_left_out_while_it_is_not_over(plant, place):
    rungs = [BEATEN, BEATEN, LEVEL]
    rungs[place] = UNFINISHED
    stand = standings(plant({"subject": SUBJECT, **sizes(rungs)}))
    assert stand.ladder is None
    assert [name for name, _ in stand.left_out] == [f"energy-distance, mlp-x{2**place}"]


def test_devices_are_named():
    assert device_of(config.load("ring")) == "batched.qubit, ideal simulation"
    shots = config.load("ring", changes=[("backend.shots", 100)])
    assert device_of(shots) == "batched.qubit, 100 shots a circuit"


def test_a_real_comparison_of_two_seeds_claims_nothing(begun):
    stand = standings(Comparison(begun).recipes[0])
    assert stand.judgement is not None
    primary, *others = (stand.judgement.primary, *stand.judgement.secondary)
    assert (primary.kind, primary.finding.contest.opponent) == ("no claim", "mlp")
    assert {each.finding.contest.opponent for each in others} == {"unentangled", "mlp"}
    assert stand.ladder is None


def test_guides_are_real_data_and_contest_nothing(plant):
    known = plant({"subject": SUBJECT, "mlp": BEATEN}, rescored={"mean": LEVEL, "copies": SUBJECT})
    guide = {seed: replace(each, group="guide") for seed, each in known.rescored["copies"].items()}
    held = replace(known, rescored={**known.rescored, "copies": guide})
    without = replace(known, rescored={"mean": known.rescored["mean"]})
    assert standings(held) == standings(without)
    assert standings(known) != standings(without)
    claimed = replace(held, claim=held.claim.model_copy(update={"opponent": "copies"}))
    assert standings(claimed).why_not == "copies is a guide, and no contestant"
