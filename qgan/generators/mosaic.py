"""Images of patches: post-selected, scaled, and side by side, in one pass where torch takes a dozen operations."""

__all__ = ["Mosaic"]

from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qgan._typing import AnyArray


@final
@dataclass(frozen=True)
class Mosaic:
    """How images are made of joint probabilities.

    Attributes:
        patches: In an image.
        pixels: In a patch: those of the first states, which ancillas in 0 leave.
        features: Pixels of an image; what the last patch has too many is left out.
        brightest: Whether a patch is divided by its brightest pixel, or by its sum.
    """

    patches: int
    pixels: int
    features: int
    brightest: bool

    def __call__(self, joint: Tensor, low: float, high: float) -> tuple[Tensor, float]:
        """Images of shape (n, features), float32, and the mean probability of what post-selection keeps.

        Args:
            joint: Shape (patches * n, states), float64, on the CPU, patch after patch.
            low: What 0 is taken to.
            high: What 1 is taken to.
        """
        if torch.is_grad_enabled() and joint.requires_grad:
            return _Join.apply(self, joint, low, high)  # type: ignore[no-any-return]
        images, _, kept = self._join(joint.detach().numpy(), low, high)
        return torch.from_numpy(images), kept

    def _join(self, joint: AnyArray, low: float, high: float) -> tuple[AnyArray, AnyArray, float]:
        images = np.empty((len(joint) // self.patches, self.features), dtype=np.float32)
        divisors = np.empty(len(joint))
        kept = _kernels().join(
            np.ascontiguousarray(joint), self.pixels, self.brightest, low, high, divisors, images
        )  # fmt: skip
        return images, divisors, kept


class _Join(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mosaic: Mosaic, joint: Tensor, low: float, high: float) -> tuple[Tensor, float]:
        table = joint.numpy()
        images, divisors, kept = mosaic._join(table, low, high)
        ctx.known = mosaic, table, high - low, divisors
        return torch.from_numpy(images), kept

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> tuple[Any, ...]:
        # What makes a second differentiation fail takes its time, and is needed only where there may be one.
        return (_slopes_once if torch.is_grad_enabled() else _slopes)(ctx, *cotangents)


def _slopes(ctx: Any, cotangent: Tensor, _: Any) -> tuple[Any, ...]:
    mosaic, table, span, divisors = ctx.known
    slopes = np.empty(table.shape)
    _kernels().pull(
        np.ascontiguousarray(table), mosaic.pixels, mosaic.brightest, span, divisors,
        np.ascontiguousarray(cotangent.numpy()), slopes,
    )  # fmt: skip
    return None, torch.from_numpy(slopes), None, None


_slopes_once = once_differentiable(_slopes)


@cache
def _kernels() -> ModuleType:
    """Numba is loaded when the first image is made."""
    from qgan.generators import mosaic_kernels

    return mosaic_kernels
