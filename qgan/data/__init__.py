"""The data sets that can be named in a configuration. ``make(options, seed)`` of an entry gives a DataSet."""

__all__ = ["DATA"]

from qgan._registry import Entry, Table
from qgan.data.digits import DigitsOptions, digits

DATA = Table(
    "data set",
    "qgan.data",
    {"digits": Entry(digits, DigitsOptions, "8 x 8 grey images of handwritten digits, shipped with scikit-learn")},
)
