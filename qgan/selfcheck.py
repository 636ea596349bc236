"""Before anything is paid for: the gradient that would be, by shots and shifts, held against the exact one."""

__all__ = ["require_right_gradient"]

from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from qgan._typing import Json
from qgan.backends.jobs.journal import Journal
from qgan.errors import BackendError
from qgan.experiment import Experiment
from qgan.generators.remotes import remotes, simulated
from qgan.samples import Draw
from qgan.seeding import Key, stream

LATENTS, DRAWS = 2, 8
# Of an exact gradient that is smaller nothing can be said.
NOTHING = 1e-12


def require_right_gradient(experiment: Experiment, target: Any, journal: Journal) -> Json:
    """Compares them, on the simulator that stands for the computer, and writes down how they go together.

    Both are of a fixed function of the samples, by the circuits' own weights: what a classical network before or after
    them has would be right whatever a computer answers. The one by shots is the mean of some draws.

    Args:
        experiment: Of which the generator is tried, as it is.
        target: The simulator.
        journal: Where it is written down.

    Returns:
        ``"cosine"`` and ``"ratio"`` of the mean gradient to the exact one; None where that is zero.

    Raises:
        BackendError: If it is zero, or points the other way.
    """
    generator: Any = experiment.game.generator
    draws = [_draw(experiment, number) for number in range(DRAWS)]
    with simulated(generator):
        exact = torch.stack([_slopes(generator, draw) for draw in draws]).mean(dim=0)
    senders = remotes(generator)
    with ExitStack() as stack:
        for sender in senders:
            stack.enter_context(sender.trial(target))
        found = torch.stack([_slopes(generator, draw) for draw in draws]).mean(dim=0)
    size, along = exact.norm().item(), (found @ exact).item()
    told: Json = {"cosine": None, "ratio": None}
    if size > NOTHING:
        norm = found.norm().item()
        if norm == 0 or along <= 0:
            raise BackendError(
                f"The gradient that would be paid for on {senders[0].name} is wrong: nothing was sent",
                got="zero in all places" if norm == 0 else f"a cosine of {along / (norm * size):.2f} to the exact one",
                allowed="one that points the same way",
                cure=f"Ask for more shots than {senders[0].shots}, or for fewer layers: what is left of the signal "
                "under noise is smaller than chance",
            )
        told = {"cosine": along / (norm * size), "ratio": norm / size}
    journal.write("checked", draws=DRAWS, shots=senders[0].shots, simulator=target.name, **told)
    return told


def _draw(experiment: Experiment, number: int) -> Draw:
    seed = experiment.config.seed
    draw = experiment.game.generator.draw(LATENTS, Key(seed, "self-check"))
    return Draw(draw.latent, draw.labels, Key(seed, "self-check shots", number))


def _slopes(generator: Any, draw: Draw) -> Tensor:
    """Of the mean of a smooth function of the samples, by all weights of circuits as one vector."""
    parameters = _weights(generator)
    with torch.enable_grad():
        samples = generator(draw)
        flat = samples.values.double().flatten(1)
        directions = torch.from_numpy(stream(Key(0, "self-check directions")).normal(size=flat.shape[1]))
        value = samples.weights.double() @ (torch.sin(flat @ directions + 0.5) + 0.5 * torch.sin(2 * flat @ directions))
        found = torch.autograd.grad(value, parameters, allow_unused=True)
    return torch.cat(
        [
            (torch.zeros_like(parameter) if slope is None else slope).double().flatten()
            for parameter, slope in zip(parameters, found, strict=True)
        ]
    )


def _weights(generator: Any) -> list[Tensor]:
    """Those of its circuits that are trained, and where there are none whatever is."""
    parts = [part for part in generator.modules() if getattr(part, "executor", None) is not None]
    circuits = [weights for part in parts if isinstance(weights := getattr(part, "weights", None), nn.Module)]
    own: list[Tensor] = [weight for weights in circuits for weight in weights.parameters() if weight.requires_grad]
    return own or [parameter for parameter in generator.parameters() if parameter.requires_grad]
