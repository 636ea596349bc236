"""Tables of text: ``csv:FILE``."""

__all__ = ["CsvOptions", "csv_file"]

import csv
import io
import math
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeAlias

import numpy as np
from pydantic import Field

from qgan.data.reading import MOST, MOST_UNPACKED, FileOptions, existing, fault, finished
from qgan.data.scaling import Source
from qgan.errors import did_you_mean
from qgan.samples import DataSet

ColumnName: TypeAlias = Annotated[int, Field(ge=1)] | str
# In this order: a semicolon separates where commas stand in numbers.
_DELIMITERS = (";", "\t", "|", ",")
_QUOTED = 60


class CsvOptions(FileOptions):
    """Options of a table of text.

    Attributes:
        columns: Names of the columns to generate, or their numbers from 1; None for all but the label.
        label: The column that holds the class, as whole numbers or names; None for no labels.
        delimiter: Between cells; ``"auto"`` is the first of semicolon, tab, bar and comma that is in the first line.
        decimal: The mark in numbers.
        header: Whether the first row names the columns; None for yes where none of its cells is a number.
        encoding: Of the text; a byte order mark does no harm.
        window: Cut the one column into series of this length, one after the other.
    """

    columns: Annotated[tuple[ColumnName, ...], Field(strict=False, min_length=1)] | None = None
    label: ColumnName | None = None
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    decimal: Literal[".", ","] = "."
    header: bool | None = None
    encoding: Literal["utf-8", "utf-16", "latin-1", "cp1252"] = "utf-8"
    window: int | None = Field(default=None, ge=2)


class _Table(NamedTuple):
    """Cells by row, the line each row ends on, and the names of the columns."""

    cells: list[list[str]]
    lines: list[int]
    names: list[str]


def csv_file(options: CsvOptions, seed: int, *, argument: str) -> DataSet:
    """Rows of numbers, shape (columns,); or windows of one column, shape (window,).

    Raises:
        DataError: For whatever is wrong with it, with its row (the line of the file) and its column.
    """
    path = existing(argument)
    table = _table(path, options)
    label = None if options.label is None else _index(path, table.names, options.label)
    everything = [place for place in range(len(table.names)) if place != label]
    picked = everything if options.columns is None else [_index(path, table.names, each) for each in options.columns]
    if not picked or len(set(picked)) < len(picked) or label in picked:
        got = f"columns = {options.columns}, label = {options.label}"
        raise fault(path, "no columns, or one twice", got=got, allowed=", ".join(table.names))
    rows = np.stack([_numbers(path, table, place, options.decimal) for place in picked], axis=1)
    labels, classes = (None, ()) if label is None else _labels(path, table, label)
    names = tuple(table.names[place] for place in picked)
    source = Source(rows, labels, names=names, classes=classes)
    if options.window is not None:
        if len(picked) > 1 or label is not None:
            got, cure = ", ".join(names), "Set data.columns to one of them, and no data.label"
            raise fault(path, "windows are cut from one column, without labels", got=got, cure=cure)
        count = len(rows) // options.window
        source = Source(rows[: count * options.window, 0].reshape(count, options.window), kind="series")
    return finished(path, source, options, kind="csv", seed=seed)


def _table(path: Path, options: CsvOptions) -> _Table:
    text = _text(path, options.encoding)
    delimiter = _delimiter(path, text) if options.delimiter == "auto" else options.delimiter
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    cells, lines = [], []
    try:
        for row in reader:
            if any(cell.strip() for cell in row) or len(row) > 1:
                cells.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise fault(path, "the row cannot be taken apart", row=reader.line_num, got=error, cure="Mend it") from None
    if not cells:
        raise fault(path, "the file holds nothing but blank lines")
    named = options.header
    if named is None:
        named = not any(_is_number(cell, options.decimal) for cell in cells[0])
    width = len(cells[0])
    for row, line in zip(cells, lines, strict=True):
        if len(row) != width:
            cure = "Give every row as many cells as the first, and quote text that holds the delimiter"
            raise fault(path, "the row is ragged", row=line, got=f"{len(row)} cells", allowed=str(width), cure=cure)
    names = [cell if named and cell else f"column {place}" for place, cell in enumerate(cells[0], start=1)]
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise fault(path, "two columns have one name", row=lines[0], column=f"'{twice[0]}'", cure="Rename one")
    table = _Table(cells[named:], lines[named:], names)
    if not table.cells:
        raise fault(
            path, "there is a header and no row below it", row=lines[0], cure="Set data.header=false if it is data"
        )
    return table


def _delimiter(path: Path, text: str) -> str:
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    try:
        return next((each for each in _DELIMITERS if len(next(csv.reader([first], delimiter=each))) > 1), ",")
    except csv.Error as error:
        raise fault(path, "the row cannot be taken apart", row=1, got=error, cure="Mend it") from None


def _text(path: Path, encoding: str) -> str:
    if path.stat().st_size > MOST_UNPACKED:
        got, cure = f"{path.stat().st_size} bytes", "Save it as .npy, which stays on disk"
        raise fault(path, "the file is too large for a table of text", got=got, allowed=MOST_UNPACKED, cure=cure)
    content = path.read_bytes()
    try:
        text = content.decode(encoding.replace("utf-8", "utf-8-sig"))
    except UnicodeError as error:
        row = content[: getattr(error, "start", 0)].count(b"\n") + 1
        cure = "Save it as UTF-8, or set data.encoding to latin-1, cp1252 or utf-16"
        raise fault(path, f"the text is not {encoding}", row=row, got=error, cure=cure) from None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        cure = "Give a table of text; for UTF-16 set data.encoding=utf-16"
        raise fault(path, "the file is no text", row=row, got="a byte of value 0", cure=cure)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _index(path: Path, names: list[str], column: int | str) -> int:
    if isinstance(column, int) and column <= len(names):
        return column - 1
    if column not in names:
        cure = f"{did_you_mean(str(column), names)}Correct data.columns or data.label"
        raise fault(path, "there is no such column", got=repr(column), allowed=", ".join(names[:50]), cure=cure)
    return names.index(str(column))


def _numbers(path: Path, table: _Table, place: int, decimal: str) -> np.ndarray:
    cells = [row[place].replace(decimal, ".") for row in table.cells]
    try:
        numbers = np.array([float(cell) for cell in cells])
        if (np.abs(numbers) <= MOST).all() and "_" not in "".join(cells):
            return numbers
    except ValueError:
        pass
    for line, row in zip(table.lines, table.cells, strict=True):
        cell = row[place]
        if problem := _problem(cell, decimal):
            raise fault(
                path,
                f"the cell is {problem}",
                row=line,
                column=f"'{table.names[place]}'",
                got=_shown(cell),
                allowed=f"a finite number up to {MOST:g}",
                cure=_cure(cell, problem, line == table.lines[0]),
            )
    raise AssertionError("a column that cannot be read has a cell that cannot be read")


def _problem(cell: str, decimal: str) -> str | None:
    if not cell:
        return "empty"
    try:
        number = float(cell.replace(decimal, "."))
    except ValueError:
        return "not a number"
    if "_" in cell:
        return "not a number"
    if math.isnan(number) or "n" in cell.lower():
        return "not finite"
    return None if abs(number) <= MOST else "too large"


def _cure(cell: str, problem: str, first: bool) -> str:
    if problem != "not a number":
        return "Fill it in, or drop that row"
    if cell.count(",") == 1 and _is_number(cell.replace(",", "."), "."):
        return "Set data.decimal to a comma"
    named = "Set data.header=true if this row names the columns" if first else "Mend it"
    return f"{named}, or leave the column out with data.columns, or take it as data.label"


def _is_number(cell: str, decimal: str) -> bool:
    return _problem(cell, decimal) in (None, "too large", "not finite")


def _labels(path: Path, table: _Table, place: int) -> tuple[np.ndarray, tuple[str, ...]]:
    cells = [row[place] for row in table.cells]
    for line, cell in zip(table.lines, cells, strict=True):
        whole = cell.removeprefix("-").isdecimal()
        if not cell or (whole and len(cell) > 18) or (not whole and _is_number(cell, ".")):
            allowed, column = "a name or a whole number of at most 18 digits", f"'{table.names[place]}'"
            raise fault(path, "the cell is no label", row=line, column=column, got=_shown(cell), allowed=allowed)
    if all(cell.removeprefix("-").isdecimal() for cell in cells):
        return np.array([int(cell) for cell in cells], dtype=np.int64), ()
    classes, labels = np.unique(np.array(cells), return_inverse=True)
    return labels.astype(np.int64), tuple(map(str, classes))


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= _QUOTED else f"{cell[:_QUOTED]}...")
