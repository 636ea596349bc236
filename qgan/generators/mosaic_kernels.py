"""Kernels from joint probabilities of patches to images, and from cotangents of images back."""

__all__ = ["join", "pull"]

from typing import Any

import numba
import numpy as np

_any_njit: Any = numba.njit
_kernel: Any = _any_njit(nogil=True, error_model="numpy", cache=True)


@_kernel
def join(joint: Any, pixels: Any, brightest: Any, low: Any, high: Any, divisors: Any, images: Any) -> Any:
    """Fills images, and the divisors of all patches; gives the mean probability of what is kept.

    Args:
        joint: Shape (patches * n, states), the patches one after the other; the first ``pixels`` states are kept.
        pixels: In a patch.
        brightest: Whether the divisor is the brightest pixel, or their sum.
        low: What 0 is taken to.
        high: What 1 is taken to.
        divisors: Shape (patches * n,).
        images: Shape (n, features).
    """
    n, features = images.shape
    total = 0.0
    for at in range(len(joint)):
        first, row, kept = at // n * pixels, at % n, joint[at, :pixels]
        whole, most = 0.0, 0.0
        for value in kept:
            whole += value
            most = max(most, value)
        total += whole
        divisor = most if brightest else whole
        # Where no shot survived post-selection what is left is dark, and its gradient stays finite.
        divisors[at] = divisor = divisor if divisor > 0 else 1.0
        for pixel in range(min(pixels, features - first)):
            images[row, first + pixel] = np.float32(low + (high - low) * (kept[pixel] / divisor))
    return total / len(joint)


@_kernel
def pull(joint: Any, pixels: Any, brightest: Any, span: Any, divisors: Any, cotangent: Any, slopes: Any) -> None:
    """Slopes by joint probabilities, of their shape, from a cotangent of the images; ``span`` is ``high - low``."""
    n, features = cotangent.shape
    for at in range(len(joint)):
        first, row, divisor = at // n * pixels, at % n, divisors[at]
        by_divisor, those = 0.0, 0
        for state in range(joint.shape[1]):
            slope = 0.0
            if state < pixels:
                those += joint[at, state] == divisor or not brightest
                if first + state < features:
                    slope = span * cotangent[row, first + state] / divisor
                    by_divisor -= slope * (joint[at, state] / divisor)
            slopes[at, state] = slope
        # The brightest pixels make the divisor, each as much as the other, or all of them make their sum.
        for pixel in range(pixels):
            if joint[at, pixel] == divisor or not brightest:
                slopes[at, pixel] += by_divisor / those if brightest else by_divisor
