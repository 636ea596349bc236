import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qgan import samples
from qgan.samples import DataSet, Part, Samples, Scaling
from qgan.seeding import Key


@given(st.integers(1, 50))
def test_uniform_weights_sum_to_one(n: int) -> None:
    samples = Samples.uniform(torch.zeros(n, 2, 3))
    assert samples.weights.shape == (n,)
    # n single-precision roundings.
    assert samples.weights.sum().item() == pytest.approx(1, abs=1e-5)
    assert len(samples) == n


@pytest.mark.parametrize("shape", [(2,), (3, 1), ()])
def test_weights_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"weights must have shape \(3,\)"):
        Samples(torch.zeros(3, 2), torch.ones(shape))


def test_numpy_is_double_and_knows_no_gradient() -> None:
    values = Samples.uniform(torch.ones(2, 3, requires_grad=True)).numpy()
    assert values.dtype == np.float64
    assert values.shape == (2, 3)


def test_resampling_takes_rows_with_their_labels_and_follows_the_weights() -> None:
    values, labels = torch.arange(3.0).reshape(3, 1), torch.tensor([10, 11, 12])
    weights = torch.tensor([0.5, 0.0, 0.5])
    drawn = Samples(values, weights, labels).resampled(4000, Key(0, "resample"))
    assert drawn.labels is not None
    assert torch.equal(drawn.labels, drawn.values[:, 0].long() + 10)
    shares = torch.bincount(drawn.labels - 10, minlength=3) / 4000
    assert shares[1] == 0
    # Four standard errors of a fair coin.
    assert abs(shares[0].item() - 0.5) < 4 * 0.5 / 4000**0.5
    assert torch.equal(drawn.weights, torch.full((4000,), 1 / 4000))


def test_resampling_is_a_function_of_its_key() -> None:
    samples = Samples.uniform(torch.arange(20.0).reshape(20, 1))
    one, same, other = (samples.resampled(20, Key(0, "resample", step)).values for step in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_part_is_cut_and_flattened_row_by_row() -> None:
    part = Part(np.arange(24.0).reshape(4, 2, 3), np.arange(4))
    chosen = part.subset(np.array([2, 0]))
    assert chosen.labels is not None
    np.testing.assert_array_equal(chosen.labels, [2, 0])
    np.testing.assert_array_equal(chosen.flat(), np.arange(24.0).reshape(4, 6)[[2, 0]])
    assert Part(part.values).subset(np.array([1])).labels is None
    assert len(part) == 4


@pytest.mark.parametrize(("shape", "features"), [((8, 8), 64), ((3,), 3), ((1,), 1)])
def test_a_data_set_knows_its_shape(shape: tuple[int, ...], features: int) -> None:
    part = Part(np.zeros((2, *shape)))
    data = DataSet("zeros", part, part, part, 0.0, 1.0)
    assert data.sample_shape == shape
    assert data.features == features


@pytest.mark.parametrize("large", [True, False])
def test_a_part_of_raw_rows_is_the_part_of_their_values(monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    rows, labels = np.random.default_rng(0).integers(0, 255, (20, 2, 3), dtype=np.uint8), np.arange(20)
    scaling, order = Scaling(3.0, np.array([[1.0, 2, 3], [4, 5, 6]])), np.random.default_rng(1).permutation(20)
    monkeypatch.setattr(samples, "MOST_AT_ONCE", 30 if large else 1000)
    raw = Part(rows, labels[order], scaling, order)
    plain = Part(scaling.applied(rows)[order], labels[order])
    assert raw.large == large
    assert len(raw) == 20
    half, few = np.arange(3, 15), np.array([4, 2])
    for mine, other in (
        (raw, plain),
        (raw.subset(half), plain.subset(half)),
        (raw.subset(half).subset(few), plain.subset(half).subset(few)),
        (raw.subset(half).joined(raw.subset(few)), plain.subset(half).joined(plain.subset(few))),
        (raw.subset(raw.values[:, 0, 0] > 30), plain.subset(plain.values[:, 0, 0] > 30)),
    ):
        np.testing.assert_array_equal(mine.values, other.values)
        np.testing.assert_array_equal(mine.flat(), other.flat())
        np.testing.assert_array_equal(np.asarray(mine.labels), np.asarray(other.labels))
        # Sums of pieces round otherwise than one sum.
        np.testing.assert_allclose(mine.moments()[0], other.values.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(mine.moments()[1], other.values.std(axis=0), rtol=1e-12)
        np.testing.assert_array_equal(
            np.concatenate([scaling.applied(piece) for piece in mine.pieces()])
            if mine.rows is rows
            else np.concatenate(list(mine.pieces())),
            other.values,
        )
    assert (raw.subset(half).rows is rows) == large


def test_a_small_part_has_the_moments_that_numpy_gives_exactly() -> None:
    part = Part(np.random.default_rng(0).standard_normal((50, 4)))
    np.testing.assert_array_equal(part.moments()[0], part.values.mean(axis=0))
    np.testing.assert_array_equal(part.moments()[1], part.values.std(axis=0))


def test_text_is_that_of_the_nearest_levels() -> None:
    part, levels = Part(np.array([[0.0, 1.0]])), (np.array([0.0, 0.5, 1.0]),) * 2
    data = DataSet("words", part, part, part, 0.0, 1.0, kind="text", levels=levels, alphabet="abc")
    assert data.texts(np.array([[0.2, 0.3], [0.9, 7.0], [-3.0, 0.5]])) == ["ab", "cc", "ab"]
