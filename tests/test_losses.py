import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from qgan._registry import NoOptions
from qgan.losses import LOSSES, Loss, NonSaturating

logit_lists = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6)


def even(logits: Tensor) -> Tensor:
    return torch.full_like(logits, 1 / len(logits))


def discriminators(loss: Loss, real: Tensor, fake: Tensor) -> Tensor:
    return loss.discriminator(real=real, fake=fake, real_weights=even(real), fake_weights=even(fake))


@pytest.fixture(params=LOSSES)
def loss(request: pytest.FixtureRequest) -> Loss:
    return LOSSES[request.param].make(NoOptions())


@given(logit_lists, logit_lists)
def test_any_logits_give_finite_losses_and_gradients(reals: list[float], fakes: list[float]) -> None:
    for name in LOSSES:
        loss = LOSSES[name].make(NoOptions())
        real, fake = (torch.tensor(values, requires_grad=True) for values in (reals, fakes))
        for value in (discriminators(loss, real, fake), loss.generator(fake=fake, fake_weights=even(fake))):
            assert value.shape == ()
            assert torch.isfinite(value)
            for gradient in torch.autograd.grad(value, [real, fake], allow_unused=True):
                assert gradient is None or torch.isfinite(gradient).all()


def test_weights_stand_for_repeated_samples(loss: Loss) -> None:
    few, counts = torch.tensor([0.3, -1.2, 2.0], dtype=torch.float64), torch.tensor([1, 3, 4])
    many, weights = few.repeat_interleave(counts), counts / counts.sum().double()
    real = torch.tensor([1.0, -0.5], dtype=torch.float64)
    weighted = loss.discriminator(real=real, fake=few, real_weights=even(real), fake_weights=weights)
    torch.testing.assert_close(weighted, discriminators(loss, real, many))
    weighted = loss.discriminator(real=few, fake=real, real_weights=weights, fake_weights=even(real))
    torch.testing.assert_close(weighted, discriminators(loss, many, real))
    weighted = loss.generator(fake=few, fake_weights=weights)
    torch.testing.assert_close(weighted, loss.generator(fake=many, fake_weights=even(many)))


def test_the_discriminator_tells_real_from_fake(loss: Loss) -> None:
    """Swapping them changes the loss, and it falls where real logits rise or fake ones fall."""
    real, fake = torch.tensor([2.0, 1.0]), torch.tensor([-1.0, -0.5])
    right = discriminators(loss, real, fake)
    assert right < discriminators(loss, fake, real)
    assert discriminators(loss, real + 0.1, fake) < right
    assert discriminators(loss, real, fake - 0.1) < right


def test_the_generator_wants_higher_logits(loss: Loss) -> None:
    fake = torch.tensor([-1.0, 0.5])
    better, now = (loss.generator(fake=logits, fake_weights=even(fake)) for logits in (fake + 0.1, fake))
    assert better < now


def test_a_gradient_reaches_the_generator_through_its_weights(loss: Loss) -> None:
    fake = torch.tensor([-1.0, 0.5])
    weights = torch.tensor([0.4, 0.6], requires_grad=True)
    (gradient,) = torch.autograd.grad(loss.generator(fake=fake, fake_weights=weights), weights)
    assert gradient[0] > gradient[1]


def test_non_saturating_is_what_the_paper_says() -> None:
    loss, zero = NonSaturating(), torch.zeros(4)
    assert discriminators(loss, zero, zero).item() == pytest.approx(2 * math.log(2), rel=1e-6)
    assert loss.generator(fake=zero, fake_weights=even(zero)).item() == pytest.approx(math.log(2), rel=1e-6)
    real, fake = torch.tensor([0.7, -0.2]).double(), torch.tensor([1.5, 0.1]).double()
    expected = -(real.sigmoid().log().mean() + (1 - fake.sigmoid()).log().mean())
    torch.testing.assert_close(discriminators(loss, real, fake), expected)
    torch.testing.assert_close(loss.generator(fake=fake, fake_weights=even(fake)), -fake.sigmoid().log().mean())


def test_the_generator_learns_most_where_it_is_found_out() -> None:
    """Non-saturating: at a logit of -30 the gradient is -1, where ln(1 - D) would have left 1e-13."""
    fake = torch.tensor([-30.0], requires_grad=True)
    NonSaturating().generator(fake=fake, fake_weights=torch.ones(1)).backward()
    assert fake.grad is not None
    assert fake.grad.item() == pytest.approx(-1, rel=1e-6)
