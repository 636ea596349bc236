"""Whether samples are new, or copies of the training part."""

__all__ = ["DECLARED", "novelty", "why_not"]

import numpy as np

from qgan._typing import Array
from qgan.metrics.grid import share_known
from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part
from qgan.seeding import Key, stream

MOST_TRAINING = 10_000
AT_ONCE = 1024
MOST_KNOWN = 0.5


def novelty(reference: Reference, fake: Part) -> float:
    """How often a generated sample is farther from its nearest training sample than a real one from its own.

    It is the Mann-Whitney statistic of Meehan et al. over all pairs of a generated and a held-out real sample, ties
    counted half: 0 for copies, 0.5 for real data, and more than that for samples unlike any real ones. At most 10,000
    training samples, always the same, are looked at.
    """
    real = reference.once("distance to training", lambda: np.sort(_to_training(reference.data, reference.real)))
    made = _to_training(reference.data, fake)
    below, up_to = (np.searchsorted(real, made, side=side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(real)))


def _to_training(data: DataSet, part: Part) -> Array:
    """Distance of each sample, rounded as those of generators are, to the nearest of the training part, shape (n,)."""
    from scipy.spatial.distance import cdist

    rows = np.arange(len(data.train))
    if len(rows) > MOST_TRAINING:
        rows = stream(Key(0, "training samples looked at", len(rows))).permutation(rows)[:MOST_TRAINING]
    samples = _single(part)
    blocks = (data.train.subset(rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE))
    return np.min([cdist(samples, _single(block)).min(axis=1) for block in blocks], axis=0)


def _single(part: Part) -> Array:
    with np.errstate(over="ignore"):
        return part.flat().astype(np.float32).astype(np.float64)


def why_not(data: DataSet) -> str | None:
    """That real data is hardly new itself, because it has few different samples, or None."""
    if data.levels is None:
        return None
    share = share_known(data)
    return f"{share:.0%} of the real samples held back are in the training part too" if share > MOST_KNOWN else None


DECLARED = (
    Metric(
        name="novelty",
        function=novelty,
        direction="higher",
        unit="share of pairs",
        citation="Meehan et al., AISTATS 2020, arXiv:2004.05675",
        unavailable=why_not,
        perfect=0.5,
        blind_to=("collapse", "shift"),
        copies=True,
    ),
)
