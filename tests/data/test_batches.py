import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qgan import samples
from qgan.data.batches import Batches
from qgan.errors import ConfigError, DataError
from qgan.samples import Part, Scaling

SIZES = st.integers(1, 12)


def batches(rows: int, size: int, seed: int = 0) -> Batches:
    return Batches(Part(np.arange(rows, dtype=float)[:, None], np.arange(rows)), size=size, seed=seed, device="cpu")


def numbers(source: Batches, index: int) -> list[int]:
    batch = source.at(index)
    assert batch.labels is not None
    assert batch.values[:, 0].tolist() == batch.labels.tolist()
    return batch.labels.tolist()


@given(rows=SIZES, size=SIZES, seed=st.integers(0, 2**31))
def test_every_epoch_shows_each_row_once_in_full_batches(rows: int, size: int, seed: int) -> None:
    source = batches(rows, size, seed)
    drawn = [numbers(source, index) for index in range(3 * rows)]
    assert {len(batch) for batch in drawn} == {size}
    shown = [row for batch in drawn for row in batch]
    for epoch in range(len(shown) // rows):
        assert sorted(shown[epoch * rows : (epoch + 1) * rows]) == list(range(rows))


@given(rows=SIZES, size=SIZES, asked=st.lists(st.integers(0, 50), min_size=1, max_size=8))
def test_a_batch_depends_on_its_number_alone(rows: int, size: int, asked: list[int]) -> None:
    used = batches(rows, size)
    assert [numbers(used, index) for index in asked] == [numbers(batches(rows, size), index) for index in asked]


def test_seeds_and_epochs_differ() -> None:
    assert numbers(batches(30, 30, seed=1), 0) != numbers(batches(30, 30, seed=2), 0)
    assert numbers(batches(30, 30), 0) != numbers(batches(30, 30), 1)


def test_a_batch_is_of_equal_weight_and_of_the_dtype_asked_for() -> None:
    source = Batches(Part(np.ones((5, 2, 3))), size=4, seed=0, device="cpu", dtype=torch.float64)
    batch = source.at(2)
    assert batch.values.shape == (4, 2, 3)
    assert batch.values.dtype == torch.float64
    assert batch.labels is None
    assert batch.weights.tolist() == [0.25] * 4


def test_no_global_random_state_is_touched() -> None:
    numpy_before, torch_before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002  # pyright: ignore[reportArgumentType]
    batches(10, 7).at(3)
    np.testing.assert_array_equal(numpy_before, np.random.get_state()[1])  # noqa: NPY002  # pyright: ignore[reportArgumentType]
    assert torch.equal(torch_before, torch.get_rng_state())


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ConfigError, match="batch size"):
        batches(5, 0)
    with pytest.raises(DataError, match="no data"):
        batches(0, 5)
    with pytest.raises(ValueError, match="count from 0"):
        batches(5, 5).at(-1)


@given(rows=SIZES, size=SIZES, index=st.integers(0, 20))
def test_large_data_come_in_the_same_batches(rows: int, size: int, index: int) -> None:
    values, labels = np.random.default_rng(0).standard_normal((rows, 3)), np.arange(rows)
    at_once = Batches(Part(values, labels), size=size, seed=1, device="cpu").at(index)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "MOST_AT_ONCE", 0)
        asked_for = Batches(Part(values, labels), size=size, seed=1, device="cpu").at(index)
    assert torch.equal(at_once.values, asked_for.values)
    assert at_once.labels is not None
    assert asked_for.labels is not None
    assert torch.equal(at_once.labels, asked_for.labels)


def test_large_data_are_not_read_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    applied = Scaling.applied

    def watched(self: Scaling, source: np.ndarray) -> np.ndarray:
        seen.append(len(source))
        return applied(self, source)

    monkeypatch.setattr(samples, "MOST_AT_ONCE", 100)
    monkeypatch.setattr(Scaling, "applied", watched)
    source = Batches(Part(np.zeros((1000, 2), np.uint8)), size=7, seed=0, device="cpu")
    for index in range(5):
        source.at(index)
    assert set(seen) == {7}
