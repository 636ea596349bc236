"""The figure of the step: what is timed sums to the whole, and what is counted is what is run."""

from itertools import product
from time import sleep

import pytest
import torch

from benchmarks import step
from benchmarks.shares import PARTS, REST, Clock, shares
from qgan.build import build
from qgan.config import load
from qgan.generators import PatchGenerator


def test_time_is_charged_to_the_innermost_part() -> None:
    clock = Clock()
    clock.taken()
    inner = clock.of("average", lambda: sleep(0.02))
    clock.of("optimisers", inner)()
    taken = clock.taken()
    assert taken["average"] > 0.02
    assert taken["optimisers"] < taken["average"]
    assert taken[REST] < taken["average"]
    assert sum(clock.taken().values()) < taken["average"], "and only once"


def test_a_part_that_fails_is_over() -> None:
    clock = Clock()
    with pytest.raises(ZeroDivisionError):
        clock.of("average", lambda: 1 / 0)()
    clock.taken()
    sleep(0.01)
    taken = clock.taken()
    assert taken[REST] > 0.01
    assert sum(taken.values()) == pytest.approx(taken[REST])


def test_only_a_step_with_circuits_has_circuits() -> None:
    untouched = torch.autograd.grad
    quantum, classical = (shares(name, steps=3, warm_up=1) for name in ("digits-patch", "digits-patch-classical"))
    assert {part for part in PARTS if not quantum[part]} == {"average"}
    assert {part for part in PARTS if not classical[part]} == {"average", "circuit, forward", "circuit, backward"}
    assert torch.autograd.grad is untouched


def test_operations_are_those_of_the_generators() -> None:
    classical = build(load("digits-patch-classical")).game.generator
    # 5 latents, one hidden unit, 64 pixels.
    assert step._forward_operations(classical, 10) == 2 * 10 * (5 + 64)
    quantum = build(load("digits-patch")).game.generator
    assert step._forward_operations(quantum, 20) == 2 * step._forward_operations(quantum, 10)


def test_the_sweep_is_over_all_that_was_asked_for() -> None:
    assert {cell.wires for cell in step.GRID} == {4, 6, 8, 10, 12, 14}
    assert {cell.batch for cell in step.GRID} == {8, 32, 128}
    assert {(cell.wires, cell.layers) for cell in step.GRID if cell.batch == 32} == {
        *product((4, 6, 8, 10, 12, 14), (2, 6))
    }


def test_the_tutorial_is_pennylanes() -> None:
    experiment = build(load("digits-patch", changes=step.TUTORIAL.items()))
    generator, config = experiment.game.generator, experiment.config
    assert isinstance(generator, PatchGenerator)
    assert (generator.patches, generator.circuit.n_wires, generator.options.layers) == (4, 5, 6)
    assert (config.train.batch_size, config.train.steps) == (1, 500)
    assert [type(optimizer) for optimizer in experiment.state.optimizers.values()] == [torch.optim.SGD] * 2


def test_a_place_of_the_sweep_is_measured_and_shown() -> None:
    cell = step._cell(step.Cell(4, 2, 8), step.QUICK)
    assert cell["operations"] > cell["classical_operations"] > 0
    sides = {"digits": [3.0, 5.0], "digits-classical": [2.0, 4.0]}
    threads = {"digits": 2, "digits-classical": 1}
    seconds = dict.fromkeys(PARTS, 1e-4)
    text = step._body(
        {
            "pairs": [{"threads": threads, "measured": threads, "ms": sides, "ratio": 1.375}],
            "sweep": [cell],
            "tutorial": {"steps": 500, "seconds": [1.0, 2.5], "median": 1.75, "allowed": 3.0},
            "shares": {"digits": seconds},
        }
    )
    assert "| digits | 2 | 4 | 1 | 3 | 1.38 |" in text
    assert "| 4, 2, 8 | " in text
    assert "**1.75 s** of training (1.00 to 2.50 in 2 runs)" in text
    assert f"| average | 100 ({1 / len(PARTS):.0%}) |" in text
