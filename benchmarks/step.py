"""The adversarial step with circuits over that of its classical baseline, and where the time of either goes."""

__all__ = ["measure"]

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, final

import numpy as np
from torch import nn

from benchmarks.cells import operations
from benchmarks.evidence import Figure, Workplace, number, table
from benchmarks.shares import PARTS, shares
from benchmarks.speed import Contestant, steps_per_second
from qgan._typing import Json
from qgan.backends.batched.executor import compiled_of
from qgan.build import build
from qgan.config import load as load_config
from qgan.generators import Generator, PatchGenerator
from qgan.opening import begin, with_measured_threads

PAIRS = {"digits": "digits-classical", "digits-patch": "digits-patch-classical"}
ALLOWED, TUTORIAL_SECONDS = 1.3, 3.0


class Cell(NamedTuple):
    """A place of the sweep."""

    wires: int
    layers: int
    batch: int


GRID = (
    *(Cell(wires, layers, 32) for wires in (4, 6, 8, 10, 12, 14) for layers in (2, 6)),
    *(Cell(wires, 6, batch) for wires in (4, 8, 12) for batch in (8, 128)),
)
# As https://pennylane.ai/qml/demos/tutorial_quantum_gans has it, whose discriminator is that of `digits-patch`.
TUTORIAL: dict[str, Any] = {
    "train.steps": 500,
    "train.batch_size": 1,
    "generator.pattern": "line",
    "generator.latent_high": math.pi / 2,
    "optimizer.generator.name": "sgd",
    "optimizer.generator.lr": 0.3,
    "optimizer.discriminator.name": "sgd",
    "optimizer.discriminator.lr": 0.01,
    "evaluate.every": 0,
    "run.checkpoint_every": 100,
}


@final
@dataclass(frozen=True)
class Size:
    """How much is measured."""

    blocks: int
    steps: int
    sweep_blocks: int
    sweep_steps: int
    cells: int
    tutorial_steps: int
    tutorials: int
    profiled: int


FULL = Size(blocks=25, steps=40, sweep_blocks=9, sweep_steps=5, cells=len(GRID), tutorial_steps=500, tutorials=5,
            profiled=300)  # fmt: skip
QUICK = Size(blocks=2, steps=2, sweep_blocks=1, sweep_steps=1, cells=2, tutorial_steps=5, tutorials=1, profiled=3)


def measure(place: Workplace) -> Figure:
    """All four parts."""
    size = QUICK if place.quick else FULL
    results: Json = {
        "pairs": _pairs(size),
        "sweep": [_cell(cell, size) for cell in GRID[: size.cells]],
        "tutorial": _tutorial(size),
        "shares": {name: shares(name, steps=size.profiled, warm_up=10) for pair in PAIRS.items() for name in pair},
    }
    return Figure("The step of a quantum GAN over that of its classical baseline", results, _body(results))


def _pairs(size: Size) -> list[Json]:
    """On the number of threads that each measures for itself, and on one."""
    rows = []
    for pair in PAIRS.items():
        measured = {name: _threads(name) for name in pair}
        for threads in [measured] + [dict.fromkeys(pair, 1)] * any(count > 1 for count in measured.values()):
            sides = {name: Contestant(build(load_config(name)), threads[name]) for name in pair}
            rows.append({"threads": threads, "measured": measured, **_ratio(sides, size.blocks, size.steps)})
    return rows


def _threads(recipe: str) -> int:
    count = with_measured_threads(build(load_config(recipe))).run.threads
    assert isinstance(count, int)
    return count


def _ratio(sides: dict[str, Contestant], blocks: int, steps: int) -> Json:
    """Milliseconds a step of either, by turns, and the median of the first's over the second's."""
    rates = steps_per_second(sides, blocks=blocks, steps=steps)
    milliseconds = {name: [1e3 / rate for rate in values] for name, values in rates.items()}
    paired = [one / other for one, other in zip(*milliseconds.values(), strict=True)]
    return {"ms": milliseconds, "ratio": median(paired)}


def _cell(cell: Cell, size: Size) -> Json:
    """`digits-patch` of that size against its baseline, on one thread each: to read beside counted operations."""
    asked = [("train.batch_size", cell.batch)]
    circuits = [*asked, ("generator.n_wires", cell.wires), ("generator.layers", cell.layers)]
    changes = {"digits-patch": circuits, "digits-patch-classical": asked}
    sides = {name: Contestant(build(load_config(name, changes=each)), 1) for name, each in changes.items()}
    quantum, classical = (_forward_operations(side.experiment.game.generator, cell.batch) for side in sides.values())
    measured = _ratio(sides, size.sweep_blocks, size.sweep_steps)
    return {**cell._asdict(), "operations": quantum, "classical_operations": classical, **measured}


def _forward_operations(generator: Any, batch: int) -> int:
    """Additions and multiplications that make one batch: of circuits as they are compiled, or of a dense network."""
    assert isinstance(generator, Generator)
    if isinstance(generator, PatchGenerator):
        return operations(compiled_of(generator.circuit, dtype=np.float32), batch * generator.patches)
    return 2 * batch * sum(layer.weight.numel() for layer in generator.modules() if isinstance(layer, nn.Linear))


def _tutorial(size: Size) -> Json:
    """Seconds of training, with records and checkpoints written; imports and compilation are over by then."""
    config = load_config("digits-patch", changes={**TUTORIAL, "train.steps": size.tutorial_steps}.items())
    seconds = []
    for _ in range(size.tutorials):
        with tempfile.TemporaryDirectory() as out:
            session = begin(config, out=Path(out))
            for _ in session.records():
                pass
            seconds.append(sum(line["seconds"]["all"] for line in session.run.lines("timing")))
    return {"steps": size.tutorial_steps, "seconds": seconds, "median": median(seconds), "allowed": TUTORIAL_SECONDS}


def _body(results: Json) -> str:
    tutorial = results["tutorial"]
    return "\n\n".join(
        [
            "Blocks of steps by turns within one process; ratios are medians of paired blocks. The loop alone, without "
            "evaluations and files, where nothing else is said.",
            "## The recipes, batch 32",
            table(
                ("recipe", "threads", "ms a step", "baseline's threads", "baseline's ms", "ratio"),
                [_pair_row(row) for row in results["pairs"]],
            ),
            f"At most {ALLOWED} was asked for. The first row of each recipe is on the number of threads that a run "
            "measures for itself; where that is one for both sides, there is no second.",
            "## Over wires, layers and batch",
            "`digits-patch` with other circuits, as many patches as 64 pixels need, against `digits-patch-classical` "
            "at the same batch, on one thread. *Operations* are additions and multiplications, in millions, of the "
            "generator's forward pass for the batch: what the circuits come to once they are compiled, and the "
            "products of the dense network. A step has two such passes and one back. Where ratios are near 1, most of "
            "both steps is overhead.",
            table(
                ("wires, layers, batch", "operations", "baseline's", "ms a step", "baseline's", "ratio"),
                [_cell_row(row) for row in results["sweep"]],
            ),
            "## The setting of PennyLane's tutorial",
            f"Batch 1, {tutorial['steps']} steps, 4 patches of 5 wires and 6 layers, gradient descent, records and "
            f"checkpoints written: **{tutorial['median']:.2f} s** of training ({_span(tutorial['seconds'])}), imports "
            f"and compilation apart. At most {tutorial['allowed']:.0f} s was asked for.",
            "## Where a step's time goes",
            "Within `qgan train` with its files. Medians of each part over steps; every part is without those that it "
            "calls. Timing itself takes a few microseconds each time.",
            _shares_table(results["shares"]),
        ]
    )


def _pair_row(row: Json) -> tuple[object, ...]:
    (name, ours), (other, theirs) = row["ms"].items()
    threads = row["threads"]
    return name, threads[name], number(median(ours)), threads[other], number(median(theirs)), f"{row['ratio']:.2f}"


def _cell_row(row: Json) -> tuple[object, ...]:
    ours, theirs = (number(median(values)) for values in row["ms"].values())
    counted = (f"{row[key] / 1e6:.3g}" for key in ("operations", "classical_operations"))
    return f"{row['wires']}, {row['layers']}, {row['batch']}", *counted, ours, theirs, f"{row['ratio']:.2f}"


def _shares_table(by_recipe: dict[str, dict[str, float]]) -> str:
    wholes = {name: sum(parts.values()) for name, parts in by_recipe.items()}
    rows: list[tuple[str, ...]] = [
        (part, *(f"{1e6 * parts[part]:.0f} ({parts[part] / wholes[name]:.0%})" for name, parts in by_recipe.items()))
        for part in PARTS
    ]
    rows.append(("all", *(f"{1e6 * whole:.0f}" for whole in wholes.values())))
    return table(("microseconds (share)", *by_recipe), rows)


def _span(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f} in {len(values)} runs"
