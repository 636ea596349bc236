from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qgan.data.parts import split_rows
from qgan.data.scaling import Scales, Source, fitted, scaled
from qgan.errors import DataError
from qgan.samples import DataSet, Kind, Part, Scaling

SPLIT = (0.5, 0.2, 0.3)
NUMBERS = arrays.arrays(
    np.float64, st.tuples(st.integers(10, 30), st.integers(1, 3)), elements=st.floats(-1e9, 1e9, allow_subnormal=False)
)
HOW = st.sampled_from(("none", "unit", "symmetric", "standard"))


def made(values: np.ndarray, how: Scales, *, kind: Kind = "points", labels: np.ndarray | None = None) -> DataSet:
    return scaled("some", Source(values, labels, kind), split=SPLIT, scaling=how, classes=None, seed=3)


@given(NUMBERS, HOW, st.sampled_from(("points", "series")))
def test_a_scaling_is_undone_exactly_but_for_rounding(values: np.ndarray, how: Scales, kind: Kind) -> None:
    data = made(values, how, kind=kind)
    cuts = split_rows(np.zeros(len(values), dtype=int), SPLIT, 3)
    reach = np.abs(values).max()
    for part, cut in zip((data.train, data.validation, data.test), cuts, strict=True):
        # A few roundings of the size of the data, or of the factor, which is 1 or so where the data are constant.
        size = max(reach, np.abs(data.scaling.factor).max())
        np.testing.assert_allclose(data.scaling.undone(part.values), values[cut], rtol=0, atol=1e-12 * size)
    assert data.train.values.min() >= data.low - 1e-9
    assert data.train.values.max() <= data.high + 1e-9


@given(NUMBERS, HOW, st.sampled_from(("points", "series")))
def test_nothing_is_learned_from_validation_and_test(values: np.ndarray, how: Scales, kind: Kind) -> None:
    _train, *others = split_rows(np.zeros(len(values), dtype=int), SPLIT, 3)
    changed = values.copy()
    changed[np.concatenate(others)] = 7e9
    one, other = made(values, how, kind=kind), made(changed, how, kind=kind)
    np.testing.assert_array_equal(one.train.values, other.train.values)
    np.testing.assert_array_equal(one.scaling.offset, other.scaling.offset)
    np.testing.assert_array_equal(one.scaling.factor, other.scaling.factor)
    assert (one.low, one.high) == (other.low, other.high)


@pytest.mark.parametrize(
    ("how", "offset", "factor"),
    [("none", 0, 1), ("unit", [-1, 5], [4, 1]), ("symmetric", [1, 5.5], [2, 0.5]), ("standard", [1, 5], [2**0.5, 1])],
)
def test_features_have_a_scaling_each_and_a_constant_keeps_its_unit(how: Scales, offset: Any, factor: Any) -> None:
    part = Part(np.array([[-1.0, 5], [1, 5], [1, 5], [3, 5]]))
    scaling = fitted(part, how, each=True)
    np.testing.assert_allclose(scaling.offset, offset)
    np.testing.assert_allclose(scaling.factor, factor)


def test_the_places_of_a_series_share_one() -> None:
    part = Part(np.array([[0.0, 2], [4, 10]]))
    assert fitted(part, "unit", each=False) == Scaling(0.0, 10.0)
    assert fitted(part, "symmetric", each=False) == Scaling(5.0, 5.0)
    standard = fitted(part, "standard", each=False)
    assert (standard.offset, standard.factor) == pytest.approx((4, np.std([0, 2, 4, 10])))


def test_the_same_shape_in_other_units_is_other_data() -> None:
    values = np.arange(40.0).reshape(20, 2)
    one, other = made(values, "unit"), made(2 * values, "unit")
    np.testing.assert_array_equal(one.train.values, other.train.values)
    assert one.sha256 != other.sha256


def test_classes_are_picked_by_name_or_number_and_leave_a_row_in_its_part() -> None:
    values, labels = np.arange(40.0).reshape(20, 2), np.arange(20) % 3
    source = Source(values, labels, classes=("red", "green", "blue"))

    def picked(*classes: int | str) -> DataSet:
        return scaled("some", source, split=SPLIT, scaling="none", classes=classes or None, seed=3)

    by_name, everything = picked("red", "blue"), picked()
    assert by_name.train.labels is not None
    assert set(by_name.train.labels) == {0, 2}
    np.testing.assert_array_equal(by_name.train.values, picked(2, 0).train.values)
    assert {tuple(row) for row in by_name.test.values} < {tuple(row) for row in everything.test.values}
    assert by_name.labelled is not None
    np.testing.assert_array_equal(by_name.labelled.values, everything.train.values)
    with pytest.raises(DataError, match=r"Got: 'bleu'\. Allowed: red, green, blue\. Did you mean 'blue'"):
        picked("bleu")
