"""Matrices of rotations, for all rows and all blocks at once."""

__all__ = ["Chains", "Part", "Precision", "turn"]

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from qgan._typing import AnyArray
from qgan.backends.batched.gates import Angle, X, Y, Z

# Of a rotation of a two-level system, minus i times the Pauli matrix.
AXES = {X: np.array([[0, -1j], [-1j, 0]]), Y: np.array([[0, -1], [1, 0]]), Z: np.array([[-1j, 0], [0, 1j]])}


class Precision(NamedTuple):
    """Of amplitudes.

    Attributes:
        real: Of their parts.
        amplitude: The same where all amplitudes are real, or of complex numbers.
    """

    real: torch.dtype
    amplitude: torch.dtype

    def table(self, values: AnyArray, device: torch.device) -> Tensor:
        """Those numbers on the device."""
        kept = values if self.amplitude.is_complex else np.real(values)
        return torch.from_numpy(np.ascontiguousarray(kept)).to(device, self.amplitude)


class Part(NamedTuple):
    """One step as a matrix: ``fixed + cos(angle / 2) * cosine + sin(angle / 2) * sine``.

    Attributes:
        fixed: What does not depend on the angle.
        cosine: What its cosine is in front of.
        sine: Likewise.
        angles: Whose sum is the angle.
    """

    fixed: AnyArray
    cosine: AnyArray
    sine: AnyArray
    angles: list[Angle]


def turn(axis: str, angles: list[Angle]) -> Part:
    """A rotation of a two-level system about an axis."""
    return Part(np.zeros((2, 2)), np.eye(2), AXES[axis], angles)


@final
class Chains:
    """Steps one after the other: the matrices that they make.

    Args:
        chains: The steps of each, the first the first to act.
        size: Of all their matrices.

    Attributes:
        angles: Of each step, and of some of no effect in between, in the order in which they are wanted.
    """

    def __init__(self, chains: Sequence[Sequence[Part]], size: int, precision: Precision, device: torch.device) -> None:
        # Matrices are multiplied in pairs.
        self._longest = 1 << max(0, max(map(len, chains)) - 1).bit_length()
        self._size, self._precision = size, precision
        nothing = Part(np.eye(size), np.zeros((size, size)), np.zeros((size, size)), [])
        parts = [part for chain in chains for part in [*chain, *[nothing] * (self._longest - len(chain))]]
        self.angles = [part.angles for part in parts]
        self._fixed = precision.table(np.stack([part.fixed.reshape(1, -1) for part in parts]), device)
        shares = [[part.cosine.ravel(), part.sine.ravel()] for part in parts]
        self._shares = precision.table(np.array(shares), device)

    def __call__(self, angles: Tensor) -> Tensor:
        """Shape (chains, groups, size, size), from angles of shape (groups, all of them), float64."""
        half = angles.T[..., None] / 2
        numbers = torch.cat([half.cos(), half.sin()], dim=-1).to(self._precision.amplitude)
        steps = torch.baddbmm(self._fixed, numbers, self._shares)
        matrices = steps.view(-1, self._longest, len(angles), self._size, self._size)
        while matrices.shape[1] > 1:
            matrices = matrices[:, 1::2] @ matrices[:, 0::2]
        return matrices[:, 0]
