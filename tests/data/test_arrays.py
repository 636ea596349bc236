import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qgan.data.arrays import from_array
from qgan.errors import ConfigError, DataError


@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(10, 30), st.integers(1, 3)),
        elements=st.floats(-1e6, 1e6, allow_subnormal=False),
    ),
    st.integers(0, 1000),
)
def test_the_parts_together_are_the_data(values: np.ndarray, seed: int) -> None:
    data = from_array(values, seed=seed)
    together = np.concatenate([data.train.values, data.validation.values, data.test.values])
    assert sorted(map(tuple, together)) == sorted(map(tuple, values))
    assert data.low < data.high
    assert data.low == data.train.values.min()
    assert data.labelled is None


def test_labels_stay_with_their_rows_and_the_training_part_teaches() -> None:
    labels = np.arange(40) % 4
    data = from_array(np.stack([labels, labels], axis=1), labels, seed=0)
    for part in (data.train, data.validation, data.test):
        np.testing.assert_array_equal(part.values[:, 0], part.labels)  # pyright: ignore[reportArgumentType]
    assert data.labelled is data.train


def test_labels_that_are_all_different_still_split() -> None:
    data = from_array(np.eye(20), np.arange(20), seed=0)
    assert (len(data.train), len(data.validation), len(data.test)) == (10, 4, 6)


def test_constant_data_gets_an_interval() -> None:
    data = from_array(np.full((10, 2), 3), seed=0)
    assert (data.low, data.high) == (3, 4)


def _with_a_hole() -> np.ndarray:
    values = np.zeros((20, 2))
    values[7, 1] = np.nan
    return values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(20), r"no axis of features\. Got: shape \(20,\)\."),
        (np.zeros((20, 0)), "no axis of features"),
        (np.zeros((9, 2)), r"too little data to be split\. Got: 9 rows\."),
        (_with_a_hole(), "1 such rows, the first is row 7"),
        (np.array([["a", "b"]] * 10), "not numeric"),
        (np.zeros((10, 2), dtype=complex), "not numeric"),
        ([[1, 2], [3]] * 10, "not an array"),
    ],
)
def test_data_of_another_kind_is_refused_in_four_parts(values: object, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        from_array(values, seed=0)
    assert caught.value.got is not None
    assert caught.value.allowed
    assert caught.value.cure


@pytest.mark.parametrize("labels", [np.zeros(9, dtype=int), np.zeros(20), np.zeros((20, 1), dtype=int)])
def test_labels_that_do_not_fit_are_refused(labels: np.ndarray) -> None:
    with pytest.raises(DataError, match="labels do not fit"):
        from_array(np.zeros((20, 2)), labels, seed=0)


def test_a_split_that_is_not_whole_is_refused() -> None:
    with pytest.raises(ConfigError, match="sum to 1"):
        from_array(np.zeros((20, 2)), seed=0, split=(0.5, 0.2, 0.2))
