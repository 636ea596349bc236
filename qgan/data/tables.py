"""Small tables of measurements that come with scikit-learn.

Fisher, Ann. Eugenics 7, 179 (1936), https://doi.org/10.24432/C56C76 (iris); Aeberhard and Forina, UCI Machine Learning
Repository (1992), https://doi.org/10.24432/C5PC7J (wine); Wolberg et al., ibid. (1993),
https://doi.org/10.24432/C5DW2B (breast cancer, Wisconsin, diagnostic).
"""

__all__ = ["breast_cancer", "iris", "wine"]

from typing import Any

import numpy as np

from qgan.data.options import OwnOptions
from qgan.data.scaling import Source, scaled
from qgan.samples import DataSet


def iris(options: OwnOptions, seed: int) -> DataSet:
    """150 flowers of three species, shape (4,)."""
    from sklearn.datasets import load_iris

    return _table("iris", load_iris(), options, seed)


def wine(options: OwnOptions, seed: int) -> DataSet:
    """178 wines of three growers, shape (13,)."""
    from sklearn.datasets import load_wine

    return _table("wine", load_wine(), options, seed)


def breast_cancer(options: OwnOptions, seed: int) -> DataSet:
    """569 tumours, malignant or benign, shape (30,)."""
    from sklearn.datasets import load_breast_cancer

    return _table("breast cancer", load_breast_cancer(), options, seed)


def _table(name: str, table: Any, options: OwnOptions, seed: int) -> DataSet:
    source = Source(
        table.data,
        table.target.astype(np.int64),
        names=tuple(map(str, table.feature_names)),
        classes=tuple(map(str, table.target_names)),
    )
    return scaled(name, source, split=options.split, scaling=options.scaling, classes=options.classes, seed=seed)
