import pytest
import torch
from torch import nn

from qgan.discriminators.base import DiscriminatorOptions, MinibatchStd, beside, finish, to_logit
from qgan.networks import dense
from qgan.seeding import Key

KEY = Key(0, "weights")


def test_the_spread_is_that_of_the_batch() -> None:
    features = torch.tensor([[1.0, 0.0], [3.0, 0.0], [1.0, 6.0], [3.0, 6.0]], dtype=torch.float64)
    seen = MinibatchStd()(features)
    assert torch.equal(seen[:, :2], features)
    # The standard deviations are 1 and 3.
    torch.testing.assert_close(seen[:, 2], torch.full((4,), 2.0, dtype=torch.float64), atol=1e-7, rtol=0)


def test_samples_that_are_all_alike_have_no_spread_and_a_finite_slope() -> None:
    features = torch.ones(4, 3, requires_grad=True)
    spread = MinibatchStd()(features)[:, 3]
    assert spread.max().item() == pytest.approx(1e-4, rel=1e-4)
    spread.sum().backward()
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


@pytest.mark.parametrize("hidden", [(), (5,), (5, 4), (5, 4, 3)], ids=str)
def test_the_last_hidden_layer_sees_the_spread(hidden: tuple[int, ...]) -> None:
    """So that the logit need not rise or fall with it all the way."""
    plain, seeing = (
        to_logit(6, DiscriminatorOptions(hidden=hidden, minibatch_std=told, dropout=0.5)) for told in (False, True)
    )
    widths = [[layer.in_features for layer in stack.modules() if isinstance(layer, nn.Linear)]
              for stack in (plain, seeing)]  # fmt: skip
    more = [place == max(len(hidden) - 1, 0) for place in range(len(hidden) + 1)]
    assert widths[1] == [width + told for width, told in zip(widths[0], more, strict=True)]
    assert seeing(torch.rand(3, 6)).shape == (3, 1)


def test_labels_stand_beside_each_place() -> None:
    values = torch.rand(2, 4, 5, 3)
    told = beside(values, torch.tensor([1, 0]), 2)
    assert told.shape == (2, 4, 5, 5)
    assert torch.equal(told[..., :3], values)
    assert torch.equal(told[0, :, :, 3:], torch.tensor([0.0, 1.0]).expand(4, 5, 2))
    assert torch.equal(told[1, :, :, 3:], torch.tensor([1.0, 0.0]).expand(4, 5, 2))
    assert beside(values, None, 2) is values


def test_a_normalised_stack_stretches_nothing() -> None:
    """Each layer's norm is 1, so that with ReLU no two samples are farther apart in logits than they are."""
    stack = dense([8, 16, 16, 1], "relu")
    finish(stack, DiscriminatorOptions(spectral_norm=True), KEY)
    for _ in range(50):
        stack(torch.zeros(1, 8))
    one, other = torch.randn(2, 400, 8)
    moved = (stack(one) - stack(other)).abs().squeeze(1)
    # The iteration comes near to the largest singular value from below.
    assert (moved <= 1.01 * (one - other).norm(dim=1)).all()
    # And along one direction it stretches nothing and shrinks nothing.
    first = torch.linalg.svdvals(stack[0].weight.detach())  # type: ignore[union-attr, operator]
    assert first[0].item() == pytest.approx(1, abs=0.01)
