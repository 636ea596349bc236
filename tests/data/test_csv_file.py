from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qgan.data.csv_file import CsvOptions, csv_file
from qgan.errors import DataError
from qgan.samples import DataSet

VALUES = np.array([[k, 0.5 * k * k, -1e-3 * k] for k in range(12)], dtype=float)
PLAIN = "a,b,c\n" + "\n".join(",".join(map(repr, row)) for row in VALUES.tolist()) + "\n"
HEADLESS = PLAIN.partition("\n")[2]


def read(folder: Path, text: str | bytes, **options: Any) -> DataSet:
    path = folder / "table"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return csv_file(CsvOptions.model_validate({"scaling": "none", **options}), 0, argument=str(path))


def whole(data: DataSet) -> np.ndarray:
    """All rows, sorted."""
    rows = np.concatenate([part.flat() for part in (data.train, data.validation, data.test)])
    return rows[np.lexsort(rows.T[::-1])]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (PLAIN, {}),
        (PLAIN.replace("\n", "\r\n"), {}),
        (PLAIN.replace("\n", "\r"), {}),
        (PLAIN.strip(), {}),
        (PLAIN.replace("\n", "\n\n").replace("a,b", "\n \n a , b "), {}),
        (b"\xef\xbb\xbf" + PLAIN.encode(), {}),
        (PLAIN.encode("utf-16"), {"encoding": "utf-16"}),
        (PLAIN.replace(",", ";"), {}),
        (PLAIN.replace(",", "\t"), {}),
        (PLAIN.replace(",", " | "), {}),
        (PLAIN.replace(",", ";").replace(".", ","), {"decimal": ","}),
        ("\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in PLAIN.split()), {}),
        (PLAIN.replace("1.0,", "+1e0,", 1), {}),
    ],
)
def test_tables_come_in_many_dresses(tmp_path: Path, text: str | bytes, options: dict[str, Any]) -> None:
    data = read(tmp_path, text, **options)
    assert data.names == ("a", "b", "c")
    np.testing.assert_array_equal(whole(data), VALUES)


@pytest.mark.parametrize(
    ("text", "options", "names"),
    [
        (HEADLESS, {}, ("column 1", "column 2", "column 3")),
        ("1,2,3\n" + HEADLESS, {"header": True}, ("1", "2", "3")),
        (PLAIN.replace("b", ""), {}, ("a", "column 2", "c")),
        (PLAIN.replace("b", '"b, ""µ""\nof it"'), {}, ("a", 'b, "µ"\nof it', "c")),
        (PLAIN.replace("b", "ü").encode("latin-1"), {"encoding": "latin-1"}, ("a", "ü", "c")),
    ],
)
def test_columns_have_the_names_they_have(
    tmp_path: Path, text: str | bytes, options: dict[str, Any], names: tuple[str, ...]
) -> None:
    data = read(tmp_path, text, **options)
    assert data.names == names
    np.testing.assert_array_equal(whole(data), VALUES)


def test_columns_are_chosen_by_name_or_number_in_the_order_asked_for(tmp_path: Path) -> None:
    for columns in (["c", "a"], [3, 1], ["c", 1]):
        data = read(tmp_path, PLAIN, columns=columns)
        assert data.names == ("c", "a")
        assert counted(data.train.values) <= counted(VALUES[:, [2, 0]])


def counted(rows: np.ndarray) -> set[tuple[float, ...]]:
    return {tuple(row) for row in rows.tolist()}


@pytest.mark.parametrize(("kinds", "numbers"), [(["cat", "dog"], {0, 1}), (["7", "-3"], {7, -3})])
def test_labels_are_names_or_whole_numbers(tmp_path: Path, kinds: list[str], numbers: set[int]) -> None:
    text = "x,kind,y\n" + "\n".join(f"{k},{kinds[k % 2]},{k * k}" for k in range(40))
    data = read(tmp_path, text, label="kind")
    assert data.names == ("x", "y")
    assert data.train.labels is not None
    assert set(data.train.labels) == numbers
    named = dict(enumerate(sorted(kinds))) if kinds[0].isalpha() else {number: str(number) for number in numbers}
    assert [named[int(label)] for label in data.train.labels] == [kinds[int(x) % 2] for x in data.train.values[:, 0]]
    one = read(tmp_path, text, label=2, classes=[kinds[1] if kinds[0].isalpha() else -3])
    assert set(one.train.values[:, 0] % 2) == {1}


def test_windows_are_cut_from_one_column(tmp_path: Path) -> None:
    text = "time,price\n" + "\n".join(f"{k},{k % 7}" for k in range(62))
    data = read(tmp_path, text, columns=["price"], window=5)
    assert (data.kind, data.sample_shape, data.names) == ("series", (5,), ())
    np.testing.assert_array_equal(np.sort(whole(data), axis=0), np.sort((np.arange(60) % 7).reshape(12, 5), axis=0))


def test_a_limit_is_drawn_by_the_seed(tmp_path: Path) -> None:
    text = "x\n" + "\n".join(map(str, range(1000)))
    data = read(tmp_path, text, limit=100)
    assert len(whole(data)) == 100
    assert whole(data).max() > 500


def test_another_file_is_other_data(tmp_path: Path) -> None:
    assert read(tmp_path, PLAIN).sha256 != read(tmp_path, PLAIN.replace("0.5", "0.6", 1)).sha256


@settings(max_examples=30)
@given(
    arrays.arrays(np.float64, st.tuples(st.integers(10, 20), st.integers(1, 4)), elements=st.floats(-1e15, 1e15)),
    st.sampled_from(";\t|,"),
)
def test_whatever_python_writes_is_read_exactly(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray, delimiter: str
) -> None:
    values[0], values[1] = 1, 2  # no column is constant
    text = "\n".join(delimiter.join(map(repr, row)) for row in values.tolist())
    data = read(tmp_path_factory.getbasetemp(), text)
    np.testing.assert_array_equal(whole(data), values[np.lexsort(values.T[::-1])])


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (PLAIN.replace("a,b", "a,2020"), {}, ["row 1", "'a'", "data.header=true"]),
        (PLAIN, {"columns": ["B"]}, ["'B'", "a, b, c"]),
        (PLAIN, {"columns": [4]}, ["4", "a, b, c"]),
        (PLAIN, {"columns": ["a", 1]}, ["one twice"]),
        (PLAIN, {"columns": ["a"], "label": "a"}, ["one twice"]),
        ("a\n" + "x" * 200_000, {}, ["row 2", "field"]),
        ("x" * 200_000 + ",b\n1,2", {}, ["row 1", "field"]),
        (PLAIN + "9" * 5000 + ",1,2", {}, ["row 14, column 'a'", "too large", "..."]),
    ],
)
def test_more_mistakes(tmp_path: Path, text: str, options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, **options)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert len(message) < 700
