"""Which modes of a mixture are found, and how many samples lie near one."""

__all__ = ["DECLARED", "SHARE", "high_quality", "mode_coverage", "why_not"]

import numpy as np

from qgan._typing import Array
from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part

SHARE = 0.1


def mode_coverage(reference: Reference, fake: Part) -> float:
    """Share of the modes that get at least a tenth of the samples that they should, and at least one.

    A sample counts for the mode whose centre is nearest, if it lies within the radius. What a mode should get is its
    share of the training part.
    """
    expected = reference.once("mode shares", lambda: _counts(reference.data, reference.data.train))
    made = _counts(reference.data, fake)
    enough = made / len(fake) >= SHARE * expected / len(reference.data.train)
    return float(((made > 0) & enough).mean())


def high_quality(reference: Reference, fake: Part) -> float:
    """Share of the samples that lie within the radius of a mode's centre."""
    return float(_counts(reference.data, fake).sum() / len(fake))


def _counts(data: DataSet, part: Part) -> Array:
    """How many samples count for each mode, shape (modes,)."""
    from scipy.spatial.distance import cdist

    assert data.modes is not None
    distances = cdist(part.flat(), data.modes.reshape(len(data.modes), -1))
    nearest = distances.argmin(axis=1)
    near = distances.min(axis=1) <= data.mode_radius
    return np.bincount(nearest[near], minlength=len(data.modes)).astype(np.float64)


def why_not(data: DataSet) -> str | None:
    """Why there are no modes to find, or None."""
    if data.modes is None or len(data.modes) < 2:
        return "the data are not a mixture of known modes"
    return None


_VEEGAN = "Srivastava et al., NeurIPS 2017, arXiv:1705.07761"

DECLARED = (
    Metric(
        name="mode-coverage",
        function=mode_coverage,
        direction="higher",
        unit="share",
        citation=_VEEGAN,
        unavailable=why_not,
        perfect=None,
    ),
    Metric(
        name="high-quality",
        function=high_quality,
        direction="higher",
        unit="share",
        citation=_VEEGAN,
        unavailable=why_not,
        perfect=None,
        blind_to=("collapse",),
    ),
)
