"""Each player's gradient held against differences of its loss, once, when a run begins.

Along the unit vector of the gradient :math:`g` the loss must rise by :math:`|g|` for each unit of length:

.. math:: \\frac{L(\\theta + h g / |g|) - L(\\theta - h g / |g|)}{2 h} \\approx |g|

A sign that was lost, a factor that was forgotten and a part that was detached all show in this one number.
"""

__all__ = ["EVENT", "Agreement", "Gradient", "agreements"]

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from qgan._typing import Json
from qgan.checks.check import Check
from qgan.config import RunConfig
from qgan.experiment import Experiment
from qgan.game import Batch, Player
from qgan.samples import Samples
from qgan.seeding import Key, torch_seed

EVENT = "gradients checked"
# Lengths of the step, each tried only if those before it disagree: a network has kinks, a circuit has curvature.
LENGTHS = (1e-3, 1e-2, 1e-4)
# How far the two may be apart, as a share: a rough size is asked for, since piecewise linear networks have no other.
TOLERANCE = 0.25
# Errors of a loss of order one: samples pass through single precision even where all else is double.
ERROR = {torch.float64: 1e-8, torch.float32: 1e-6}
# What a gradient that ought to be zero is at most.
ZERO = {torch.float64: 1e-12, torch.float32: 1e-5}


class Agreement(NamedTuple):
    """How a player's gradient compares.

    Attributes:
        gradient: Its norm.
        difference: The slope of the loss along it, from differences.
        problem: What is wrong, in plain words.
        skipped: Why it was not compared.
    """

    gradient: float | None = None
    difference: float | None = None
    problem: str | None = None
    skipped: str | None = None


@final
class Gradient(Check):
    """A gradient that is zero, or disagrees with differences of the loss. Looks at the event that says so."""

    log = "events"

    def __init__(self, _config: RunConfig) -> None:
        self._problem: str | None = None

    def see(self, line: Json) -> str | None:
        if line["event"] == EVENT:
            players = line.get("players", {}).values()
            problems = [problem for player in players if (problem := player.get("problem"))]
            self._problem = ". ".join(problems) or None
        return self._problem


def agreements(experiment: Experiment) -> dict[str, Agreement]:
    """Compares each player's gradient, on the first batch and a latent of its own.

    Costs about two steps of training. Weights, buffers, optimisers, random streams and counts are left as they were.
    """
    config, generator = experiment.config, experiment.generator
    if generator.quantum and config.backend.options.get("shots"):
        skipped = Agreement(skipped="it takes shots, and their noise is larger than the differences")
        return {player.name: skipped for player in experiment.game.players}
    key = Key(config.seed, "gradient check")
    batch = Batch(experiment.batches.at(0), generator.draw(config.train.batch_size, key))
    # Not those of a moving average, which is what is judged.
    counts = experiment.game.generator.counts
    executions, shots = counts.executions, counts.shots
    modules = list(experiment.state.modules.values())
    precision = generator.precision
    try:
        return {player.name: _agreement(player, batch, modules, key, precision) for player in experiment.game.players}
    finally:
        counts.executions, counts.shots = executions, shots


def _agreement(
    player: Player, batch: Batch, modules: Sequence[nn.Module], key: Key, precision: torch.dtype
) -> Agreement:
    """In double precision, or in the networks' own where one of them takes no other; circuits have their own."""
    try:
        return _compare(player, _as_double(batch), modules, key, torch.float64, precision)
    except Exception:
        try:
            return _compare(player, batch, modules, key, None, torch.float32)
        except Exception as error:
            return Agreement(skipped=f"its objective failed: {type(error).__name__}: {error}")


def _compare(
    player: Player,
    batch: Batch,
    modules: Sequence[nn.Module],
    key: Key,
    dtype: torch.dtype | None,
    precision: torch.dtype,
) -> Agreement:
    parameters = player.parameters

    with _borrowed(modules, dtype, key):
        loss = player.outcome(batch).loss
        found = torch.autograd.grad(loss, parameters, allow_unused=True)
        pairs = zip(found, parameters, strict=True)
        gradients = [torch.zeros_like(value) if one is None else one for one, value in pairs]
    norm = nn.utils.get_total_norm(gradients).item()
    scale = max(1.0, abs(loss.item()))
    if not (torch.isfinite(loss) and math.isfinite(norm)):
        return Agreement(skipped="its loss or its gradient is not finite")
    if norm <= ZERO[precision] * scale:
        cure = "Let the loss depend on what its weights do: see that the circuit's gates change what is read out"
        return Agreement(norm, problem=f"The gradient of the {player.name} is zero, so that it cannot learn. {cure}")

    def along(length: float) -> float:
        with _borrowed(modules, dtype, key), torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.add_(gradient, alpha=length / norm)
            with torch.enable_grad():
                return player.outcome(batch).loss.item()

    error = ERROR[precision] * scale
    slopes = []
    for length in LENGTHS:
        if length * norm < 4 * error:  # what would be compared is the rounding
            continue
        slope = (along(length) - along(-length)) / (2 * length)
        if not math.isfinite(slope):
            continue
        slopes.append(slope)
        if abs(slope - norm) <= TOLERANCE * norm + error / length:
            return Agreement(norm, slope)
    if not slopes:
        return Agreement(norm, skipped="the differences are lost in rounding")
    if not any(slopes):
        return Agreement(norm, 0.0, skipped="small steps change nothing: its samples are discrete")
    return Agreement(norm, slopes[0], problem=_disagreement(player.name, norm, slopes[0]))


def _disagreement(name: str, norm: float, slope: float) -> str:
    wrong = "points the wrong way" if slope < 0 else "has the wrong size"
    return (
        f"The gradient of the {name} {wrong}: along it the loss should rise by {norm:.3g} for each unit of length, and "
        f"differences of the loss say {slope:.3g}. See that nothing on the way is detached, and that no gradient "
        "of your own is wrong"
    )


@contextmanager
def _borrowed(modules: Sequence[nn.Module], dtype: torch.dtype | None, key: Key) -> Iterator[None]:
    """The modules on copies of their tensors, and torch's global stream on a seed of ours: all is put back."""
    tensors = {id(one): one for module in modules for one in (*module.parameters(), *module.buffers())}.values()
    kept = [one.data for one in tensors]
    hooks = []
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=list(devices)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some recurrent networks say that their weights have moved
        torch.default_generator.manual_seed(torch_seed(key))
        for device in devices:
            torch.cuda.default_generators[device].manual_seed(torch_seed(key))
        try:
            for one in tensors:
                copy = one.data.clone()
                one.data = copy.to(dtype) if dtype is not None and copy.is_floating_point() else copy
            if dtype is not None:
                parts = [part for module in modules for part in module.modules()]
                hooks = [part.register_forward_pre_hook(_inputs_as_double) for part in parts]
                hooks += [part.register_forward_hook(_samples_as_double) for part in parts]
            yield
        finally:
            for hook in hooks:
                hook.remove()
            for one, data in zip(tensors, kept, strict=True):
                one.data = data


def _as_double(batch: Batch) -> Batch:
    draw = replace(batch.draw, latent=batch.draw.latent.double())
    return replace(batch, real=_double(batch.real), draw=draw)


def _double(samples: Samples) -> Samples:
    return replace(samples, values=samples.values.double(), weights=samples.weights.double())


def _inputs_as_double(_module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one.double() if isinstance(one, Tensor) and one.is_floating_point() else one for one in inputs)


def _samples_as_double(_module: nn.Module, _inputs: Any, output: Any) -> Any:
    return _double(output) if isinstance(output, Samples) else output
