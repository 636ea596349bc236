from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from qgan.data.arrays import from_array
from qgan.metrics import Reference, novelty
from qgan.samples import DataSet, Part


@pytest.fixture
def data() -> DataSet:
    return from_array(np.random.default_rng(0).normal(size=(400, 3)), seed=0)


def test_copies_and_noise_are_at_the_ends_and_real_samples_between(data: DataSet) -> None:
    reference = Reference(data, data.test)
    assert novelty.novelty(reference, Part(data.train.values[:100])) == 0
    assert novelty.novelty(reference, Part(data.train.values[:100] + 1e-4)) < 0.01
    assert novelty.novelty(reference, Part(data.validation.values)) == pytest.approx(0.5, abs=0.15)
    assert novelty.novelty(reference, Part(data.train.values[:100] + 50)) == 1


def test_it_is_the_mann_whitney_statistic_of_scipy(data: DataSet) -> None:
    fake = Part(0.5 * np.random.default_rng(1).normal(size=(70, 3)))
    single = [part.values.astype(np.float32).astype(float) for part in (fake, data.test, data.train)]
    made, real = (cdist(rows, single[2]).min(axis=1) for rows in single[:2])
    expected = stats.mannwhitneyu(made, real).statistic / (len(made) * len(real))
    assert novelty.novelty(Reference(data, data.test), fake) == pytest.approx(expected, rel=1e-9)


def test_copies_in_single_precision_are_copies(data: DataSet) -> None:
    rounded = Part(data.train.values[:50].astype(np.float32).astype(float))
    assert novelty.novelty(Reference(data, data.test), rounded) == 0


def test_what_is_missing_is_named(data: DataSet) -> None:
    assert novelty.why_not(data) is None
    signs = replace(data, **{name: Part(np.sign(getattr(data, name).values)) for name in ("train", "validation")})
    assert "100% of the real samples" in (novelty.why_not(replace(signs, levels=(np.array([-1.0, 1.0]),) * 3)) or "")


def test_blocks_do_not_matter_and_large_training_parts_are_looked_at_in_part(
    data: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = Part(np.random.default_rng(1).normal(size=(70, 3)))
    value = novelty.novelty(Reference(data, data.test), fake)
    monkeypatch.setattr(novelty, "AT_ONCE", 7)
    assert novelty.novelty(Reference(data, data.test), fake) == value
    monkeypatch.setattr(novelty, "MOST_TRAINING", 100)
    some = novelty.novelty(Reference(data, data.test), fake)
    assert some == novelty.novelty(Reference(data, data.test), fake)
    assert some == pytest.approx(value, abs=0.15)
    # Half of the training part is looked at, and half of the copies are found.
    assert 0 < novelty.novelty(Reference(data, data.test), data.train) < 0.5
