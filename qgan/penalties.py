"""What holds the discriminator back: penalties, added to what it minimises, and constraints, put on its weights."""

__all__ = [
    "PENALTIES",
    "Critic",
    "GradientPenalty",
    "GradientPenaltyOptions",
    "NoPenalty",
    "Penalty",
    "R1Options",
    "R1Penalty",
    "WeightClipping",
    "WeightClippingOptions",
]

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeAlias, final

import torch
from pydantic import Field
from torch import Tensor, nn

from qgan._registry import Entry, Options, Table
from qgan.samples import Samples
from qgan.seeding import Key, stream

Critic: TypeAlias = Callable[[Samples], Tensor]
"""The discriminator as a function: n samples, with labels where it is told them, to logits of shape (n,)."""


class Penalty(Protocol):
    """What a discriminator minimises beside its loss, and where its weights must stay."""

    def __call__(self, discriminator: Critic, real: Samples, fake: Samples, key: Key) -> Tensor:
        """A scalar, differentiable with respect to the discriminator's parameters.

        Args:
            discriminator: Samples to logits.
            real: A batch of real samples.
            fake: Generated samples of any number and weights.
            key: Names the stream of what is drawn.
        """
        ...

    def project(self, discriminator: nn.Module) -> None:
        """Takes its weights back to where they are allowed to be; called after each of its updates."""
        ...


@final
class NoPenalty:
    """Nothing."""

    def __call__(self, discriminator: Critic, real: Samples, fake: Samples, key: Key) -> Tensor:  # noqa: ARG002
        """0."""
        return real.values.new_zeros(())

    def project(self, discriminator: nn.Module) -> None:
        """Leaves it as it is."""


class GradientPenaltyOptions(Options):
    r"""Options of the gradient penalty.

    Attributes:
        coefficient: :math:`\lambda`.
        one_sided: Let slopes below 1 be.
    """

    coefficient: float = Field(default=10.0, gt=0)
    one_sided: bool = False


@final
class GradientPenalty:
    r"""Draws the critic's slope towards 1 between real and generated samples:

    .. math:: \lambda \sum w_r (\lVert \nabla_x l(x) \rVert_2 - 1)^2, \qquad
        x = \epsilon x_r + (1 - \epsilon) x_f, \quad \epsilon \sim U(0, 1)

    with one :math:`\epsilon` for each real sample :math:`x_r` of weight :math:`w_r`; the point between bears its label.
    ``one_sided`` takes :math:`\max(0, \lVert \nabla_x l(x) \rVert_2 - 1)^2` in its place. A critic whose logits depend
    on the rest of the batch, as with batch normalisation, has no slope at a sample.

    References:
        Gulrajani I. et al., Improved Training of Wasserstein GANs (2017), arXiv:1704.00028.
        Petzka H. et al., On the Regularization of Wasserstein GANs (2018), arXiv:1709.08894, for one side.
    """

    def __init__(self, options: GradientPenaltyOptions) -> None:
        self.options = options

    def __call__(self, discriminator: Critic, real: Samples, fake: Samples, key: Key) -> Tensor:
        """The penalty on that batch."""
        slopes = torch.linalg.vector_norm(_gradients(discriminator, _between(real, fake, key)), dim=1)
        excess = (slopes - 1).relu() if self.options.one_sided else slopes - 1
        return self.options.coefficient * (real.weights.to(slopes) @ excess.square())

    def project(self, discriminator: nn.Module) -> None:
        """Leaves it as it is."""


class R1Options(Options):
    r"""Options of the R1 penalty.

    Attributes:
        coefficient: :math:`\gamma`.
    """

    coefficient: float = Field(default=10.0, gt=0)


@final
class R1Penalty:
    r"""Flattens the discriminator at real samples:

    .. math:: \frac{\gamma}{2} \sum w_r \lVert \nabla_x l(x_r) \rVert_2^2

    References:
        Mescheder L., Geiger A. and Nowozin S., Which Training Methods for GANs do actually Converge? (2018),
        arXiv:1801.04406.
    """

    def __init__(self, options: R1Options) -> None:
        self.options = options

    def __call__(self, discriminator: Critic, real: Samples, fake: Samples, key: Key) -> Tensor:  # noqa: ARG002
        """The penalty on that batch."""
        squares = _gradients(discriminator, real).square().sum(1)
        return self.options.coefficient / 2 * (real.weights.to(squares) @ squares)

    def project(self, discriminator: nn.Module) -> None:
        """Leaves it as it is."""


class WeightClippingOptions(Options):
    """Options of weight clipping.

    Attributes:
        bound: Largest size of a weight.
    """

    bound: float = Field(default=0.01, gt=0)


@final
class WeightClipping:
    """Keeps every trained weight of the critic within ``[-bound, bound]``, which bounds its slope.

    References:
        Arjovsky M., Chintala S. and Bottou L., Wasserstein GAN (2017), arXiv:1701.07875, algorithm 1.
    """

    def __init__(self, options: WeightClippingOptions) -> None:
        self.options = options

    def __call__(self, discriminator: Critic, real: Samples, fake: Samples, key: Key) -> Tensor:  # noqa: ARG002
        """0."""
        return real.values.new_zeros(())

    @torch.no_grad()
    def project(self, discriminator: nn.Module) -> None:
        """Clips them."""
        for weight in discriminator.parameters():
            if weight.requires_grad:
                weight.clamp_(-self.options.bound, self.options.bound)


def _between(real: Samples, fake: Samples, key: Key) -> Samples:
    """A point between each real sample and a generated one, which is drawn by weight where they do not pair off."""
    n = len(real)
    if len(fake) != n or not torch.equal(fake.weights, fake.weights[:1].expand(n)):
        fake = fake.resampled(n, key)
    drawn = stream(key._replace(purpose=f"{key.purpose}/points")).random((n, *[1] * (real.values.ndim - 1)))
    share = torch.from_numpy(drawn).to(real.values)
    return replace(real, values=share * real.values + (1 - share) * fake.values.to(real.values))


def _gradients(discriminator: Critic, samples: Samples) -> Tensor:
    """Of the logits, by sample: shape (n, features)."""
    values = samples.values.detach().requires_grad_()
    logits = discriminator(replace(samples, values=values))
    (gradients,) = torch.autograd.grad(logits.sum(), values, create_graph=True, materialize_grads=True)
    return gradients.flatten(1)


PENALTIES = Table(
    "penalty",
    "qgan.penalties",
    {
        "none": Entry(lambda _: NoPenalty(), summary="nothing"),
        "gradient-penalty": Entry(
            GradientPenalty, GradientPenaltyOptions, "slope 1 between real and fake, Gulrajani et al. 2017"
        ),
        "r1": Entry(R1Penalty, R1Options, "a flat discriminator at real samples, Mescheder et al. 2018"),
        "weight-clipping": Entry(WeightClipping, WeightClippingOptions, "bounded weights, Arjovsky et al. 2017"),
    },
)
