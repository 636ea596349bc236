"""Images of patches against torch's own operations, and their slopes against torch's own differentiation."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import threshold

from qgan.generators.mosaic import Mosaic


def in_torch(mosaic: Mosaic, joint: Tensor, low: float, high: float) -> Tensor:
    """The formula of the patch generator, operation by operation."""
    kept = joint[:, : mosaic.pixels]
    whole = kept.amax(-1, keepdim=True) if mosaic.brightest else kept.sum(-1, keepdim=True)
    patches = (kept / threshold(whole, 0.0, 1.0)).reshape(mosaic.patches, -1, mosaic.pixels).transpose(0, 1)
    return (low + (high - low) * patches.flatten(1)[:, : mosaic.features]).float()


@st.composite
def cases(draw: Any) -> tuple[Mosaic, Tensor, Tensor]:
    """A mosaic, joint probabilities with equal and empty patches among them, and a cotangent."""
    patches, pixels, n = (draw(st.integers(1, most)) for most in (4, 9, 5))
    features = patches * pixels - draw(st.integers(0, pixels - 1))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = patches * n, pixels + draw(st.integers(0, 3))
    # Of few different numbers, as of few shots, so that many are equal and whole patches are 0.
    joint = rng.integers(0, 3, shape) / 4 if draw(st.booleans()) else rng.dirichlet(np.ones(shape[1]), shape[0])
    joint[rng.random(len(joint)) < 0.2] = 0
    mosaic = Mosaic(patches, pixels, features, brightest=draw(st.booleans()))
    return mosaic, torch.from_numpy(joint), torch.from_numpy(rng.normal(size=(n, features))).float()


@given(case=cases(), low=st.floats(-2, 0), high=st.floats(0.5, 2))
def test_images_and_slopes_are_those_of_torch(case: tuple[Mosaic, Tensor, Tensor], low: float, high: float) -> None:
    mosaic, joint, cotangent = case
    found, expected = [], []
    for make, into in (
        (lambda leaf: mosaic(leaf, low, high)[0], found),
        (lambda leaf: in_torch(mosaic, leaf, low, high), expected),
    ):
        leaf = joint.clone().requires_grad_()
        images = make(leaf)
        into += [images, *torch.autograd.grad(images, leaf, cotangent)]
    assert found[0].dtype == torch.float32
    torch.testing.assert_close(found[0], expected[0], atol=1e-6, rtol=0)
    torch.testing.assert_close(found[1], expected[1], atol=1e-9, rtol=1e-9)
    images, kept = mosaic(joint, low, high)
    assert torch.equal(images, found[0])
    assert kept == pytest.approx(joint[:, : mosaic.pixels].sum(-1).mean().item(), abs=1e-12)


def test_memory_may_lie_in_any_order() -> None:
    mosaic, joint = Mosaic(2, 4, 7, brightest=True), torch.rand(8, 6, dtype=torch.float64)
    turned = joint.T.contiguous().T.requires_grad_()
    images = mosaic(turned, 0.0, 1.0)[0]
    assert torch.equal(images, mosaic(joint, 0.0, 1.0)[0])
    # The cotangent of a sum is one number, seen as many.
    (slopes,) = torch.autograd.grad(images.sum(), turned)
    (others,) = torch.autograd.grad(in_torch(mosaic, turned, 0.0, 1.0).sum(), turned)
    torch.testing.assert_close(slopes, others)


def test_a_second_differentiation_is_refused() -> None:
    leaf = torch.rand(4, 4, dtype=torch.float64).requires_grad_()
    images = Mosaic(2, 4, 8, brightest=True)(leaf, 0.0, 1.0)[0]
    (slopes,) = torch.autograd.grad(images.square().sum(), leaf, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slopes.sum().backward()


def test_nothing_is_kept_for_a_way_back_that_nobody_asks_for() -> None:
    leaf = torch.rand(4, 4, dtype=torch.float64).requires_grad_()
    with torch.no_grad():
        assert not Mosaic(2, 4, 8, brightest=True)(leaf, 0.0, 1.0)[0].requires_grad
