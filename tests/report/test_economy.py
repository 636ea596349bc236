"""What is said of times and costs names what they are of."""

from dataclasses import replace
from pathlib import Path

import pytest

from qgan.compare.comparison import Compared, Comparison
from qgan.compare.hardware import SECONDS_OF_A_JOB
from qgan.report import Written
from qgan.report.economy import SECONDS, break_even
from qgan.report.learning import curves, reaching, traces
from qgan.report.pictures import figures_of


def test_each_tie_says_with_what(comparison: Path) -> None:
    (compared,) = Comparison(comparison).recipes
    table = break_even(compared)
    first, *wider = table.rows
    assert (first["of"], first["against"]) == ("this circuit", "mlp, in runs that shared the machine")
    assert {(each["of"], each["against"]) for each in wider} == {
        ("other sizes, not trained", "simulating the same circuits")
    }
    assert not any("classical" in column.title for column in table.columns)


@pytest.mark.parametrize("where", ["the key", "the table", "the caption"])
def test_orders_of_magnitude_never_stand_without_what_they_leave_out(written: Written, where: str) -> None:
    (recipe,) = written.document["recipes"]
    (picture,) = [each for each in figures_of(recipe) if each.place == "break-even"]
    page = written.page.read_text("utf-8")
    said = {
        "the key": page[page.index("Quantum hardware to break even") :][:900],
        "the table": recipe["tables"]["break-even"]["note"],
        "the caption": picture.caption,
    }
    assert f"latency not counted; today {SECONDS_OF_A_JOB:g} s a job" in said[where]


def alone(compared: Compared) -> Compared:
    return replace(compared, speed={name: replace(speed, contended=None) for name, speed in compared.speed.items()})


def test_seconds_are_of_models_alone_where_all_were_timed_so(comparison: Path) -> None:
    (busy,) = Comparison(comparison).recipes
    compared, found = alone(busy), traces(busy)
    (table, shares), (as_run, _) = reaching(compared, found), reaching(busy, found)
    assert SECONDS[True] in table.note
    assert SECONDS[False] in as_run.note
    for row in table.rows:
        pace = compared.speed[row["model"]].seconds_per_step
        assert row["seconds"] == (None if row["steps"] is None else pytest.approx(row["steps"] * pace))
    for share in shares:
        pace = compared.speed[share["model"]].seconds_per_step
        assert share["seconds"]["times"] == pytest.approx([pace * step for step in share["steps"]["times"]])
    lines, by_runs = curves(compared, found)[0]["models"], curves(busy, found)[0]["models"]
    for line, by_run in zip(lines, by_runs, strict=True):
        pace = compared.speed[line["model"]].seconds_per_step
        assert line["seconds"] == pytest.approx([pace * step for step in line["steps"]])
        assert line["seconds"] != by_run["seconds"]


def test_a_tie_says_whose_clock_it_goes_by(comparison: Path) -> None:
    (compared,) = Comparison(comparison).recipes
    assert compared.cost is not None
    told = break_even(replace(compared, cost=replace(compared.cost, timed_alone=True)))
    assert told.rows[0]["against"] == "mlp, timed alone"
    assert SECONDS[True] in told.note
    assert SECONDS[False] in break_even(compared).note


def test_captions_of_seconds_say_what_these_are(written: Written) -> None:
    (recipe,) = written.document["recipes"]
    captions = [picture.caption for picture in figures_of(recipe) if picture.name.endswith("-seconds")]
    assert captions
    assert all(SECONDS[False] in caption for caption in captions)
