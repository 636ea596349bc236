from dataclasses import replace

import numpy as np

from qgan.data.digits import DigitsOptions, digits
from qgan.metrics import Reference
from qgan.metrics.recognised import recognised, why_not
from qgan.samples import DataSet, Part

ALL = tuple(range(10))


def data(*classes: int) -> DataSet:
    return digits(DigitsOptions(classes=classes), seed=7)


def test_real_digits_are_recognised_and_noise_is_not() -> None:
    zeros = data(0)
    noise = Part(np.random.default_rng(0).random((50, 8, 8)))
    reference = Reference(zeros, zeros.test)
    assert recognised(reference, Part(zeros.test.values)) > 0.95
    assert recognised(reference, noise) < 0.5


def test_labels_are_held_to_where_there_are_any() -> None:
    everything = data(*ALL)
    reference, test = Reference(everything, everything.test), everything.test
    assert test.labels is not None
    assert recognised(reference, test) > 0.9
    assert recognised(reference, Part(test.values, (test.labels + 1) % 10)) < 0.1
    assert recognised(reference, Part(test.values)) == 1


def test_another_digit_than_the_wanted_is_not_recognised() -> None:
    zeros, ones = data(0), data(1)
    assert recognised(Reference(zeros, zeros.test), Part(ones.test.values)) < 0.1


def test_other_data_has_another_classifier() -> None:
    zeros, other = data(0), digits(DigitsOptions(), seed=8)
    without_hash = replace(zeros, sha256="")
    for one in (zeros, other, without_hash):
        assert recognised(Reference(one, one.test), Part(one.test.values)) > 0.95


def test_what_is_missing_is_named() -> None:
    zeros = data(0)
    assert why_not(zeros) is None
    assert "no labels" not in (why_not(replace(zeros, labelled=zeros.train)) or "")
    assert "two classes" in (why_not(replace(zeros, labelled=zeros.train)) or "")
    assert "labels" in (why_not(replace(zeros, labelled=None)) or "")
