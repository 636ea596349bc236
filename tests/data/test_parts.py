from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.data.parts import assemble, check_split, checked, split_rows
from qgan.errors import ConfigError, DataError
from qgan.samples import DataSet, Part

SPLIT = (0.5, 0.2, 0.3)


def data_set(values: np.ndarray, labels: np.ndarray | None = None, *, high: float = 1.0) -> DataSet:
    parts = [
        Part(values[rows], None if labels is None else labels[rows]) for rows in (slice(4), slice(4, 7), slice(7, 10))
    ]
    return assemble("some", train=parts[0], validation=parts[1], test=parts[2], low=0.0, high=high, labelled=None)


@given(st.lists(st.integers(0, 4), min_size=10, max_size=200), st.integers(0, 2**31))
def test_every_row_is_in_exactly_one_part_and_every_label_is_cut_alike(labels: list[int], seed: int) -> None:
    array = np.array(labels)
    parts = split_rows(array, SPLIT, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(array)))
    for share, part in zip(SPLIT, parts, strict=True):
        assert abs(len(part) - share * len(array)) <= 1
        for label in np.unique(array):
            # Two cuts bound a part. Each lies, in quantiles of a label, within the jitter of all labels together.
            assert abs((array[part] == label).sum() - share * (array == label).sum()) <= 2 + len(np.unique(array))


def test_the_seed_decides_the_split() -> None:
    labels = np.zeros(50, dtype=int)
    first, again, other = (split_rows(labels, SPLIT, seed) for seed in (3, 3, 4))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("split", [(0.5, 0.5, 0.0), (0.5, 0.2, 0.2), (-0.5, 0.75, 0.75), (float("nan"), 0.5, 0.5)])
def test_a_split_that_is_not_whole_is_refused(split: tuple[float, float, float]) -> None:
    with pytest.raises(ConfigError, match="sum to 1"):
        check_split(split)


def test_the_hash_sees_values_labels_range_and_split() -> None:
    values, labels = np.arange(20.0).reshape(10, 2), np.arange(10)
    changed = values + np.eye(10, 2)
    variants = [
        data_set(values),
        data_set(changed),
        data_set(values, labels),
        data_set(values, labels[::-1]),
        data_set(values, high=2.0),
        data_set(values[[9, *range(9)]]),
    ]
    assert len({variant.sha256 for variant in variants}) == len(variants)
    assert data_set(values).sha256 == variants[0].sha256


def test_an_empty_part_is_refused() -> None:
    with pytest.raises(DataError, match=r"empty\. Got: train: 4, validation: 3, test: 0\. Allowed: "):
        data_set(np.zeros((7, 2)))


@pytest.mark.parametrize(
    ("part", "values", "what"),
    [
        ("train", np.full((4, 2), np.nan), "not finite"),
        ("test", np.zeros((4, 3)), "does not fit"),
        ("validation", np.zeros((0, 2)), "is empty"),
        ("validation", np.array([["a", "b"]]), "does not fit"),
    ],
)
def test_a_data_set_of_the_users_is_checked(part: str, values: np.ndarray, what: str) -> None:
    parts = {name: Part(np.ones((4, 2))) for name in ("train", "validation", "test")} | {part: Part(values)}
    with pytest.raises(DataError, match=what):
        checked(DataSet("mine", parts["train"], parts["validation"], parts["test"], low=0.0, high=1.0))


def test_range_and_labels_of_a_data_set_are_checked() -> None:
    part = Part(np.ones((4, 2)))
    with pytest.raises(DataError, match="range"):
        checked(DataSet("mine", part, part, part, low=1.0, high=1.0))
    with pytest.raises(DataError, match="labels"):
        checked(DataSet("mine", part, part, Part(np.ones((4, 2)), np.zeros(3, dtype=int)), low=0.0, high=1.0))
    assert checked(DataSet("mine", part, part, part, low=0.0, high=1.0)).sha256


LEVELS = (np.array([0.0, 1.0]),) * 2


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"names": ("x",)}, "does not name its features"),
        ({"levels": LEVELS[:1]}, "levels that do not fit"),
        ({"levels": (np.array([1.0, 0.0]),) * 2}, "levels that do not fit"),
        ({"levels": (np.array([0.0, 2.0]),) * 2}, "none of its levels"),
        ({"levels": LEVELS, "alphabet": "abc"}, "alphabet of another length"),
        ({"alphabet": "abc"}, "alphabet of another length"),
        ({"modes": np.zeros((3, 1)), "mode_radius": 1.0}, "modes that do not fit"),
        ({"modes": np.zeros((3, 2))}, "modes that do not fit"),
    ],
)
def test_what_a_data_set_says_of_its_samples_is_checked(facts: dict[str, Any], what: str) -> None:
    part = Part(np.ones((4, 2)))
    with pytest.raises(DataError, match=what):
        checked(DataSet("mine", part, part, part, low=0.0, high=1.0, **facts))
    assert checked(DataSet("mine", part, part, part, 0.0, 1.0, names=("x", "y"), levels=LEVELS, alphabet="ab")).sha256
