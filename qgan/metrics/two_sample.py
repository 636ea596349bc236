"""Whether a classifier can tell generated samples from real ones: the classifier two-sample test, arXiv:1610.06545."""

__all__ = ["DECLARED", "TREES", "c2st"]

import numpy as np

from qgan._typing import Array
from qgan.metrics.marginals import comparable
from qgan.metrics.metric import Metric, Reference
from qgan.samples import Part
from qgan.seeding import Key, stream

TREES = 20
LEAF = 3


def c2st(reference: Reference, fake: Part) -> float:
    """Accuracy on held-out samples of a classifier of real against generated: 0.5 where they cannot be told apart.

    The classifier is a forest of 20 extremely randomised trees on the ranks of each feature, which takes any scale.
    Either half of the samples is judged by trees that were grown on the other. Samples are first put in the order of
    their values, and the same places of both sides go into the same half: so the value does not depend on their order,
    and is exactly 0.5 for samples that equal the real ones.
    """
    real = reference.once("comparable", lambda: comparable(reference.data, reference.real))
    sides = [_in_order(real), _in_order(comparable(reference.data, fake))]
    rows = _ranks(np.concatenate(sides))
    generated = np.repeat([False, True], [len(side) for side in sides])
    first = np.concatenate([_halves(len(side)) for side in sides])
    right = np.concatenate([_credit(rows, generated, grown_on=half) for half in (first, ~first)])
    return float(right.mean())


def _in_order(rows: Array) -> Array:
    return rows[np.lexsort(rows.T[::-1])]


def _ranks(rows: Array) -> Array:
    from scipy.stats import rankdata

    return np.asarray(rankdata(rows, method="dense", axis=0), dtype=np.float64)


def _halves(n: int) -> np.ndarray:
    """Which of n samples, in order, are in the first half: the same every time."""
    return stream(Key(0, "c2st halves", n)).permutation(n) < n // 2


def _credit(rows: Array, generated: np.ndarray, *, grown_on: np.ndarray) -> Array:
    """1 for each of the other samples that is judged rightly, 0 for a wrong one, 1/2 for a tie."""
    from sklearn.ensemble import ExtraTreesClassifier

    forest = ExtraTreesClassifier(n_estimators=TREES, min_samples_leaf=LEAF, random_state=0)
    forest.fit(rows[grown_on], generated[grown_on])
    belief = np.asarray(forest.predict_proba(rows[~grown_on]))[:, 1] - 0.5
    belief[np.abs(belief) < 1e-9] = 0.0
    return 0.5 + 0.5 * np.sign(belief) * np.where(generated[~grown_on], 1, -1)


DECLARED = (
    Metric(
        name="c2st",
        function=c2st,
        direction="lower",
        unit="accuracy",
        citation="Lopez-Paz and Oquab, ICLR 2017, arXiv:1610.06545",
        fewest=4,
        perfect=0.5,
    ),
)
