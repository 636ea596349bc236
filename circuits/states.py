"""States with real amplitudes that a circuit begins from, made of RY and CNOT gates."""

__all__ = ["discretised_normal", "prepare", "prepare_product"]

from collections.abc import Sequence
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray


def discretised_normal(*, mean: float, sigma: float, n_wires: int) -> NDArray[np.float64]:
    r"""Probabilities of the grid points 0 to :math:`2^n - 1`, proportional to the density of a normal distribution.

    Args:
        mean: In grid points, anywhere.
        sigma: Standard deviation in grid points, above 0.
        n_wires: How many qubits number the grid points, wire 0 the most significant bit.

    Returns:
        Shape (2**n_wires,), summing to 1.
    """
    distances = np.abs(np.arange(2**n_wires) - mean)
    nearest = distances.min()
    # Relative to the nearest point, so that a mean far outside the grid leaves its edge and not nothing.
    with np.errstate(over="ignore", invalid="ignore"):
        exponents = -((distances - nearest) / sigma) * ((distances + nearest) / sigma) / 2
    density = np.exp(np.where(distances == nearest, 0.0, exponents))
    return density / density.sum()


def prepare(probabilities: NDArray[np.float64], wires: Sequence[int]) -> list[Any]:
    """The gates that make the state whose amplitudes are the roots of these probabilities, exactly.

    Args:
        probabilities: Shape (2**len(wires),), summing to 1.
        wires: The first is the most significant bit.

    Returns:
        RY and CNOT operations, at most 2**len(wires) - 1 and 2**len(wires) - 2 of them, none of them queued.

    References:
        Möttönen M. et al., Transformation of quantum states using uniformly controlled rotations, Quantum Information
        and Computation 5, 467 (2005), arXiv:quant-ph/0407010.
    """
    with qml.QueuingManager.stop_recording():
        return qml.MottonenStatePreparation.compute_decomposition(np.sqrt(probabilities), wires=list(wires))


def prepare_product(probabilities: NDArray[np.float64], wires: Sequence[int]) -> list[Any]:
    """The gates that make the product state in which every wire is 1 as often as under these probabilities."""
    tensor = probabilities.reshape((2,) * len(wires))
    ones = [min(tensor.take(1, axis=axis).sum(), 1.0) for axis in range(len(wires))]
    with qml.QueuingManager.stop_recording():
        return [qml.RY(2 * np.arcsin(np.sqrt(one)), wires=wire) for one, wire in zip(ones, wires, strict=True)]
