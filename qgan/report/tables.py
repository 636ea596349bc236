"""Tables as plain values: one form for the page, for JSON and for CSV."""

__all__ = ["Column", "Table", "csv_of"]

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from qgan._typing import Json

# Keys of a row that say of what its numbers are; on the page, attributes of each of them.
HOOKS = ("recipe", "model", "metric", "seed", "part")


@final
@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: Of the rows.
        title: Its head.
        unit: Of its numbers.
        about: What it is, in a sentence.
        ends: Keys of both ends of an interval that is printed behind the number.
        testid: What the page calls its numbers; the key if empty.
        hooks: What its numbers are of, beside what the row says.
    """

    key: str
    title: str
    unit: str = ""
    about: str = ""
    ends: tuple[str, str] | None = None
    testid: str = ""
    hooks: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> Json:
        """Plain values."""
        return {
            "key": self.key,
            "title": self.title,
            "unit": self.unit,
            "about": self.about,
            "ends": list(self.ends) if self.ends else None,
            "testid": self.testid or self.key,
            "hooks": dict(self.hooks),
        }


@final
@dataclass(frozen=True)
class Table:
    """Rows under columns.

    Attributes:
        name: Of its file.
        title: Its caption.
        columns: In order.
        rows: By the columns' keys, and what the numbers are of.
        note: To be read with it.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Json]
    note: str = ""

    def document(self) -> Json:
        """Plain values."""
        return {
            "name": self.name,
            "title": self.title,
            "note": self.note,
            "columns": [column.document() for column in self.columns],
            "rows": [dict(row) for row in self.rows],
        }


def csv_of(table: Json) -> str:
    """A table's document as CSV: what the rows are of first, then each column, with the ends of its interval."""
    rows, columns = table["rows"], table["columns"]
    keys = [key for key in HOOKS if any(key in row for row in rows)]
    for column in columns:
        keys += [key for key in (column["key"], *(column["ends"] or ())) if key not in keys]
    file = io.StringIO(newline="")
    # Texts in quotes, all of them: a lone carriage return would end a row elsewhere.
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(keys)
    writer.writerows([_cell(row.get(key)) for key in keys] for row in rows)
    return file.getvalue()


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula begins with an apostrophe."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
