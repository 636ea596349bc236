"""Who plays: parameters with an objective, an optimiser and a schedule. The ordinary GAN is two players."""

__all__ = ["Batch", "Game", "Player", "adversarial"]

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from qgan.errors import ConfigError
from qgan.losses import Loss
from qgan.readout import Counts
from qgan.samples import Draw, Samples
from qgan.seeding import Key


class Sampler(Protocol):
    """What a game asks of a generator, quantum or not."""

    @property
    def counts(self) -> Counts:
        """Circuits and shots run so far."""
        ...

    @property
    def diagnostics(self) -> dict[str, float]:
        """Numbers about the last forward pass."""
        ...

    def draw(self, n: int, key: Key) -> Draw:
        """n latents."""
        ...

    def __call__(self, draw: Draw) -> Samples:
        """Samples of that draw."""
        ...


@dataclass(frozen=True)
class Batch:
    """What an objective is taken on."""

    real: Samples
    draw: Draw


class Outcome(NamedTuple):
    """A player's scalar to minimise, and numbers worth recording."""

    loss: Tensor
    scores: dict[str, Tensor]


@dataclass(frozen=True)
class Player:
    """One side of a game.

    Attributes:
        name: Names its losses and its part of a checkpoint.
        objective: What it minimises.
        optimizer: How.
        updates: Updates in each step, each on a batch of its own.
        starts: The step before which it rests.
        clip: Largest norm of its gradient, or None.
    """

    name: str
    objective: Callable[[Batch], Outcome]
    optimizer: torch.optim.Optimizer
    updates: int = 1
    starts: int = 1
    clip: float | None = None

    @property
    def parameters(self) -> list[nn.Parameter]:
        """What its optimiser updates."""
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def outcome(self, batch: Batch) -> Outcome:
        """Its objective on a batch.

        Raises:
            ConfigError: If the loss is no scalar, or does not depend on the parameters.
        """
        loss, scores = self.objective(batch)
        if not isinstance(loss, Tensor) or not loss.is_floating_point() or loss.ndim or not loss.requires_grad:
            got = repr(loss)
            if isinstance(loss, Tensor):
                detached = "" if loss.requires_grad else ", detached from the parameters"
                got = f"{loss.dtype} of shape {tuple(loss.shape)}{detached}"
            raise ConfigError(
                f"The loss of the {self.name} cannot be minimised",
                got=got,
                allowed="a scalar that depends on the parameters",
                cure="Let the loss reduce what it computes from the logits, and detach nothing of it",
            )
        return Outcome(loss, scores)


@dataclass(frozen=True)
class Game:
    """An ordered list of players around one generator."""

    generator: Sampler
    players: Sequence[Player]


def adversarial(
    *,
    generator: Sampler,
    discriminator: nn.Module,
    loss: Loss,
    optimizers: dict[str, torch.optim.Optimizer],
    device: torch.device,
    discriminator_updates: int = 1,
    clip: float | None = None,
    conditional: bool = False,
) -> Game:
    """The game of two: the discriminator moves first, then the generator.

    Args:
        generator: Its samples are taken to the device before the discriminator sees them.
        discriminator: Samples of shape (n, *sample_shape) to logits of shape (n,); where the game is conditional, with
            labels of shape (n,) beside them.
        loss: What each side minimises.
        optimizers: ``"discriminator"`` and ``"generator"``.
        device: Where the discriminator is.
        discriminator_updates: In each step.
        clip: Largest norm of either side's gradient, or None.
        conditional: Whether the discriminator is told the samples' labels.
    """

    def logits(samples: Samples) -> Tensor:
        values = samples.values.to(device)
        if not conditional:
            return discriminator(values).flatten()
        return discriminator(values, _labels(samples).to(device)).flatten()

    def discriminate(batch: Batch) -> Outcome:
        with torch.no_grad():
            fake = generator(batch.draw)
        real_logits, fake_logits = logits(batch.real), logits(fake)
        real_weights, fake_weights = batch.real.weights, fake.weights.to(device)
        value = loss.discriminator(
            real=real_logits, fake=fake_logits, real_weights=real_weights, fake_weights=fake_weights
        )
        scores = {"real": real_weights @ real_logits.sigmoid(), "fake": fake_weights @ fake_logits.sigmoid()}
        return Outcome(value, scores)

    def generate(batch: Batch) -> Outcome:
        fake = generator(batch.draw)
        return Outcome(loss.generator(fake=logits(fake), fake_weights=fake.weights.to(device)), {})

    return Game(
        generator,
        [
            Player(
                "discriminator",
                discriminate,
                optimizers["discriminator"],
                updates=discriminator_updates,
                clip=clip,
            ),
            Player("generator", generate, optimizers["generator"], clip=clip),
        ],
    )


def _labels(samples: Samples) -> Tensor:
    if samples.labels is None:
        raise ConfigError(
            "A conditional discriminator is told labels, and these samples have none",
            got="train.conditional = true",
            cure="Set train.conditional=false, or use labelled data and a generator that takes labels",
        )
    return samples.labels
