"""The oldest of forecasts for windows of a series: each value from the two before it."""

__all__ = ["ORDER", "windows"]

import numpy as np

from qgan._typing import Array

ORDER = 2


def windows(rows: Array, n: int, random: np.random.Generator) -> Array:
    """Windows of an autoregressive process, fitted to others by least squares.

    .. math:: x_t = c + a_1 x_{t-1} + a_2 x_{t-2} + e_t

    The same c and a at all times, as the windows of a series may begin anywhere. A new window begins as one of the
    given ones does; its shocks e are drawn with replacement from what the fit left over, whatever their distribution.

    Args:
        rows: Shape (k, window), of a window longer than two.
        n: How many to make.
        random: Drives beginnings and shocks.

    Returns:
        Shape (n, window).
    """
    length = rows.shape[1]
    before = [rows[:, ORDER - lag : length - lag].ravel() for lag in range(1, ORDER + 1)]
    inputs = np.stack([np.ones_like(before[0]), *before], axis=1)
    outputs = rows[:, ORDER:].ravel()
    weights = np.linalg.lstsq(inputs, outputs, rcond=None)[0]
    shocks = random.choice(outputs - inputs @ weights, size=(n, length))
    made = np.empty((n, length))
    made[:, :ORDER] = rows[random.integers(len(rows), size=n), :ORDER]
    for time in range(ORDER, length):
        made[:, time] = weights[0] + made[:, time - ORDER : time][:, ::-1] @ weights[1:] + shocks[:, time]
    return made
