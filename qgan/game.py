"""Who plays: parameters with an objective, an optimiser and a schedule. The ordinary GAN is two players."""

__all__ = ["Batch", "Game", "Player", "adversarial"]

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from qgan.errors import ConfigError
from qgan.losses import Loss
from qgan.penalties import NoPenalty, Penalty
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
        schedule: The share of the optimiser's own learning rate that a step takes, or None for all of it.
        constrain: Called after each update, to take the parameters back to where they may be.
        expect: Told of all draws of a step, where there are several, before the first of them is asked for.
    """

    name: str
    objective: Callable[[Batch], Outcome]
    optimizer: torch.optim.Optimizer
    updates: int = 1
    starts: int = 1
    clip: float | None = None
    schedule: Callable[[int], float] | None = None
    constrain: Callable[[], None] | None = None
    expect: Callable[[Sequence[Draw]], None] | None = None

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

    def receive(self, gradients: Iterable[Tensor | None]) -> None:
        """Gives each parameter its gradient, in memory as the parameter is: fused optimisers go by that alone."""
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            if gradient is not None and gradient.stride() != parameter.stride():
                gradient = torch.empty_like(parameter).copy_(gradient)
            parameter.grad = gradient

    def update(self, step: int) -> None:
        """Moves the parameters by the gradients that they hold, at the rate of that step."""
        if self.schedule is not None:
            # What was asked for, and not what the groups hold: those are put back from checkpoints.
            rate = self.optimizer.defaults["lr"] * self.schedule(step)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
        self.optimizer.step()
        if self.constrain is not None:
            self.constrain()


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
    penalty: Penalty | None = None,
    schedules: Mapping[str, Callable[[int], float]] | None = None,
    discriminator_updates: int = 1,
    clip: float | None = None,
    conditional: bool = False,
    expect: Callable[[Sequence[Draw]], None] | None = None,
) -> Game:
    """The game of two: the discriminator moves first, then the generator.

    Args:
        generator: Its samples are taken to the device before the discriminator sees them.
        discriminator: Samples of shape (n, *sample_shape) to logits of shape (n,); where the game is conditional, with
            labels of shape (n,) beside them.
        loss: What each side minimises.
        optimizers: ``"discriminator"`` and ``"generator"``.
        device: Where the discriminator is.
        penalty: What the discriminator minimises beside its loss, and where its weights must stay.
        schedules: Shares of the learning rates by step, for either side or none.
        discriminator_updates: In each step.
        clip: Largest norm of either side's gradient, or None.
        conditional: Whether the discriminator is told the samples' labels.
        expect: Told of the draws of all the discriminator's updates, with the same generator, before it is asked.
    """
    penalty, schedules = penalty or NoPenalty(), schedules or {}
    fused = any(isinstance(part, nn.RNNBase) for part in discriminator.modules())

    def logits(samples: Samples) -> Tensor:
        values = samples.values.to(device)
        with _differentiable_twice() if fused and values.requires_grad else nullcontext():
            if not conditional:
                return discriminator(values).flatten()
            return discriminator(values, _labels(samples).to(device)).flatten()

    def discriminate(batch: Batch) -> Outcome:
        with torch.no_grad():
            fake = generator(batch.draw)
        real_logits, fake_logits = logits(batch.real), logits(fake)
        real_weights, fake_weights = batch.real.weights.to(real_logits), fake.weights.to(fake_logits)
        value = loss.discriminator(
            real=real_logits, fake=fake_logits, real_weights=real_weights, fake_weights=fake_weights
        )
        scores = {"real": real_weights @ real_logits.sigmoid(), "fake": fake_weights @ fake_logits.sigmoid()}
        if isinstance(penalty, NoPenalty):
            return Outcome(value, scores)
        key = batch.draw.key
        extra = penalty(logits, batch.real, fake, key._replace(purpose=f"{key.purpose}/penalty"))
        return Outcome(value + extra, {**scores, "penalty": extra})

    def generate(batch: Batch) -> Outcome:
        fake = generator(batch.draw)
        fake_logits = logits(fake)
        return Outcome(loss.generator(fake=fake_logits, fake_weights=fake.weights.to(fake_logits)), {})

    return Game(
        generator,
        [
            Player(
                "discriminator",
                discriminate,
                optimizers["discriminator"],
                updates=discriminator_updates,
                clip=clip,
                schedule=schedules.get("discriminator"),
                constrain=partial(penalty.project, discriminator),
                expect=expect,
            ),
            Player(
                "generator",
                generate,
                optimizers["generator"],
                clip=clip,
                schedule=schedules.get("generator"),
            ),
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


@contextmanager
def _differentiable_twice() -> Iterator[None]:
    """Without cuDNN, the slopes of whose recurrent layers cannot be differentiated again."""
    before = torch.backends.cudnn.enabled
    torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = before
