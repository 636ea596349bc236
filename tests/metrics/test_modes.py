from dataclasses import replace

import numpy as np
import pytest

from qgan.data.parts import assemble
from qgan.metrics import Reference
from qgan.metrics.modes import high_quality, mode_coverage, why_not
from qgan.samples import DataSet, Part

MODES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def at(*counts: int, off: float = 0.1) -> Part:
    return Part(np.repeat(MODES, counts, axis=0) + off)


@pytest.fixture
def data() -> DataSet:
    rows = at(80, 15, 5)
    return assemble("mixture", train=rows, validation=rows, test=rows, low=-9, high=20, modes=MODES, mode_radius=0.5)


def test_a_mode_needs_a_tenth_of_what_it_should_get(data: DataSet) -> None:
    reference = Reference(data, data.test)
    assert mode_coverage(reference, at(80, 15, 5)) == 1
    assert mode_coverage(reference, at(0, 50, 50)) == pytest.approx(2 / 3)
    assert mode_coverage(reference, at(8, 91, 1)) == 1
    assert mode_coverage(reference, at(7, 92, 1)) == pytest.approx(2 / 3)
    assert mode_coverage(reference, at(98, 1, 1)) == pytest.approx(2 / 3)
    assert mode_coverage(reference, at(100, 0, 0)) == pytest.approx(1 / 3)


def test_few_samples_must_still_be_there(data: DataSet) -> None:
    assert mode_coverage(Reference(data, data.test), at(3, 1, 0)) == pytest.approx(2 / 3)


def test_samples_beyond_the_radius_count_for_nothing(data: DataSet) -> None:
    reference = Reference(data, data.test)
    half = Part(np.concatenate([at(10, 10, 10).values, at(10, 10, 10, off=1).values]))
    assert high_quality(reference, half) == 0.5
    assert mode_coverage(reference, half) == 1
    assert mode_coverage(reference, at(10, 10, 10, off=1)) == high_quality(reference, at(9, 9, 9, off=1)) == 0


def test_what_is_missing_is_named(data: DataSet) -> None:
    assert why_not(data) is None
    assert "mixture" in (why_not(replace(data, modes=None)) or "")
    assert "mixture" in (why_not(replace(data, modes=MODES[:1])) or "")
