import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from qgan.report.tables import Column, Table, csv_of

COLUMNS = (Column("model", "model"), Column("score", "score", ends=("low", "high")))


@given(st.lists(st.tuples(st.text(), st.none() | st.floats(allow_nan=False, allow_infinity=False))))
def test_a_table_can_be_read_again_from_its_csv(rows: list[tuple[str, float | None]]) -> None:
    table = Table("t", "T", COLUMNS, [{"model": name, "score": score, "low": -1.5} for name, score in rows])
    there = list(csv.DictReader(io.StringIO(csv_of(table.document()), newline="")))
    assert [row["score"] for row in there] == ["" if score is None else repr(score) for _, score in rows]
    assert all(row["low"] == "-1.5" and row["high"] == "" for row in there)
    read = [row["model"].removeprefix("'") for row in there]
    assert read == [name.removeprefix("'") for name, _ in rows]


def test_no_text_is_a_formula() -> None:
    text = csv_of(Table("t", "T", COLUMNS, [{"model": "=HYPERLINK(1)", "score": -2.0}]).document())
    assert text == '"model","score","low","high"\n"\'=HYPERLINK(1)",-2.0,"",""\n'
