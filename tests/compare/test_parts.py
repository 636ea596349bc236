"""On a clock that only moves where something is done, by a power of ten of its own for each kind of work."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import torch

from qgan.build import build
from qgan.compare.parts import PARTS, parts_of
from qgan.experiment import Experiment
from qgan.loop import train

if TYPE_CHECKING:
    from conftest import Maker


class Clock:
    """Where it stands, and what moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def moved_by(self, far: float) -> Callable[..., None]:
        def move(*_: Any) -> None:
            self.now += far

        return move


def wound(experiment: Experiment) -> Clock:
    """1 for each pass of the generator, 100 for its way back; 10 000 for each pass of the discriminator, 10**6 for its
    way back; 10**8 for its optimiser, 10**10 for the generator's."""
    clock, game = Clock(), experiment.game
    generator = game.generator
    assert isinstance(generator, torch.nn.Module)
    forward = type(generator).forward

    class Slow(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, values: torch.Tensor, far: float) -> torch.Tensor:
            ctx.far = far
            return values.clone()

        @staticmethod
        def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
            clock.now += ctx.far
            return gradients[0], None

    def generate(draw: Any) -> Any:
        clock.now += 1
        fakes = forward(generator, draw)
        return type(fakes)(Slow.apply(fakes.values, 100.0), fakes.weights, fakes.labels)

    generator.forward = generate
    own = experiment.discriminator.forward

    def judge(values: torch.Tensor) -> torch.Tensor:
        clock.now += 10_000
        return Slow.apply(own(values), 1e6)  # type: ignore[return-value]

    experiment.discriminator.forward = judge
    discriminator, other = game.players
    # Before the marks are set: hooks run in the order in which they came.
    discriminator.optimizer.register_step_pre_hook(clock.moved_by(1e8))
    other.optimizer.register_step_pre_hook(clock.moved_by(1e10))
    return clock


@pytest.mark.parametrize("updates", [1, 3])
def test_all_that_is_done_is_booked_where_it_belongs(make: "Maker", updates: int) -> None:
    experiment = build(make.config(train__discriminator_updates=updates))
    clock = wound(experiment)
    steps = train(experiment.state, experiment.game, experiment.batches, steps=2)
    for _ in range(2):
        parts = parts_of(lambda: next(steps), experiment.game, meter=lambda: clock.now)
        assert parts == {
            "generator forward": updates + 1,
            "generator backward": 100,
            # Real and fake samples in each update, and fakes in the generator's; back through all of these.
            "discriminator": (2 * updates + 1) * (10_000 + 1e6) + updates * 1e8,
            "rest": 1e10,
        }
        assert sum(parts.values()) <= clock.now


def test_no_mark_is_left_behind(make: "Maker") -> None:
    experiment = build(make.config())
    steps = train(experiment.state, experiment.game, experiment.batches, steps=3)
    reads: list[None] = []

    def meter() -> float:
        reads.append(None)
        return float(len(reads))

    next(steps)
    parts = parts_of(lambda: next(steps), experiment.game, meter=meter)
    read = len(reads)
    assert read == 1 + sum(parts.values())
    next(steps)
    assert len(reads) == read
    assert tuple(parts) == PARTS


def test_marks_change_no_number(make: "Maker") -> None:
    plain, marked = build(make.config()), build(make.config())
    expected = [record.numbers() for record in train(plain.state, plain.game, plain.batches, steps=3)]
    steps, found = train(marked.state, marked.game, marked.batches, steps=3), []
    for _ in range(3):
        parts_of(lambda: found.append(next(steps).numbers()), marked.game, meter=lambda: 0.0)
    assert found == expected


def test_circuits_are_told_apart(make: "Maker") -> None:
    experiment = build(
        make.config(generator={"name": "patch", "n_wires": 5, "layers": 1}, backend__name="batched.qubit")
    )
    steps = train(experiment.state, experiment.game, experiment.batches, steps=1)
    counts = experiment.game.generator.counts
    parts = parts_of(lambda: next(steps), experiment.game, meter=lambda: counts.executions)
    # 4 patches of 16 pixels, 4 samples; both players' fakes, and an adjoint sweep of the second.
    assert parts == {"generator forward": 32, "generator backward": 16, "discriminator": 0, "rest": 0}
