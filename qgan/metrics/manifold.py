"""Fidelity and diversity told apart, by the balls around samples that reach their 5th nearest neighbour.

Precision and recall after Kynkäänniemi et al., arXiv:1904.06991; density and coverage after Naeem et al.,
arXiv:2002.09797. A ball includes its edge, so that duplicates lie in each other's.
"""

__all__ = ["DECLARED", "NEIGHBOURS", "coverage", "density", "precision", "recall"]

import numpy as np

from qgan._typing import Array
from qgan.metrics.metric import Metric, Reference
from qgan.samples import Part

NEIGHBOURS = 5


def precision(reference: Reference, fake: Part) -> float:
    """Share of generated samples inside the ball of some real one: low when they look like nothing real."""
    return float(_in_real_balls(reference, fake).any(axis=0).mean())


def recall(reference: Reference, fake: Part) -> float:
    """Share of real samples inside the ball of some generated one: low when modes are missing."""
    distances = reference.distances(fake)
    return float((distances.real_fake <= _radii(distances.fake_fake)).any(axis=1).mean())


def density(reference: Reference, fake: Part) -> float:
    """Number of real balls around a generated sample, averaged, divided by 5: about 1 for real data, may be more."""
    return float(_in_real_balls(reference, fake).sum(axis=0).mean() / NEIGHBOURS)


def coverage(reference: Reference, fake: Part) -> float:
    """Share of real balls that hold a generated sample."""
    return float(_in_real_balls(reference, fake).any(axis=1).mean())


def _in_real_balls(reference: Reference, fake: Part) -> np.ndarray:
    """Shape (real, fake): whether the generated sample lies in the real one's ball."""
    distances = reference.distances(fake)
    radii = reference.once("radii", lambda: _radii(distances.real_real))
    return distances.real_fake <= radii[:, None]


def _radii(distances: Array) -> Array:
    """To the 5th neighbour; the smallest entry of a row is the sample's distance to itself."""
    return np.partition(distances, NEIGHBOURS, axis=1)[:, NEIGHBOURS]


_KYNKAANNIEMI = "Kynkäänniemi et al., NeurIPS 2019, arXiv:1904.06991"
_NAEEM = "Naeem et al., ICML 2020, arXiv:2002.09797"
_ENOUGH = NEIGHBOURS + 1

DECLARED = (
    Metric(
        name="precision",
        function=precision,
        direction="higher",
        unit="share",
        citation=_KYNKAANNIEMI,
        fewest=_ENOUGH,
        perfect=1.0,
        blind_to=("collapse",),
    ),
    Metric(
        name="recall",
        function=recall,
        direction="higher",
        unit="share",
        citation=_KYNKAANNIEMI,
        fewest=_ENOUGH,
        perfect=1.0,
    ),
    Metric(
        name="density",
        function=density,
        direction="higher",
        unit="balls / k",
        citation=_NAEEM,
        fewest=_ENOUGH,
        perfect=1.0,
        blind_to=("collapse",),
    ),
    Metric(
        name="coverage",
        function=coverage,
        direction="higher",
        unit="share",
        citation=_NAEEM,
        fewest=_ENOUGH,
        perfect=1.0,
    ),
)
