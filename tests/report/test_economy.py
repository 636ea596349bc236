"""What is said of times and costs names what they are of."""

from pathlib import Path

import pytest

from qgan.compare.comparison import Comparison
from qgan.compare.hardware import SECONDS_OF_A_JOB
from qgan.report import Written
from qgan.report.economy import break_even
from qgan.report.pictures import figures_of


def test_each_tie_says_with_what(comparison: Path) -> None:
    (compared,) = Comparison(comparison).recipes
    table = break_even(compared)
    first, *wider = table.rows
    assert (first["of"], first["against"]) == ("this circuit", "mlp")
    assert {(each["of"], each["against"]) for each in wider} == {
        ("more qubits, not trained", "simulating the same circuits")
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
