"""Figures that compare generated samples with real ones. ``make(NoOptions())`` of an entry gives a Metric.

No value is shown without its floor and its trivial value: see :mod:`qgan.evaluate`.
"""

__all__ = ["METRICS", "Metric", "Reference"]

from collections.abc import Callable
from importlib import import_module
from typing import Any

from qgan._registry import Entry, NoOptions, Table
from qgan.metrics.metric import Metric, Reference

_ENOUGH_FOR_NEIGHBOURS = 6
_PRECISION = "Kynkäänniemi et al., NeurIPS 2019, arXiv:1904.06991"
_COVERAGE = "Naeem et al., ICML 2020, arXiv:2002.09797"


def _later(module: str, name: str) -> Callable[..., Any]:
    """That function of a sibling module, imported when first called, so that listing the metrics stays cheap."""
    return lambda *arguments: getattr(import_module(f"qgan.metrics.{module}"), name)(*arguments)


def _entry(metric: Metric, summary: str) -> Entry:
    def make(_options: NoOptions) -> Metric:
        return metric

    return Entry(make, summary=summary)


_SLICED_WASSERSTEIN = Metric(
    name="sliced-wasserstein",
    function=_later("distances", "sliced_wasserstein"),
    direction="lower",
    unit="data units",
    citation="Bonneel et al., J. Math. Imaging Vis. 51, 22 (2015)",
)
_ENERGY_DISTANCE = Metric(
    name="energy-distance",
    function=_later("distances", "energy_distance"),
    direction="lower",
    unit="root of data units",
    citation="Székely and Rizzo, J. Stat. Plan. Inference 143, 1249 (2013)",
)
_MMD = Metric(
    name="mmd",
    function=_later("distances", "mmd"),
    direction="lower",
    unit="squared discrepancy",
    citation="Gretton et al., J. Mach. Learn. Res. 13, 723 (2012)",
    fewest=2,
)
_FRECHET_DISTANCE = Metric(
    name="frechet-distance",
    function=_later("distances", "frechet_distance"),
    direction="lower",
    unit="data units squared",
    citation="Dowson and Landau, J. Multivariate Anal. 12, 450 (1982)",
)
_PRECISION_METRIC = Metric(
    name="precision",
    function=_later("manifold", "precision"),
    direction="higher",
    unit="share",
    citation=_PRECISION,
    fewest=_ENOUGH_FOR_NEIGHBOURS,
)
_RECALL = Metric(
    name="recall",
    function=_later("manifold", "recall"),
    direction="higher",
    unit="share",
    citation=_PRECISION,
    fewest=_ENOUGH_FOR_NEIGHBOURS,
)
_DENSITY = Metric(
    name="density",
    function=_later("manifold", "density"),
    direction="higher",
    unit="balls / k",
    citation=_COVERAGE,
    fewest=_ENOUGH_FOR_NEIGHBOURS,
)
_COVERAGE_METRIC = Metric(
    name="coverage",
    function=_later("manifold", "coverage"),
    direction="higher",
    unit="share",
    citation=_COVERAGE,
    fewest=_ENOUGH_FOR_NEIGHBOURS,
)
_RECOGNISED = Metric(
    name="recognised",
    function=_later("recognised", "recognised"),
    direction="higher",
    unit="share",
    citation="Shmelkov et al., ECCV 2018, arXiv:1807.09499",
    unavailable=_later("recognised", "why_not"),
)

METRICS = Table(
    "metric",
    "qgan.metrics",
    {
        "sliced-wasserstein": _entry(_SLICED_WASSERSTEIN, "mean Wasserstein distance over 128 directions"),
        "energy-distance": _entry(_ENERGY_DISTANCE, "distances between the two sides against those within each"),
        "mmd": _entry(_MMD, "unbiased squared maximum mean discrepancy, Gaussian kernel of median bandwidth"),
        "frechet-distance": _entry(_FRECHET_DISTANCE, "distance of means and covariances of the raw values"),
        "precision": _entry(_PRECISION_METRIC, "share of generated samples near some real one"),
        "recall": _entry(_RECALL, "share of real samples near some generated one"),
        "density": _entry(_DENSITY, "how many real neighbourhoods a generated sample lies in"),
        "coverage": _entry(_COVERAGE_METRIC, "share of real neighbourhoods that hold a generated sample"),
        "recognised": _entry(_RECOGNISED, "share that a classifier of the real data recognises as the right class"),
    },
)
