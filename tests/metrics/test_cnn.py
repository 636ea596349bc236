import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import train_features
from qgan.data.arrays import from_array
from qgan.data.digits import DigitsOptions, digits
from qgan.errors import DataError
from qgan.metrics import Reference, cnn
from qgan.metrics.distances import frechet_distance
from qgan.samples import DataSet, Part


@pytest.fixture(scope="module")
def everything() -> DataSet:
    return digits(DigitsOptions(classes=tuple(range(10))), seed=7)


def test_the_accuracy_beside_the_weights_is_theirs() -> None:
    described = json.loads((cnn.FILES / "digits.json").read_text())
    assert described["held_out_accuracy"] == pytest.approx(train_features.accuracy(cnn.shipped()), abs=2 / 359)
    assert described["held_out_accuracy"] > 0.97
    assert described["parameters"] == sum(tensor.numel() for tensor in cnn.shipped().values())
    assert (described["seed"], described["epochs"]) == (train_features.SEED, train_features.EPOCHS)


def test_the_weights_are_small_and_part_of_the_package() -> None:
    size = (cnn.FILES / "digits.safetensors").stat().st_size
    assert size < 200_000
    assert cnn.FILES.parent == Path(cnn.__file__).parent


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("digits.json", "digits.safetensors"):
        content = bytearray((cnn.FILES / name).read_bytes())
        if name == "digits.safetensors":
            content[-1] ^= 1
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(cnn, "FILES", tmp_path)
    cnn.shipped.cache_clear()
    try:
        with pytest.raises(DataError, match="damaged"):
            cnn.shipped()
    finally:
        cnn.shipped.cache_clear()


def test_another_digit_is_farther_than_the_same(everything: DataSet) -> None:
    images, labels = everything.train.values, np.asarray(everything.train.labels)
    zeros = images[np.equal(labels, 0)]
    reference = Reference(everything, Part(zeros[:40]))
    for metric in (cnn.cnn_frechet, cnn.cnn_kernel):
        same = metric(reference, Part(zeros[40:80]))
        others = [metric(reference, Part(images[np.equal(labels, digit)][:40])) for digit in range(1, 10)]
        assert same < min(others) / 3


def test_the_kernel_is_that_of_torchmetrics(everything: DataSet) -> None:
    from torchmetrics.image.kid import poly_mmd

    real, fake = Part(everything.test.values[:30]), Part(everything.train.values[:20])
    both = [cnn.penultimate(cnn.shipped(), torch.from_numpy(part.values).float()).double() for part in (real, fake)]
    expected = poly_mmd(both[0][:20], both[1]).item()
    found = cnn.cnn_kernel(Reference(everything, Part(real.values[:20])), fake)
    assert found == pytest.approx(expected, rel=1e-4)  # features in single and in double precision


def test_the_frechet_distance_is_that_of_the_features(everything: DataSet) -> None:
    real, fake = Part(everything.test.values[:60]), Part(everything.train.values[:60])
    rows = [cnn.penultimate(cnn.shipped(), torch.from_numpy(part.values).float()).numpy() for part in (real, fake)]
    plain = frechet_distance(Reference(from_array(rows[0], seed=0), Part(rows[0])), Part(rows[1]))
    assert cnn.cnn_frechet(Reference(everything, real), fake) == pytest.approx(plain, rel=1e-4)  # as above


def test_neither_blocks_nor_the_range_of_the_data_matter(everything: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = Part(everything.test.values[:30]), Part(everything.train.values[:30])
    value = cnn.cnn_frechet(Reference(everything, real), fake)
    symmetric = replace(everything, low=-1.0, high=1.0)
    scaled = cnn.cnn_frechet(Reference(symmetric, Part(2 * real.values - 1)), Part(2 * fake.values - 1))
    assert scaled == pytest.approx(value, rel=1e-9)
    monkeypatch.setattr(cnn, "AT_ONCE", 7)
    assert cnn.cnn_frechet(Reference(everything, real), fake) == pytest.approx(value, rel=1e-9)


def test_what_is_missing_is_named(everything: DataSet) -> None:
    assert cnn.why_not(everything) is None
    assert "not points of 64" in (cnn.why_not(from_array(np.zeros((20, 64)), seed=0)) or "")
    assert "not image of 4 x 4" in (cnn.why_not(from_array(np.zeros((20, 4, 4)), seed=0)) or "")
