import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from qgan._typing import Array
from qgan.data.arrays import from_array
from qgan.metrics import Reference
from qgan.metrics.manifold import NEIGHBOURS, coverage, density, precision, recall
from qgan.samples import Part


def cloud(seed: int, n: int = 40) -> Part:
    return Part(np.random.default_rng(seed).normal(size=(n, 3)))


def against(real: Part) -> Reference:
    return Reference(from_array(real.values, seed=0), real)


def balls(part: Part) -> Array:
    found = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(part.values).kneighbors(part.values)
    return np.asarray(found[0])[:, -1]


def test_identical_samples_lie_in_their_own_balls() -> None:
    real = cloud(0)
    reference, fake = against(real), Part(real.values.copy())
    assert precision(reference, fake) == recall(reference, fake) == coverage(reference, fake) == 1
    assert density(reference, fake) == pytest.approx(
        (NEIGHBOURS + 1) / NEIGHBOURS
    )  # each ball holds its own centre too


def test_swapping_the_sides_swaps_precision_and_recall() -> None:
    one, other = cloud(0), Part(2 * cloud(1).values)
    assert precision(against(one), other) == recall(against(other), one)
    assert precision(against(one), other) != recall(against(one), other)


def test_a_collapsed_sample_is_precise_and_recalls_nothing() -> None:
    real = cloud(0)
    collapsed = Part(np.repeat(real.values[:1], 40, axis=0))
    reference = against(real)
    assert precision(reference, collapsed) == 1
    assert recall(reference, collapsed) == 1 / 40
    assert coverage(reference, collapsed) < 0.5
    assert density(reference, collapsed) >= 1


def test_far_samples_score_nothing() -> None:
    reference, far = against(cloud(0)), Part(cloud(1).values + 100)
    assert [metric(reference, far) for metric in (precision, recall, density, coverage)] == [0, 0, 0, 0]


def test_order_does_not_matter() -> None:
    real, fake = cloud(0), cloud(1)
    shuffled = Part(fake.values[::-1].copy())
    for metric in (precision, recall, density, coverage):
        assert metric(against(real), fake) == pytest.approx(metric(against(real), shuffled), rel=1e-12)


def test_an_outlier_buys_density_little_and_the_rest_follow_the_neighbours_of_scikit_learn() -> None:
    real, fake = cloud(0), Part(1.5 * cloud(1, n=25).values)
    gaps = np.linalg.norm(real.values[:, None] - fake.values[None], axis=-1)
    inside = gaps <= balls(real)[:, None]
    reference = against(real)
    assert precision(reference, fake) == pytest.approx(inside.any(0).mean())
    assert recall(reference, fake) == pytest.approx((gaps <= balls(fake)[None]).any(1).mean())
    assert density(reference, fake) == pytest.approx(inside.sum() / (NEIGHBOURS * 25))
    assert coverage(reference, fake) == pytest.approx(inside.any(1).mean())
