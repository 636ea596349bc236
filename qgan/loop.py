"""The adversarial loop: an iterator that knows learning and no physics.

It never prints, saves, logs, or reads a clock for anyone else. It yields after a whole step only, when the state is
consistent and may be saved; every side effect belongs to whoever iterates.
"""

__all__ = ["Batches", "StepRecord", "train"]

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import torch
from torch import Tensor, nn

from qgan._typing import Json
from qgan.errors import DivergedError
from qgan.game import Batch, Game, Player
from qgan.samples import Samples
from qgan.seeding import Key, torch_seed
from qgan.state import TrainState


class Batches(Protocol):
    """Real batches, a pure function of their index."""

    @property
    def size(self) -> int:
        """Samples in a batch."""
        ...

    def at(self, index: int) -> Samples:
        """The batch of that index."""
        ...


@dataclass(frozen=True)
class StepRecord:
    """What one step did.

    Attributes:
        step: Its number, from 1.
        losses: By player; of the last update where there are several.
        scores: Mean probability of being real that the discriminator gave, ``"real"`` and ``"fake"``, as if its logits
            were those of probabilities; and its ``"penalty"`` where there is one, which is part of its loss.
        grad_norms: By player, before clipping.
        generator: The generator's diagnostics.
        executions: Circuits run in this step.
        shots: Shots taken in this step.
        seconds: By player, and ``"rest"``.
    """

    step: int
    losses: dict[str, float]
    scores: dict[str, float]
    grad_norms: dict[str, float]
    generator: dict[str, float]
    executions: int
    shots: int
    seconds: dict[str, float]

    def numbers(self) -> Json:
        """All that does not depend on the clock."""
        return {key: value for key, value in vars(self).items() if key != "seconds"}


def train(state: TrainState, game: Game, batches: Batches, *, steps: int) -> Iterator[StepRecord]:
    """Steps until ``state.step`` is ``steps``.

    Raises:
        ConfigError: If a player's loss is no scalar, or does not depend on its parameters.
        DivergedError: If a loss, a gradient or a parameter is not finite. Nothing of that step may be saved.
    """
    while state.step < steps:
        record = _step(state, game, batches)
        state.step = record.step
        yield record


def _step(state: TrainState, game: Game, batches: Batches) -> StepRecord:
    started, step, counts = perf_counter(), state.step + 1, game.generator.counts
    executions, shots = counts.executions, counts.shots
    losses: dict[str, float] = {}
    scores: dict[str, float] = {}
    norms: dict[str, float] = {}
    seconds: dict[str, float] = {}
    with _torch_stream(Key(state.seed, "torch", step)), _one_order():
        for player in game.players:
            began = perf_counter()
            draws = [
                game.generator.draw(batches.size, Key(state.seed, f"latent/{player.name}/{update}", step))
                for update in range(player.updates if step >= player.starts else 0)
            ]
            if player.expect is not None and len(draws) > 1:
                player.expect(draws)
            for update, draw in enumerate(draws):
                batch = Batch(batches.at((step - 1) * player.updates + update), draw)
                losses[player.name], norms[player.name], seen = _update(player, batch, step)
                scores |= seen
            seconds[player.name] = perf_counter() - began
    _require_finite_parameters(state, game, step)
    if state.average is not None:
        state.average.update()
    seconds["rest"] = perf_counter() - started - sum(seconds.values())
    return StepRecord(
        step=step,
        losses=losses,
        scores=scores,
        grad_norms=norms,
        generator=dict(game.generator.diagnostics),
        executions=counts.executions - executions,
        shots=counts.shots - shots,
        seconds=seconds,
    )


def _update(player: Player, batch: Batch, step: int) -> tuple[float, float, dict[str, float]]:
    parameters = player.parameters
    loss, scores = player.outcome(batch)
    value = _finite(loss.item(), f"loss of the {player.name}", step)
    # Only this player's gradients are computed: a backward() would fill those of the networks it plays through, too.
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    player.receive(gradients)
    norm = _norm([gradient for gradient in gradients if gradient is not None])
    size = _finite(norm.item(), f"gradient of the {player.name}", step)
    if player.clip is not None:
        nn.utils.clip_grads_with_norm_(parameters, player.clip, norm)
    player.update(step)
    return value, size, {name: score.item() for name, score in scores.items()}


def _norm(tensors: Sequence[Tensor]) -> Tensor:
    """Of all as one vector: what ``nn.utils.get_total_norm`` gives, without its sorting by device and type."""
    norms = [torch.linalg.vector_norm(tensor) for tensor in tensors]
    return torch.linalg.vector_norm(torch.stack(norms)) if norms else torch.zeros(())


def _finite(number: float, what: str, step: int) -> float:
    if not math.isfinite(number):
        raise DivergedError(f"The {what} is {number} at step {step}")
    return number


@torch.no_grad()
def _require_finite_parameters(state: TrainState, game: Game, step: int) -> None:
    # No norm is finite where a parameter is not; one that is too large for its own type is looked into and let be.
    if all(math.isfinite(_norm(player.parameters).item()) for player in game.players):
        return
    for player, module in state.modules.items():
        for name, parameter in module.named_parameters():
            if not torch.isfinite(parameter).all():
                raise DivergedError(f"The parameter '{name}' of the {player} is not finite after step {step}")


@contextmanager
def _torch_stream(key: Key) -> Iterator[None]:
    """Torch's global stream, for users' modules with dropout: ours within a step, untouched after it."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=list(devices)):
        torch.default_generator.manual_seed(torch_seed(key))
        for device in devices:
            torch.cuda.default_generators[device].manual_seed(torch_seed(key))
        yield


@contextmanager
def _one_order() -> Iterator[None]:
    """Convolutions on a GPU add up in one order, so that a run gone on with ends as it would have."""
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before
