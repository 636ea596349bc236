"""Distances between two clouds of samples. All are 0 for equal distributions, up to the noise of finite samples."""

__all__ = [
    "DECLARED",
    "Moments",
    "energy_distance",
    "frechet",
    "frechet_distance",
    "mean_off_diagonal",
    "mmd",
    "moments",
    "sliced_wasserstein",
]

from typing import TypeAlias

import numpy as np

from qgan._typing import Array
from qgan.errors import DataError
from qgan.metrics.metric import Metric, Reference
from qgan.samples import Part
from qgan.seeding import Key, stream

DIRECTIONS = 128

# A mean, and a factor F with F'F the covariance.
Moments: TypeAlias = tuple[Array, Array]


def sliced_wasserstein(reference: Reference, fake: Part) -> float:
    """Mean 1-Wasserstein distance of the projections on 128 fixed random unit vectors, in units of the data.

    Raises:
        DataError: If the two sides differ in size.
    """
    if len(fake) != len(reference.real):
        raise DataError(
            "The sliced Wasserstein distance compares equally many samples",
            got=f"{len(reference.real)} real and {len(fake)} generated",
            allowed="the same number",
            cure="Draw as many samples as the reference holds",
        )
    directions = reference.once("directions", lambda: _unit_vectors(reference.data.features))
    real = reference.once("sorted projections", lambda: np.sort(reference.real.flat() @ directions, axis=0))
    return float(np.abs(real - np.sort(fake.flat() @ directions, axis=0)).mean())


def _unit_vectors(features: int) -> Array:
    """Shape (features, 128), the same in every run, so that figures of different runs compare."""
    vectors = stream(Key(0, "sliced-wasserstein directions", features)).standard_normal((features, DIRECTIONS))
    return vectors / np.linalg.norm(vectors, axis=0)


def energy_distance(reference: Reference, fake: Part) -> float:
    """``sqrt(2 E|X-Y| - E|X-X'| - E|Y-Y'|)`` over all pairs, Euclidean; square root of the data's unit."""
    distances = reference.distances(fake)
    among_real = reference.once("mean distance", distances.real_real.mean)
    return float(np.sqrt(max(2 * distances.real_fake.mean() - among_real - distances.fake_fake.mean(), 0.0)))


def mmd(reference: Reference, fake: Part) -> float:
    """Unbiased squared maximum mean discrepancy with a Gaussian kernel; it can be slightly below 0.

    The kernel is ``exp(-d² / (2 s²))`` with s the median distance between distinct real samples (1 if there are none).
    """
    distances = reference.distances(fake)
    bandwidth = reference.once("median distance", lambda: _median_distance(distances.real_real))
    among_real = reference.once("mean kernel", lambda: mean_off_diagonal(_gaussian(distances.real_real, bandwidth)))
    among_fake = mean_off_diagonal(_gaussian(distances.fake_fake, bandwidth))
    return float(among_real + among_fake - 2 * _gaussian(distances.real_fake, bandwidth).mean())


def _median_distance(distances: Array) -> float:
    apart = distances[distances > 0]
    return float(np.median(apart)) if len(apart) else 1.0


def _gaussian(distances: Array, bandwidth: float) -> Array:
    return np.exp(-0.5 * (distances / bandwidth) ** 2)


def mean_off_diagonal(kernel: Array) -> float:
    """Of a square matrix with two rows or more: the mean over all pairs of different samples."""
    n = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (n * (n - 1))


def frechet_distance(reference: Reference, fake: Part) -> float:
    """:func:`frechet` of the means and covariances of the raw values; data units squared."""
    return frechet(reference.once("moments", lambda: moments(reference.real.flat())), moments(fake.flat()))


def frechet(real: Moments, fake: Moments) -> float:
    """``|m - m'|² + Tr(C + C' - 2 (C C')^½)``.

    It is the squared 2-Wasserstein distance of two Gaussians, and blind to all but the first two moments. With
    ``C = A'A`` and ``C' = B'B`` the trace of the root is the sum of the singular values of ``A B'``, which stays exact
    when the covariances are singular, as they are with fewer samples than features.
    """
    (real_mean, real_factor), (mean, factor) = real, fake
    shared = np.linalg.svd(real_factor @ factor.T, compute_uv=False).sum()
    spread = (real_factor**2).sum() + (factor**2).sum() - 2 * shared
    return float(((real_mean - mean) ** 2).sum() + max(spread, 0.0))


def moments(rows: Array) -> Moments:
    """The mean, and a factor of the covariance, of rows of shape (n, features)."""
    mean = rows.mean(axis=0)
    factor = (rows - mean) / np.sqrt(max(len(rows) - 1, 1))
    if len(rows) > rows.shape[1]:
        factor = np.asarray(np.linalg.qr(factor, mode="r"))
    return mean, factor


DECLARED = (
    Metric(
        name="sliced-wasserstein",
        function=sliced_wasserstein,
        direction="lower",
        unit="data units",
        citation="Bonneel et al., J. Math. Imaging Vis. 51, 22 (2015)",
    ),
    Metric(
        name="energy-distance",
        function=energy_distance,
        direction="lower",
        unit="root of data units",
        citation="Székely and Rizzo, J. Stat. Plan. Inference 143, 1249 (2013)",
    ),
    Metric(
        name="mmd",
        function=mmd,
        direction="lower",
        unit="squared discrepancy",
        citation="Gretton et al., J. Mach. Learn. Res. 13, 723 (2012)",
        fewest=2,
    ),
    Metric(
        name="frechet-distance",
        function=frechet_distance,
        direction="lower",
        unit="data units squared",
        citation="Dowson and Landau, J. Multivariate Anal. 12, 450 (1982)",
    ),
)
