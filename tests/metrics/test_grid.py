from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from qgan._typing import Array
from qgan.data.parts import assemble
from qgan.metrics import Reference
from qgan.metrics.grid import (
    cells,
    half_count_divergence,
    hellinger,
    jensen_shannon,
    kl,
    on_levels,
    reverse_kl,
    total_variation,
    why_not,
    why_not_entropy,
)
from qgan.samples import DataSet, Part

LEVELS = (np.arange(4.0), np.arange(3.0))
REAL, FAKE = ([[0, 0]] * 5 + [[1, 2]] * 3 + [[3, 1]] * 2), ([[0, 0]] * 2 + [[1, 2]] * 6 + [[2, 2]] * 2)


def part(rows: list[list[int]]) -> Part:
    return Part(np.array(rows, dtype=float))


def data(levels: tuple[Array, ...] = LEVELS) -> DataSet:
    rows = Part(np.zeros((3, len(levels))))
    return assemble("grid", train=rows, validation=rows, test=rows, low=0, high=4, levels=levels)


def dense(rows: list[list[int]]) -> Array:
    counts = np.zeros((4, 3))
    np.add.at(counts, tuple(np.array(rows).T), 1)
    return counts.ravel()


@pytest.fixture
def reference() -> Reference:
    return Reference(data(), part(REAL))


def test_entropies_are_those_of_the_whole_grid(reference: Reference) -> None:
    p, q = ((dense(rows) + 0.5) / (10 + 12 / 2) for rows in (REAL, FAKE))
    assert kl(reference, part(FAKE)) == pytest.approx(stats.entropy(p, q), rel=1e-12)
    assert reverse_kl(reference, part(FAKE)) == pytest.approx(stats.entropy(q, p), rel=1e-12)
    assert kl(reference, part(FAKE)) != pytest.approx(reverse_kl(reference, part(FAKE)), rel=0.01)


def test_sides_of_unequal_size_count_the_empty_cells() -> None:
    p, q = (dense(REAL) + 0.5) / 16, (dense(FAKE[:4]) + 0.5) / 10
    first, second = dense(REAL), dense(FAKE[:4])
    seen = (first > 0) | (second > 0)
    assert half_count_divergence(first[seen], second[seen], size=12) == pytest.approx(stats.entropy(p, q), rel=1e-12)


def test_distances_are_the_closed_forms(reference: Reference) -> None:
    p, q = dense(REAL) / 10, dense(FAKE) / 10
    assert jensen_shannon(reference, part(FAKE)) == pytest.approx(jensenshannon(p, q) ** 2, rel=1e-12)
    assert total_variation(reference, part(FAKE)) == pytest.approx(0.3 + 0.2)
    assert hellinger(reference, part(FAKE)) == pytest.approx(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / 2**0.5)


def test_what_has_nothing_in_common_is_as_far_as_can_be(reference: Reference) -> None:
    apart = part([[2, 1]] * 10)
    assert jensen_shannon(reference, apart) == pytest.approx(np.log(2))
    assert total_variation(reference, apart) == pytest.approx(1)
    assert hellinger(reference, apart) == pytest.approx(1)


def test_the_direction_of_the_entropy_decides_what_hurts() -> None:
    both, one = part([[0, 0]] * 50 + [[3, 2]] * 50), part([[0, 0]] * 100)
    # A mode left out costs about p ln(p / (1/2 / N)), one made up as much the other way round.
    assert kl(Reference(data(), both), one) > 2 * reverse_kl(Reference(data(), both), one)
    assert reverse_kl(Reference(data(), one), both) > 2 * kl(Reference(data(), one), both)


def test_values_count_as_the_nearest_level() -> None:
    levels = (np.array([0.0, 1 / 3, 1.0]),)
    rounded = np.array([[1 / 3], [0.6], [0.7], [-5], [9], [0.1]], dtype=np.float32).astype(float)
    assert on_levels(data(levels), Part(rounded)).ravel().tolist() == [1, 1, 2, 0, 2, 0]


def test_only_visited_cells_are_listed() -> None:
    wide = data((np.arange(1000.0),) * 6)
    one, other = (Part(np.random.default_rng(seed).integers(0, 1000, (500, 6)).astype(float)) for seed in (0, 1))
    counts, made = cells(Reference(wide, one), other)
    assert len(counts) <= 1000
    assert counts.sum() == made.sum() == 500
    assert total_variation(Reference(wide, one), other) == pytest.approx(1)


def test_what_is_missing_is_named() -> None:
    assert why_not(data()) is None
    assert "not on a grid" in (why_not(replace(data(), levels=None)) or "")
    wide = data((np.arange(1000.0),) * 6)
    assert why_not(wide) is None
    assert "drown" in (why_not_entropy(wide) or "")
    elsewhere = replace(wide, validation=Part(np.repeat([[0.0] * 6, [1.0] * 6], [2, 3], axis=0)))
    assert "40% lie where training samples do" in (why_not(elsewhere) or "")
    assert "not on a grid" in (why_not_entropy(replace(data(), levels=None)) or "")
