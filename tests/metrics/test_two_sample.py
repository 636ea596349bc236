import numpy as np
import pytest

from qgan.data.arrays import from_array
from qgan.metrics import Reference
from qgan.metrics.two_sample import c2st
from qgan.samples import Part


def cloud(seed: int, n: int = 200, features: int = 4) -> Part:
    return Part(np.random.default_rng(seed).normal(size=(n, features)))


def against(real: Part) -> Reference:
    return Reference(from_array(np.resize(real.values, (20, *real.values.shape[1:])), seed=0), real)


def test_what_is_apart_is_told_apart() -> None:
    assert c2st(against(cloud(0)), Part(cloud(1).values + 9)) == 1


def test_what_is_alike_is_guessed() -> None:
    values = [c2st(against(cloud(seed)), cloud(100 + seed)) for seed in range(6)]
    # Of 400 judgements a share of one half has a standard error of 0.025.
    assert np.mean(values) == pytest.approx(0.5, abs=4 * 0.025 / 6**0.5)


def test_more_than_means_is_seen() -> None:
    """Noise added, and marginals kept while what hangs together is broken."""
    random = np.random.default_rng(2)
    real, fake = (Part(random.normal(size=(200, 1)) + 0.2 * random.normal(size=(200, 4))) for _ in range(2))
    reference = against(real)
    assert c2st(reference, fake) < 0.6
    assert c2st(reference, Part(fake.values + random.normal(size=(200, 4)))) > 0.75
    assert (
        c2st(reference, Part(np.take_along_axis(fake.values, random.random((200, 4)).argsort(axis=0), axis=0))) > 0.75
    )


def test_scales_do_not_matter() -> None:
    real, fake = cloud(0), Part(cloud(1).values + 0.5)
    scales = np.array([1e-6, 1.0, 1e6, 1e12])
    value = c2st(against(real), fake)
    assert c2st(against(Part(real.values * scales)), Part(fake.values * scales)) == pytest.approx(value, abs=0.02)


def test_on_few_distinct_values_the_best_guess_is_right_as_often_as_it_can_be() -> None:
    # Real coins are fair, generated ones fall on 1 in 9 of 10 throws: the best guess is right in 0.7 of all.
    real, fake = (Part((np.arange(1000) % 10 < share).astype(float)[:, None]) for share in (5, 9))
    assert c2st(against(real), fake) == pytest.approx(0.7, abs=0.03)
