"""One matrix in place of a circuit's passes, where latents come before them: when it pays, and when it is used."""

__all__ = ["measure"]

from functools import partial
from statistics import median
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.cells import Cell, Timed
from benchmarks.evidence import Figure, Workplace, number, table
from benchmarks.pass_shares import mean_of
from qgan._typing import Json
from qgan.backends.batched.unitary import Passes

CELLS = tuple(Cell(n, layers, batch) for n in (3, 4, 5, 6, 7) for layers in (6, 20) for batch in (128, 1024, 4096))
ROUNDS, QUICK_ROUNDS = 9, 2
# Of a block; one pass at the least.
SECONDS = 0.05


def measure(place: Workplace) -> Figure:
    """By turns, on one thread."""
    rounds = QUICK_ROUNDS if place.quick else ROUNDS
    rows = [_row(kind, cell, rounds) for kind in "AC" for cell in CELLS[: 1 if place.quick else None]]
    lines = [
        (
            row["circuit"],
            f"{row['wires']}, {row['layers']}, {row['batch']}",
            *(number(row[part]) for part in ("passes", "matrix")),
            f"{row['ratio']:.2f}",
            f"{row['forward_ratio']:.2f}",
            "matrix" if row["used"] else "passes",
        )
        for row in rows
    ]
    body = (
        "Microseconds a row of a forward and backward pass, complex64, one thread: with the passes of the circuit, and "
        "with one matrix that is made by running them on all basis states and then multiplies every row's state, made "
        "anew in each pass as weights have changed. *Times faster*: passes over matrix, medians of paired blocks; "
        "forwards, weights have not changed. What is *used* is decided by counted operations alone, the same in each "
        "call of so many rows.\n\n"
        + table(
            (
                "circuit",
                "wires, layers, batch",
                "passes",
                "matrix",
                "times faster",
                "forwards, times faster",
                "used",
            ),
            lines,
        )
    )
    return Figure("One matrix in place of passes", {"rows": rows}, body)


def _row(kind: str, cell: Cell, rounds: int) -> Json:
    sides = {name: Timed.of(kind, cell) for name in ("passes", "matrix")}
    used = Passes(sides["matrix"].plan, np.dtype(np.float32)).pay(cell.batch)
    found: dict[str, list[float]] = {f"{name}{way}": [] for name in sides for way in ("", " forwards")}
    for _ in range(rounds):
        for name, timed in sides.items():
            with patch.object(Passes, "pay", return_value=name == "matrix"):
                found[name].append(mean_of(partial(_changed, timed), SECONDS))
                found[f"{name} forwards"].append(mean_of(timed.forward, SECONDS))
    ratios = {
        key: median(a / b for a, b in zip(found[f"passes{way}"], found[f"matrix{way}"], strict=True))
        for key, way in (("ratio", ""), ("forward_ratio", " forwards"))
    }
    rates = {name: 1e6 * median(found[name]) / cell.batch for name in sides}
    return {"circuit": kind, **cell._asdict(), **rates, **ratios, "used": used}


def _changed(timed: Timed) -> float:
    """A pass with weights that are not those of the one before."""
    with torch.no_grad():
        for weight in timed.weights.values():
            weight += 1e-6
    return timed.once()
