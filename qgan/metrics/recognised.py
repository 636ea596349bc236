"""Whether a classifier trained on real data sees in the samples what they should be (GAN-test, arXiv:1807.09499)."""

__all__ = ["DECLARED", "recognised", "why_not"]

import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

_KEPT = 4
_classifiers: "OrderedDict[str, Pipeline]" = OrderedDict()


def recognised(reference: Reference, fake: Part) -> float:
    """Share of samples recognised as their label or, where they carry none, as any class of the training part.

    The classifier is a logistic regression on standardised features, fitted on ``data.labelled``.
    """
    seen = reference.once("classifier", lambda: _classifier(reference.data)).predict(fake.flat())
    if fake.labels is not None:
        return float((seen == fake.labels).mean())
    labels = reference.data.train.labels
    return float(np.isin(seen, np.unique(labels) if labels is not None else []).mean())


def why_not(data: DataSet) -> str | None:
    """Why nothing can be recognised on that data, or None."""
    if data.labelled is None or data.labelled.labels is None or data.train.labels is None:
        return "recognised needs labels, and the data has none"
    if len(np.unique(data.labelled.labels)) < 2:
        return "recognised needs at least two classes to tell apart, and the data has one"
    return None


def _classifier(data: DataSet) -> "Pipeline":
    """Fitted once for each of the latest few data sets, told apart by their hashes."""
    if data.sha256 in _classifiers:
        _classifiers.move_to_end(data.sha256)
        return _classifiers[data.sha256]
    fitted = _fit(data)
    if data.sha256:
        _classifiers[data.sha256] = fitted
        if len(_classifiers) > _KEPT:
            _classifiers.popitem(last=False)
    return fitted


def _fit(data: DataSet) -> "Pipeline":
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    assert data.labelled is not None
    assert data.labelled.labels is not None
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    with warnings.catch_warnings():  # stopped early it still classifies, and its floor shows how well
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(data.labelled.flat(), data.labelled.labels)


DECLARED = (
    Metric(
        name="recognised",
        function=recognised,
        direction="higher",
        unit="share",
        citation="Shmelkov et al., ECCV 2018, arXiv:1807.09499",
        unavailable=why_not,
        perfect=None,
        blind_to=("collapse",),
    ),
)
