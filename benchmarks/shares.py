"""Where the time of a step goes: every part of it timed where it stands, inside `qgan train` with its files."""

__all__ = ["PARTS", "shares"]

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, final
from unittest.mock import patch

import torch
from torch import Tensor, nn

from qgan.config import load as load_config
from qgan.data.batches import Batches
from qgan.game import Player
from qgan.generators.base import CircuitGenerator, Generator
from qgan.opening import begin
from qgan.runs import RunDirectory
from qgan.samples import Samples
from qgan.session import Session
from qgan.state import Average
from qgan.watch import Watch

PARTS: tuple[str, ...] = (
    "circuit, forward",
    "circuit, backward",
    "generator without circuit, forward",
    "generator without circuit, backward",
    "discriminator, forward",
    "discriminator, backward",
    "loss and penalty",
    "optimisers",
    "average",
    "latents and batches",
    "records and checks of the run",
    "rest",
)
REST = PARTS[-1]


@final
class Clock:
    """One clock for all parts: whichever was begun last is charged, so that they sum to the whole."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._open, self._since = [REST], perf_counter()

    def begin(self, part: str) -> None:
        """Charges that part from now on."""
        self._charge()
        self._open.append(part)

    def end(self) -> None:
        """Goes back to the part before."""
        self._charge()
        self._open.pop()

    def go_over_to(self, part: str) -> None:
        """Charges another part in the present one's place."""
        self._charge()
        self._open[-1] = part

    def taken(self) -> dict[str, float]:
        """Seconds by part since it was last asked."""
        self._charge()
        seconds, self.seconds = self.seconds, dict.fromkeys(PARTS, 0.0)
        return seconds

    def of(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, charged to that part."""

        def timed(*arguments: Any, **named: Any) -> Any:
            self.begin(part)
            try:
                return function(*arguments, **named)
            finally:
                self.end()

        return timed

    def _charge(self) -> None:
        now = perf_counter()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now


def shares(recipe: str, *, steps: int, warm_up: int) -> dict[str, float]:
    """Median seconds a step, by part."""
    changes = [("train.steps", warm_up + steps + 1), ("evaluate.every", 0), ("run.checkpoint_every", 10**6)]
    with tempfile.TemporaryDirectory() as out:
        session = begin(load_config(recipe, changes=changes), out=Path(out))
        with _watched(session) as clock:
            records = session.records()
            for _ in islice(records, warm_up):
                clock.taken()
            taken = [clock.taken() for _ in islice(records, steps)]
            records.close()
    return {part: median(each[part] for each in taken) for part in PARTS}


@contextmanager
def _watched(session: Session) -> Iterator[Clock]:
    clock, experiment = Clock(), session.experiment
    generator = experiment.game.generator
    assert isinstance(generator, Generator)
    calls = [
        (torch.autograd, "grad", "discriminator, backward"),
        (Player, "outcome", "loss and penalty"),
        (Player, "update", "optimisers"),
        (Average, "update", "average"),
        (Batches, "at", "latents and batches"),
        (type(generator), "draw", "latents and batches"),
        (RunDirectory, "log", "records and checks of the run"),
        (Watch, "see", "records and checks of the run"),
    ]
    with ExitStack() as stack:
        for owner, name, part in calls:
            timed = clock.of(part, getattr(owner, name))
            # A plain function in a class is a method of its instances.
            stack.enter_context(patch.object(owner, name, timed))
        stack.callback(_clocked(experiment.discriminator, clock, "discriminator, forward"))
        stack.callback(_clocked(generator, clock, "generator without circuit, forward"))
        stack.callback(generator.register_forward_hook(lambda *seen: _way_back(clock, seen[-1])).remove)
        if isinstance(generator, CircuitGenerator):
            plain = clock.of("circuit, forward", type(generator.executor).__call__)

            def run(*arguments: Any, **named: Any) -> Tensor:
                out: Tensor = plain(*arguments, **named)
                if out.grad_fn is not None:
                    out.grad_fn.register_prehook(lambda _: clock.begin("circuit, backward"))
                    out.grad_fn.register_hook(lambda *_: clock.end())
                return out

            stack.enter_context(patch.object(type(generator.executor), "__call__", run))
        yield clock


def _clocked(module: nn.Module, clock: Clock, part: str) -> Callable[[], None]:
    """Hooks on a module; gives what removes them."""
    before = module.register_forward_pre_hook(lambda *_: clock.begin(part))
    after = module.register_forward_hook(lambda *_: clock.end())

    def remove() -> None:
        before.remove()
        after.remove()

    return remove


def _way_back(clock: Clock, samples: Samples) -> None:
    """Once a gradient reaches the samples, the discriminator's part of the way back is over."""
    if samples.values.grad_fn is not None:
        samples.values.grad_fn.register_prehook(lambda _: clock.go_over_to("generator without circuit, backward"))
