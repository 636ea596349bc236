"""Evidence on disk: whole, with its origin, and listed."""

import json
from pathlib import Path

from benchmarks.evidence import Figure, Workplace, environment, number, table, write, write_index


def test_a_figure_is_written_with_its_origin_and_listed(tmp_path: Path) -> None:
    place, facts = Workplace(work=tmp_path / "work", out=tmp_path / "core", quick=True), environment()
    write("one", Figure("One figure", {"value": 1.5}, "Body."), place=place, command="measure one", facts=facts)
    write_index(place.out, heading="All", make="make all")
    document = json.loads((place.out / "one.json").read_text())
    assert document["results"] == {"value": 1.5}
    assert document["environment"] == facts
    text = (place.out / "one.md").read_text()
    for part in ("# One figure", "Body.", "`measure one`", facts["date"], facts["machine"]["cpu"], "--quick"):
        assert part in text
    assert "[one.md](one.md)" in (place.out / "README.md").read_text()


def test_tables_have_as_many_cells_in_every_line() -> None:
    lines = table(("a", "b"), [(1, 2), ("x", "y")]).splitlines()
    assert lines == ["| a | b |", "| :-- | --: |", "| 1 | 2 |", "| x | y |"]


def test_numbers_have_three_digits_and_what_is_not_there_a_dash() -> None:
    found = [number(value) for value in (None, 0.0, 0.12345, -2.0, 999.4, 999.6, -2938.1)]
    assert found == ["-", "0", "0.123", "-2", "999", "1,000", "-2,938"]
