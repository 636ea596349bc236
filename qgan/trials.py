"""Objects tried out before anything is trained or written: what cannot work is refused with a cure."""

__all__ = ["require_loss", "require_spread", "try_discriminator", "try_generator", "try_player"]

import inspect
from typing import Any

import torch
from torch import nn

from qgan.discriminators import MinibatchStd
from qgan.errors import BackendError, ConfigError, QganError
from qgan.game import Batch, Player
from qgan.generators import Generator
from qgan.generators.remotes import simulated
from qgan.losses import Loss
from qgan.samples import DataSet, Samples
from qgan.seeding import Key, torch_seed


def try_generator(generator: Generator, backend: str) -> Samples:
    """What it makes of two latents.

    Raises:
        ConfigError: If the circuit does not work.
        BackendError: If the backend does not run it.
    """
    try:
        with simulated(generator):
            samples = generator.sample(2, Key(0, "trial"))
    except QganError:
        raise
    except ValueError as error:
        raise ConfigError(f"The generator cannot run its circuit: {error}") from error
    except Exception as error:
        raise BackendError(
            f"The backend '{backend}' fails on this circuit",
            got=f"{type(error).__name__}: {error}",
            cure="Try --backend default.qubit, or write the circuit with gates that this backend has",
        ) from error
    generator.counts.executions = generator.counts.shots = 0
    return samples


def require_spread(module: nn.Module, fake: Samples) -> None:
    """Sees that what a generator made of two latents has a spread, where the discriminator looks at that of batches.

    Raises:
        ConfigError: If it is a whole distribution, which has the same spread whatever its weights are.
    """
    if len(fake) != 2 and any(isinstance(part, MinibatchStd) for part in module.modules()):
        raise ConfigError(
            "The discriminator looks at the spread of a batch, and this generator gives its whole distribution at once",
            got=f"discriminator.minibatch_std = true, and {len(fake)} values of 2 latents",
            cure="Set discriminator.minibatch_std=false",
        )


def try_discriminator(module: Any, data: DataSet, device: torch.device, *, classes: int = 0) -> None:
    """Shows it three samples; it is left in the mode it was in.

    Args:
        module: What was given as a discriminator.
        data: What its samples look like.
        device: Where they lie.
        classes: How many labels it will be told of; 0 where it is told none.

    Raises:
        ConfigError: If it is no module, cannot take samples of this shape, or gives more than a logit for each.
    """
    if not isinstance(module, nn.Module):
        raise ConfigError(
            "The discriminator is no torch module", got=type(module).__name__, allowed="an instance of torch.nn.Module"
        )
    probe: tuple[torch.Tensor, ...] = (torch.zeros(3, *data.sample_shape, device=device),)
    if classes:
        probe += (torch.tensor([0, classes - 1, classes // 2], device=device),)
        _require_labels_taken(module, probe)
    training = {part: part.training for part in module.modules()}
    try:
        with torch.no_grad(), torch.random.fork_rng():
            # Lazy layers draw their weights when they are first used.
            torch.default_generator.manual_seed(torch_seed(Key(0, "trial")))
            shape = tuple(module.eval()(*probe).shape)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise ConfigError(
            f"The discriminator cannot take samples of shape {data.sample_shape}"
            + (f" with labels from 0 to {classes - 1}" if classes else ""),
            got=f"{type(error).__name__}: {str(error).splitlines()[0]}",
            cure="Samples are in single precision: call module.float() before it is given"
            if any(parameter.dtype == torch.float64 for parameter in module.parameters())
            else "Let it take (n, *sample_shape), for example by beginning with torch.nn.Flatten()",
        ) from error
    finally:
        for part, was_training in training.items():
            part.training = was_training
    if shape not in {(3,), (3, 1)}:
        raise ConfigError("The discriminator must give one logit for each sample", got=f"shape {shape} for 3 samples")


def _require_labels_taken(module: nn.Module, probe: tuple[torch.Tensor, ...]) -> None:
    """Asked of its signature, because a TypeError may come from anywhere."""
    signature = inspect.signature(module.forward)
    try:
        signature.bind(*probe)
    except TypeError as error:
        raise ConfigError(
            "The discriminator takes no labels, and train.conditional is true",
            got=f"forward{signature}",
            allowed="forward(values, labels), with labels of shape (n,), whole numbers from 0",
            cure="Let its forward take labels too, or set train.conditional=false",
        ) from error


def require_loss(loss: Any) -> Loss:
    """The loss itself.

    Raises:
        ConfigError: If it lacks one of its two functions.
    """
    for side in ("discriminator", "generator"):
        if not callable(getattr(loss, side, None)):
            raise ConfigError(
                f"The loss has no function '{side}'",
                got=type(loss).__name__,
                allowed="discriminator(real=, fake=, real_weights=, fake_weights=) and generator(fake=, fake_weights=)",
            )
    return loss


def try_player(player: Player, batch: Batch) -> None:
    """Differentiates its objective once; nothing is updated.

    Raises:
        ConfigError: If the objective fails, or depends on none of the player's parameters.
    """
    try:
        gradients = torch.autograd.grad(player.outcome(batch).loss, player.parameters, allow_unused=True)
    except QganError:
        raise
    except Exception as error:
        raise ConfigError(
            f"The objective of the {player.name} fails",
            got=f"{type(error).__name__}: {error}",
            cure="Correct the loss, the discriminator or the circuit; batches are of train.batch_size samples",
        ) from error
    if all(gradient is None for gradient in gradients):
        raise ConfigError(
            f"The loss of the {player.name} depends on none of its parameters, so that it cannot learn",
            cure="Let the circuit queue gates with its weights (a QNode queues none), and detach nothing on the way",
        )
