"""The training of the digits network, short."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks import train_features
from qgan.metrics import cnn


def test_training_is_deterministic_and_learns() -> None:
    one, again = (train_features.train(epochs=1) for _ in range(2))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert train_features.accuracy(one) > 0.2  # after one pass; guessing is right in 0.1
    assert {name: tensor.shape for name, tensor in one.items()} == {
        name: tensor.shape for name, tensor in cnn.shipped().items()
    }


def test_what_is_written_is_what_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = cnn.shipped()
    monkeypatch.setattr(train_features, "train", lambda: weights)
    train_features.main(tmp_path)
    monkeypatch.setattr(cnn, "FILES", tmp_path)
    cnn.shipped.cache_clear()
    try:
        loaded = cnn.shipped()
    finally:
        cnn.shipped.cache_clear()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)
    assert json.loads((tmp_path / "digits.json").read_text())["held_out_accuracy"] > 0.97
