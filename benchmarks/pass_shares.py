"""Where the time of a pass goes: in the kernels, in what torch's own differentiation takes, and in what is between."""

__all__ = ["mean_of", "measure"]

from collections.abc import Callable
from statistics import fmean, median
from time import perf_counter
from typing import Any, final
from unittest.mock import patch

import torch
from torch import Tensor

from benchmarks.cells import CELLS, KINDS, Cell, Timed
from benchmarks.evidence import Figure, Workplace, number, table
from qgan._typing import Json
from qgan.backends.batched import run

ROUNDS, QUICK_ROUNDS = 9, 2
# Of a block; one pass at the least.
SECONDS = 0.1


def measure(place: Workplace) -> Figure:
    """Of every circuit on every cell, on one thread."""
    cells = CELLS[: 1 if place.quick else None]
    rounds = QUICK_ROUNDS if place.quick else ROUNDS
    rows = [_row(kind, cell, rounds) for cell in cells for kind in KINDS]
    lines = [
        (
            row["circuit"],
            f"{row['wires']}, {row['layers']}, {row['batch']}",
            *(number(1e3 * row[part]) for part in ("whole", "forwards", "backwards", "torch", "rest")),
            f"{(row['forwards'] + row['backwards']) / row['whole']:.0%}",
        )
        for row in rows
    ]
    body = (
        "Milliseconds of a forward and backward pass, complex64, on one thread; means of blocks, medians of rounds. "
        "*Kernels*: timed where they stand. *torch alone*: `torch.autograd.grad` through a function that does "
        "nothing, with the same weights and cotangent, by turns with it: nobody who differentiates in torch takes "
        "less. *Rest*: Python between them, and what caches lose on the way.\n\n"
        + table(
            (
                "circuit",
                "wires, layers, batch",
                "whole",
                "kernels, forwards",
                "kernels, backwards",
                "torch alone",
                "rest",
                "share of the kernels",
            ),
            lines,
        )
    )
    return Figure("Where the time of a pass goes", {"rows": rows}, body)


def _row(kind: str, cell: Cell, rounds: int) -> Json:
    timed = Timed.of(kind, cell, threads=1)
    nothing = _nothing(timed)
    timed.once()
    found: dict[str, list[float]] = {part: [] for part in ("whole", "forwards", "backwards", "torch", "rest")}
    for _ in range(rounds):
        found["torch"].append(mean_of(nothing, SECONDS))
        clocks = {"forwards": Stopwatch(run.push), "backwards": Stopwatch(run.pull)}
        with patch.object(run, "push", clocks["forwards"]), patch.object(run, "pull", clocks["backwards"]):
            found["whole"].append(mean_of(timed.once, SECONDS))
        for name, clock in clocks.items():
            found[name].append(fmean(clock.seconds))
        found["rest"].append(found["whole"][-1] - sum(found[name][-1] for name in ("forwards", "backwards", "torch")))
    return {"circuit": kind, **cell._asdict(), **{name: median(times) for name, times in found.items()}}


@final
class Stopwatch:
    """A function that notes how long it takes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.seconds: list[float] = []

    def __call__(self, *arguments: Any) -> Any:
        began = perf_counter()
        try:
            return self.function(*arguments)
        finally:
            self.seconds.append(perf_counter() - began)


class _Nothing(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, out: Tensor, *weights: Tensor) -> Tensor:
        ctx.slopes = [torch.zeros_like(weight) for weight in weights]
        return out

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> tuple[Any, ...]:
        return None, *ctx.slopes


def _nothing(timed: Timed) -> Callable[[], float]:
    weights, out = list(timed.weights.values()), torch.zeros_like(timed.cotangent)

    def once() -> float:
        began = perf_counter()
        torch.autograd.grad(_Nothing.apply(out, *weights), weights, timed.cotangent)
        return perf_counter() - began

    return once


def mean_of(once: Callable[[], float], seconds: float) -> float:
    """The mean of as many passes as fill a block, so that the parts of a pass add up to it."""
    first = once()
    return fmean([first, *(once() for _ in range(min(2000, int(seconds / first))))])
