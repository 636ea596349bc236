"""What of a training step is whose: of its time, its circuits or its operations."""

__all__ = ["PARTS", "parts_of"]

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from torch import Tensor, nn

from qgan.game import Game

PARTS: tuple[str, ...] = ("generator forward", "generator backward", "discriminator", "rest")


def parts_of(step: Callable[[], object], game: Game, *, meter: Callable[[], float]) -> dict[str, float]:
    """How far a meter gets in each part of one step, which are all of it together.

    The marks are hooks of torch's, there for this step only. Between them the meter's way is booked:

    - ``"generator forward"``: in the generator, for fakes of both players; those that the discriminator is shown in its
      own updates are made without gradients.
    - ``"discriminator"``: in both players, from finished fakes on: its judgement of fakes and real samples, the loss
      and the penalty, and in its own updates its gradient and its optimiser; in the generator's update the way of the
      gradient back through it.
    - ``"generator backward"``: from the gradient of the fakes to the gradients of the generator's parameters.
    - ``"rest"``: draws of latents and of real batches, the generator's own optimiser, checks, the moving average.

    Args:
        step: Does one step of the loop that plays this game.
        game: Its generator is a torch module.
        meter: Says how far it is: seconds, executions, operations.
    """
    parts, since = dict.fromkeys(PARTS, 0.0), 0.0

    def book(part: str) -> None:
        nonlocal since
        now = meter()
        parts[part], since = parts[part] + now - since, now

    def booking(part: str) -> Callable[..., None]:
        return lambda *_: book(part)

    def made(_module: nn.Module, _draws: Any, fakes: Any) -> None:
        book("generator forward")
        for tensor in (fakes.values, fakes.weights):
            if isinstance(tensor, Tensor) and tensor.requires_grad:
                # The last of them is where the discriminator's gradient ends.
                tensor.register_hook(booking("discriminator"))

    generator = game.generator
    assert isinstance(generator, nn.Module)
    with ExitStack() as hooks:
        handles = [generator.register_forward_pre_hook(booking("rest")), generator.register_forward_hook(made)]
        for player in game.players:
            if player.name == "generator":
                # The last of them is where the generator's gradient ends.
                handles += [each.register_hook(booking("generator backward")) for each in player.parameters]
            else:
                handles.append(player.optimizer.register_step_post_hook(booking("discriminator")))
        for handle in handles:
            hooks.callback(handle.remove)
        since = meter()
        step()
        book("rest")
    return parts
