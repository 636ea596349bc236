"""Adversarial losses: functions of the discriminator's logits and of the samples' weights."""

__all__ = ["LOSSES", "Loss", "NonSaturating"]

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


LOSSES = Table(
    "loss",
    "qgan.losses",
    {"non-saturating": Entry(lambda _: NonSaturating(), summary="-ln D(fake), Goodfellow et al. 2014")},
)
