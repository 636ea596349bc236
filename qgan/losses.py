"""Adversarial losses: functions of the discriminator's logits and of the samples' weights."""

__all__ = ["LOSSES", "Hinge", "LeastSquares", "Loss", "Minimax", "NonSaturating", "Wasserstein"]

from typing import Protocol, final

from torch import Tensor
from torch.nn.functional import softplus

from qgan._registry import Entry, Table


class Loss(Protocol):
    """Two scalars from logits of shape (n,) and weights of shape (n,) that sum to 1.

    The discriminator's side sees weights detached; on the generator's side a gradient may flow through them.
    """

    def discriminator(self, *, real: Tensor, fake: Tensor, real_weights: Tensor, fake_weights: Tensor) -> Tensor:
        """What the discriminator minimises."""
        ...

    def generator(self, *, fake: Tensor, fake_weights: Tensor) -> Tensor:
        """What the generator minimises."""
        ...


@final
class NonSaturating:
    r"""The non-saturating loss: with logits :math:`l` and :math:`D = \sigma(l)`,

    .. math:: -\sum w_r \ln D(x_r) - \sum w_f \ln(1 - D(x_f)), \qquad -\sum w_f \ln D(x_f)

    Finite for logits of any size.

    References:
        Goodfellow I. et al., Generative Adversarial Networks (2014), arXiv:1406.2661.
    """

    def discriminator(self, *, real: Tensor, fake: Tensor, real_weights: Tensor, fake_weights: Tensor) -> Tensor:
        """What the discriminator minimises; 2 ln 2 where it cannot tell."""
        return real_weights @ softplus(-real) + fake_weights @ softplus(fake)

    def generator(self, *, fake: Tensor, fake_weights: Tensor) -> Tensor:
        """What the generator minimises; ln 2 where the discriminator cannot tell."""
        return fake_weights @ softplus(-fake)


@final
class Minimax:
    r"""The game of zero sum, whose generator saturates: with logits :math:`l` and :math:`D = \sigma(l)`,

    .. math:: -\sum w_r \ln D(x_r) - \sum w_f \ln(1 - D(x_f)), \qquad \sum w_f \ln(1 - D(x_f))

    A generator that is found out learns nothing from it: its gradient vanishes as :math:`D(x_f)`.

    References:
        Goodfellow I. et al., Generative Adversarial Networks (2014), arXiv:1406.2661.
    """

    def discriminator(self, *, real: Tensor, fake: Tensor, real_weights: Tensor, fake_weights: Tensor) -> Tensor:
        """What the discriminator minimises; 2 ln 2 where it cannot tell."""
        return real_weights @ softplus(-real) + fake_weights @ softplus(fake)

    def generator(self, *, fake: Tensor, fake_weights: Tensor) -> Tensor:
        """What the generator minimises; -ln 2 where the discriminator cannot tell."""
        return -(fake_weights @ softplus(fake))


@final
class LeastSquares:
    r"""Least squares of the logits, which should be 1 for real samples and 0 for generated ones:

    .. math:: \tfrac12 \sum w_r (l_r - 1)^2 + \tfrac12 \sum w_f l_f^2, \qquad \tfrac12 \sum w_f (l_f - 1)^2

    References:
        Mao X. et al., Least Squares Generative Adversarial Networks (2017), arXiv:1611.04076.
    """

    def discriminator(self, *, real: Tensor, fake: Tensor, real_weights: Tensor, fake_weights: Tensor) -> Tensor:
        """What the discriminator minimises; 1/4 at best where it cannot tell, with all logits at 1/2."""
        return (real_weights @ (real - 1).square() + fake_weights @ fake.square()) / 2

    def generator(self, *, fake: Tensor, fake_weights: Tensor) -> Tensor:
        """What the generator minimises; 0 where all its logits are those of real samples."""
        return fake_weights @ (fake - 1).square() / 2


@final
class Hinge:
    r"""The hinge loss, whose discriminator cares for no sample that is beyond the margin:

    .. math:: \sum w_r \max(0, 1 - l_r) + \sum w_f \max(0, 1 + l_f), \qquad -\sum w_f l_f

    References:
        Lim J. H. and Ye J. C., Geometric GAN (2017), arXiv:1705.02894.
        Miyato T. et al., Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957.
    """

    def discriminator(self, *, real: Tensor, fake: Tensor, real_weights: Tensor, fake_weights: Tensor) -> Tensor:
        """What the discriminator minimises; 2 where all logits are the same and within the margin."""
        return real_weights @ (1 - real).relu() + fake_weights @ (1 + fake).relu()

    def generator(self, *, fake: Tensor, fake_weights: Tensor) -> Tensor:
        """What the generator minimises."""
        return -(fake_weights @ fake)


@final
class Wasserstein:
    r"""The dual of the Wasserstein-1 distance, with logits for the critic's values:

    .. math:: \sum w_f l_f - \sum w_r l_r, \qquad -\sum w_f l_f

    It means that distance only where the critic's slope is bounded: by a penalty, by clipped weights, or by its make.

    References:
        Arjovsky M., Chintala S. and Bottou L., Wasserstein GAN (2017), arXiv:1701.07875.
    """

    def discriminator(self, *, real: Tensor, fake: Tensor, real_weights: Tensor, fake_weights: Tensor) -> Tensor:
        """What the critic minimises: minus its estimate of the distance."""
        return fake_weights @ fake - real_weights @ real

    def generator(self, *, fake: Tensor, fake_weights: Tensor) -> Tensor:
        """What the generator minimises."""
        return -(fake_weights @ fake)


LOSSES = Table(
    "loss",
    "qgan.losses",
    {
        "non-saturating": Entry(lambda _: NonSaturating(), summary="-ln D(fake), Goodfellow et al. 2014"),
        "minimax": Entry(lambda _: Minimax(), summary="ln(1 - D(fake)), which saturates, Goodfellow et al. 2014"),
        "least-squares": Entry(lambda _: LeastSquares(), summary="logits to 1 and 0, Mao et al. 2017"),
        "hinge": Entry(lambda _: Hinge(), summary="logits beyond a margin, Lim and Ye 2017, Miyato et al. 2018"),
        "wasserstein": Entry(lambda _: Wasserstein(), summary="logits as they are, Arjovsky et al. 2017"),
    },
)
