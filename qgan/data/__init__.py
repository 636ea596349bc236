"""The data sets that can be named in a configuration. ``make(options, seed)`` of an entry gives a DataSet.

One that reads the user's own is named with what it reads, as in ``csv:prices.csv``; its ``make`` is given that as
``argument=``. Relative paths start from the working directory.
"""

__all__ = ["DATA"]

from qgan._registry import Entry, Table
from qgan.data.bars import BarsOptions, bars_and_stripes
from qgan.data.csv_file import CsvOptions, csv_file
from qgan.data.densities import GammaOptions, Gaussian3DOptions, gamma, gaussian_3d
from qgan.data.digits import DigitsOptions, digits
from qgan.data.discrete import BimodalOptions, LognormalOptions, TriangularOptions, bimodal, lognormal, triangular
from qgan.data.idx_file import IdxOptions, idx_file
from qgan.data.image_folder import ImageOptions, image_folder
from qgan.data.mixtures import GaussianGridOptions, GaussianRingOptions, gaussian_grid, gaussian_ring
from qgan.data.numpy_file import NpyOptions, NpzOptions, npy_file, npz_file
from qgan.data.options import OwnOptions
from qgan.data.series import SeriesOptions, series
from qgan.data.tables import breast_cancer, iris, wine
from qgan.data.words import WordsOptions, words

DATA = Table(
    "data set",
    "qgan.data",
    {
        "digits": Entry(digits, DigitsOptions, "8 x 8 grey images of handwritten digits, shipped with scikit-learn"),
        "bars-and-stripes": Entry(bars_and_stripes, BarsOptions, "binary images of whole columns or whole rows"),
        "gaussian-ring": Entry(gaussian_ring, GaussianRingOptions, "eight narrow Gaussians around a circle"),
        "gaussian-grid": Entry(gaussian_grid, GaussianGridOptions, "25 narrow Gaussians on a square grid"),
        "gaussian-3d": Entry(gaussian_3d, Gaussian3DOptions, "one correlated Gaussian of three variables"),
        "gamma": Entry(gamma, GammaOptions, "a gamma distribution"),
        "lognormal": Entry(lognormal, LognormalOptions, "a log-normal distribution on the levels of n qubits"),
        "triangular": Entry(triangular, TriangularOptions, "a triangular distribution on the levels of n qubits"),
        "bimodal": Entry(bimodal, BimodalOptions, "two normal distributions on the levels of n qubits"),
        "series": Entry(series, SeriesOptions, "a synthetic series with trend, seasonality and fat tails, in windows"),
        "words": Entry(words, WordsOptions, "short words of a language made by a rule"),
        "iris": Entry(iris, OwnOptions, "four measures of 150 flowers of three species"),
        "wine": Entry(wine, OwnOptions, "thirteen measures of 178 wines of three growers"),
        "breast-cancer": Entry(breast_cancer, OwnOptions, "thirty measures of 569 tumours of two kinds"),
        "csv": Entry(csv_file, CsvOptions, "a table of text", "FILE"),
        "npy": Entry(npy_file, NpyOptions, "an array of NumPy", "FILE"),
        "npz": Entry(npz_file, NpzOptions, "an array of an archive of NumPy", "FILE"),
        "idx": Entry(idx_file, IdxOptions, "images in MNIST's format, gzipped or not", "FILE"),
        "images": Entry(image_folder, ImageOptions, "a folder of pictures, made grey", "FOLDER"),
    },
)
