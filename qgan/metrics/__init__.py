"""Figures that compare generated samples with real ones. ``make(NoOptions())`` of an entry gives a Metric.

No value is shown without its floor and its trivial value: see :mod:`qgan.evaluate`. Each module declares its metrics
in a tuple ``DECLARED``; the table below names them, and imports a module when one of its metrics is first made.
"""

__all__ = ["METRICS", "Metric", "Reference"]

from importlib import import_module

from qgan._registry import Entry, NoOptions, Table
from qgan.metrics.metric import Metric, Reference

_MODULES = {
    "distances": {
        "sliced-wasserstein": "mean Wasserstein distance over 128 directions",
        "energy-distance": "distances between the two sides against those within each",
        "mmd": "unbiased squared maximum mean discrepancy, Gaussian kernel of median bandwidth",
        "frechet-distance": "distance of means and covariances of the raw values",
    },
    "manifold": {
        "precision": "share of generated samples near some real one",
        "recall": "share of real samples near some generated one",
        "density": "how many real neighbourhoods a generated sample lies in",
        "coverage": "share of real neighbourhoods that hold a generated sample",
    },
    "recognised": {"recognised": "share that a classifier of the real data recognises as the right class"},
    "marginals": {
        "wasserstein-1": "mean over the features of their Wasserstein distance, in real standard deviations",
        "ks": "Kolmogorov-Smirnov distance of the feature that differs most",
    },
    "dependence": {"correlation-error": "mean difference of the correlations between features"},
    "two_sample": {"c2st": "how often a classifier tells generated samples from real ones; 0.5 is guessing"},
    "novelty": {"novelty": "how often a generated sample is farther from the training part than a real one"},
    "modes": {
        "mode-coverage": "share of a mixture's modes that get a tenth of their samples or more",
        "high-quality": "share of samples near some mode of the mixture",
    },
    "grid": {
        "kl": "relative entropy of real cells to generated ones, half counts added",
        "reverse-kl": "relative entropy of generated cells to real ones, half counts added",
        "jensen-shannon": "mean relative entropy of both sides to their mixture",
        "total-variation": "share of probability that lies in other cells",
        "hellinger": "distance of the roots of the cells' probabilities",
    },
    "series": {
        "autocorrelation-error": "mean difference of autocorrelations, of values and of their sizes",
        "leverage-error": "mean difference of the correlations of values with later squares",
    },
    "cnn": {
        "cnn-frechet": "distance of means and covariances of the features of a small CNN trained on digits",
        "cnn-kernel": "unbiased squared discrepancy of those features, cubic kernel",
    },
    "text": {
        "ngram-kl": "relative entropy of real pairs of characters to generated ones, half counts added",
        "novel-words": "share of words that are not in the training part",
    },
}


def _entry(module: str, name: str, summary: str) -> Entry:
    def make(_options: NoOptions) -> Metric:
        declared: tuple[Metric, ...] = import_module(f"qgan.metrics.{module}").DECLARED
        return next(metric for metric in declared if metric.name == name)

    return Entry(make, summary=summary)


METRICS = Table(
    "metric",
    "qgan.metrics",
    {name: _entry(module, name, summary) for module, names in _MODULES.items() for name, summary in names.items()},
)
