"""Estimates of a vector against its true value: how far their mean is off, how sure that is, and how they scatter."""

__all__ = ["SIGMAS", "Bias", "Together", "bias_of", "together"]

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from qgan._typing import Array

SIGMAS = 3.0
# A share of the largest variance: below it there is none, and what is off there cannot be noise.
NONE = 1e-12
# Of a one-sided bound, in standard deviations: 95 %.
BOUND = 1.6449


class Bias(NamedTuple):
    """Lengths are shares of the true vector's.

    Attributes:
        draws: How many estimates.
        bias: Length of the mean's error, without what noise adds to it.
        most: What it is at most, with a confidence of 95 %.
        noise: Length that the mean's error would have if there were no bias.
        spread: Root mean square length of one estimate's error about the mean.
        cosine: Mean cosine of one estimate to the true vector.
        p: Hotelling's: how often unbiased estimates would be off as much, all elements together.
        beyond: Elements whose mean is off by more than 3 of its standard errors.
        elements: That have a standard error.
    """

    draws: int
    bias: float
    most: float
    noise: float
    spread: float
    cosine: float
    p: float
    beyond: int
    elements: int


class Together(NamedTuple):
    """Many estimates that should all be unbiased.

    Attributes:
        cells: How many.
        elements: Of all of them.
        beyond: How many of those are off by more than 3 standard errors.
        expected: How many that would be if nothing is biased.
        p_beyond: How often so many or more would be.
        fisher: Fisher's combination of all p-values.
        smallest: The smallest p-value, times the number of cells (Bonferroni), 1 at most.
        holds: Whether all three are at least 1 %.
    """

    cells: int
    elements: int
    beyond: int
    expected: float
    p_beyond: float
    fisher: float
    smallest: float
    holds: bool


def bias_of(estimates: Array, truth: Array) -> Bias:
    """Of independent estimates of shape (draws, n), and the truth of shape (n,), which is not zero."""
    draws, size = len(estimates), float(np.linalg.norm(truth))
    error = estimates.mean(axis=0) - truth
    covariance = np.atleast_2d(np.cov(estimates, rowvar=False)) / draws
    noise = float(np.trace(covariance))
    # Unbiased for the square of the bias, with the variance that normal errors give it.
    square = float(error @ error) - noise
    variance = 2 * float(np.sum(covariance**2)) + 4 * float(error @ covariance @ error)
    most = max(0.0, square) + BOUND * math.sqrt(variance)
    standard = np.sqrt(np.diag(covariance))
    varied = standard > math.sqrt(NONE) * max(float(standard.max()), NONE * size)
    lengths = np.linalg.norm(estimates, axis=1)
    cosines = estimates @ truth / np.where(lengths > 0, lengths, 1.0) / size
    return Bias(
        draws,
        math.sqrt(max(0.0, square)) / size,
        math.sqrt(most) / size,
        math.sqrt(noise) / size,
        math.sqrt(noise * draws) / size,
        float(cosines.mean()),
        _hotelling(error, covariance, draws, size),
        int((np.abs(error[varied]) > SIGMAS * standard[varied]).sum()),
        int(varied.sum()),
    )


def _hotelling(error: Array, covariance: Array, draws: int, size: float) -> float:
    """The p-value of Hotelling's test, on the directions in which there is any noise.

    References:
        Hotelling H., The generalization of Student's ratio, Annals of Mathematical Statistics 2, 360 (1931).
    """
    variances, axes = np.linalg.eigh(covariance)
    noisy, along = variances > NONE * max(float(variances.max()), 1e-300), axes.T @ error
    if np.abs(along[~noisy]).max(initial=0.0) > 1e-6 * size:
        return 0.0
    k = int(noisy.sum())
    if not k or draws <= k:
        return 1.0
    square = float(np.sum(along[noisy] ** 2 / variances[noisy]))
    return float(stats.f.sf(square * (draws - k) / (k * (draws - 1)), k, draws - k))


def together(cells: Sequence[Bias]) -> Together:
    """Whether all are unbiased, together.

    Elements of one estimate have noise of their own circuits, and so exceed independently.

    References:
        Fisher R. A., Statistical Methods for Research Workers (1925).
    """
    values = np.clip([cell.p for cell in cells], 1e-300, 1.0)
    elements, beyond = sum(cell.elements for cell in cells), sum(cell.beyond for cell in cells)
    share = 2 * float(stats.norm.sf(SIGMAS))
    p_beyond = float(stats.binom.sf(beyond - 1, elements, share))
    fisher = float(stats.chi2.sf(-2 * np.log(values).sum(), 2 * len(values)))
    smallest = min(1.0, float(values.min()) * len(values))
    holds = min(p_beyond, fisher, smallest) >= 0.01
    return Together(len(cells), elements, beyond, share * elements, p_beyond, fisher, smallest, holds)
