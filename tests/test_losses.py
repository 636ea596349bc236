import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from qgan._registry import NoOptions
from qgan.losses import LOSSES, Hinge, LeastSquares, Loss, Minimax, NonSaturating, Wasserstein

# Least squares squares them, in single precision.
logit_lists = st.lists(st.floats(-1e18, 1e18), min_size=1, max_size=6)


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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_weights_stand_for_repeated_samples(loss: Loss, dtype: torch.dtype) -> None:
    few, counts = torch.tensor([0.3, -1.2, 2.0], dtype=dtype), torch.tensor([1, 3, 4])
    many, weights = few.repeat_interleave(counts), counts.to(dtype) / counts.sum()
    real = torch.tensor([1.0, -0.5], dtype=dtype)
    weighted = loss.discriminator(real=real, fake=few, real_weights=even(real), fake_weights=weights)
    torch.testing.assert_close(weighted, discriminators(loss, real, many))
    weighted = loss.discriminator(real=few, fake=real, real_weights=weights, fake_weights=even(real))
    torch.testing.assert_close(weighted, discriminators(loss, many, real))
    weighted = loss.generator(fake=few, fake_weights=weights)
    torch.testing.assert_close(weighted, loss.generator(fake=many, fake_weights=even(many)))
    assert weighted.dtype == dtype


def test_the_discriminator_tells_real_from_fake(loss: Loss) -> None:
    """Swapping them changes the loss, and it falls where real logits rise or fake ones fall.

    For all losses between 0 and 1; beyond, least squares has its targets and hinge its margin.
    """
    real, fake = torch.tensor([0.8, 0.5]), torch.tensor([0.4, 0.2])
    right = discriminators(loss, real, fake)
    assert right < discriminators(loss, fake, real)
    assert discriminators(loss, real + 0.1, fake) < right
    assert discriminators(loss, real, fake - 0.1) < right


def test_gradients_have_the_sign_of_the_game(loss: Loss) -> None:
    """For each sample: the discriminator raises real logits and lowers fake ones, the generator raises its own."""
    real, fake = torch.tensor([0.8, 0.1], requires_grad=True), torch.tensor([0.4, 0.9], requires_grad=True)
    up, down = torch.autograd.grad(discriminators(loss, real, fake), [real, fake])
    assert (up < 0).all()
    assert (down > 0).all()
    (wanted,) = torch.autograd.grad(loss.generator(fake=fake, fake_weights=even(fake)), fake)
    assert (wanted < 0).all()


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


# Computed by hand, for real logits (2, -1), fake logits (0.5, -3), and every logit 0.
KNOWN = {
    NonSaturating: (1.231427, 1.761332, 2 * math.log(2), math.log(2)),
    Minimax: (1.231427, -0.511332, 2 * math.log(2), -math.log(2)),
    LeastSquares: (3.5625, 4.0625, 0.5, 0.5),
    Hinge: (1.75, 1.25, 2.0, 0.0),
    Wasserstein: (-1.75, 1.25, 0.0, 0.0),
}


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.__name__)
def test_known_values(kind: type[Loss]) -> None:
    loss, real, fake, zero = kind(), torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0]), torch.zeros(3)
    found = [
        value.item()
        for reals, fakes in ((real, fake), (zero, zero))
        for value in (discriminators(loss, reals, fakes), loss.generator(fake=fakes, fake_weights=even(fakes)))
    ]
    assert found == pytest.approx(KNOWN[kind], rel=1e-5)


def test_minimax_is_a_game_of_zero_sum() -> None:
    real, fake = torch.tensor([0.3, -2.0]), torch.tensor([1.0, -0.5, 0.2])
    both = discriminators(Minimax(), real, fake) + Minimax().generator(fake=fake, fake_weights=even(fake))
    torch.testing.assert_close(both, -real.sigmoid().log().mean())


def test_minimax_saturates_where_the_generator_is_found_out() -> None:
    fake = torch.tensor([-30.0], requires_grad=True)
    Minimax().generator(fake=fake, fake_weights=torch.ones(1)).backward()
    assert fake.grad is not None
    assert fake.grad.item() == pytest.approx(-torch.tensor(-30.0).sigmoid().item(), rel=1e-6)


def test_a_wasserstein_critic_has_no_zero_of_its_own() -> None:
    real, fake = torch.tensor([0.3, -2.0]), torch.tensor([1.0, -0.5, 0.2])
    torch.testing.assert_close(
        discriminators(Wasserstein(), real + 7, fake + 7), discriminators(Wasserstein(), real, fake)
    )


def test_hinge_cares_for_nothing_beyond_its_margin() -> None:
    real, fake = torch.tensor([1.5, 3.0]), torch.tensor([-1.2, -9.0])
    assert discriminators(Hinge(), real, fake).item() == 0
