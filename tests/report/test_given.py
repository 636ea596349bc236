"""What is not equal is told, whomever it favours; and what nothing trained has a table of its own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qgan.compare.comparison import Compared, Comparison
from qgan.compare.standings import standings
from qgan.documents import merge
from qgan.report.given import EXACT, disclosed, given
from qgan.report.references import references
from qgan.report.scores import Scores

COPIES = "copies-of-training-samples"


@pytest.fixture(scope="module")
def compared(comparison: Path) -> Compared:
    (found,) = Comparison(comparison).recipes
    return found


def changed(compared: Compared, change: dict[str, Any], *, models: tuple[str, ...]) -> Compared:
    entries = [
        replace(each, document=merge(each.document, change)) if each.name in models else each
        for each in compared.book.entries
    ]
    return replace(compared, book=replace(compared.book, entries=tuple(entries)))


def test_each_model_says_what_a_step_sees_and_what_its_samples_are_made_of(compared: Compared) -> None:
    rows = {row["model"]: (row["sees"], row["latents"]) for row in given(compared).rows}
    born, sampler = (EXACT, "none"), ("8 samples", "1, normal")
    assert rows == {"subject": born, "mlp": sampler, "unentangled": born, "mlp-x2": sampler}
    by_samples = changed(compared, {"generator": {"output": "samples"}}, models=("subject",))
    assert given(by_samples).rows[0]["sees"] == "8 samples"


def test_exact_probabilities_are_a_privilege_only_against_samplers(compared: Compared) -> None:
    (said,) = [each for each in disclosed(compared) if "exactly" in each]
    assert "(mlp, mlp-x2)" in said
    by_samples = changed(compared, {"generator": {"output": "samples"}}, models=("subject",))
    assert not any("exactly" in each for each in disclosed(by_samples))
    quantum = [each for each in compared.book.entries if each.name in ("subject", "unentangled")]
    alone = replace(compared, book=replace(compared.book, entries=tuple(quantum)))
    assert not any("exactly" in each for each in disclosed(alone))


@pytest.mark.parametrize(
    ("data", "same"),
    [("bimodal", False), ("gaussian-ring", False), ("series", False), ("digits", True), ("words", True),
     ("csv:prices.csv", True), ("not of ours", False)],
)  # fmt: skip
def test_seeds_share_rows_where_the_data_are_not_drawn_anew(compared: Compared, data: str, same: bool) -> None:
    other = changed(compared, {"data": {"name": data}}, models=("subject",))
    assert any("rows that one seed tests on" in each for each in disclosed(other)) == same


def test_that_settings_were_chosen_for_the_subject_is_always_said(compared: Compared) -> None:
    tuned, untuned = disclosed(compared)[0], disclosed(replace(compared, tuned=False))[0]
    assert "chosen beforehand, for its quantum generator" in tuned
    assert "begins at these settings" in tuned
    assert untuned.endswith("Nothing was searched for any of them.")


def test_what_nothing_trained_says_what_it_is(compared: Compared) -> None:
    table = references(Scores(compared, standings(compared)))
    rows = {row["model"]: row for row in table.rows}
    assert set(rows) == {"uniform", "moment-matched-gaussian", COPIES}
    assert rows[COPIES]["group"].startswith("guide")
    assert rows["uniform"]["what"] == "What learned nothing: uniform"
    values = [each.values["kl"] for each in compared.rescored[COPIES].values()]
    assert rows[COPIES]["n"] == len(values) == 5
    assert rows[COPIES]["score_low"] <= rows[COPIES]["score"] <= rows[COPIES]["score_high"]
    # Real data of the training part: far nearer to the floor than whatever learned nothing.
    assert rows[COPIES]["skill"] > 0.9 > 0 >= rows["uniform"]["skill"] - 1e-9


def test_a_guide_is_in_no_contest(compared: Compared) -> None:
    judgement = standings(compared).judgement
    assert judgement is not None
    assert COPIES not in {each.finding.contest.opponent for each in judgement.secondary}
