"""Forward and backward of three circuits, on `batched.qubit` and on every other simulator that is here, by turns."""

__all__ = ["measure"]

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import Any

import torch

from benchmarks.cells import CELLS, KINDS, Cell, Timed
from benchmarks.evidence import Figure, Workplace, number, say, table
from benchmarks.peers.environments import PEERS, start
from benchmarks.scaling import THREADS
from benchmarks.simulators_plot import draw
from benchmarks.turns import PATIENCE, SAME, SLOW, answered, by_turns, of, once
from qgan._typing import Json
from qgan.backends.batched.numba_typed import sources

ROUNDS, QUICK_ROUNDS = 5, 1
DEVICES = ("default.qubit", "lightning.qubit")
WANTED = {
    Cell(5, 6, 32): (300, 1000, 10, 8),
    Cell(8, 6, 64): (150, 500, 8, 6),
    Cell(10, 6, 64): (100, 250, 8, 5),
    Cell(12, 6, 64): (80, 60, 4, 4),
    Cell(14, 6, 16): (200, 40, 3, 3),
    Cell(18, 4, 4): (None, 4, 1.5, 1.2),
}


def measure(place: Workplace) -> Figure:
    """Every circuit on every cell; a peer that cannot is said to.

    Rows that are there for the same kernels and the same peers are not measured again.
    """
    rows = []
    for cell in CELLS[: 1 if place.quick else None]:
        for kind in KINDS:
            kept = place.work / "simulators" / _asked_of(kind, cell)
            rows.append(once(kept, partial(_row, kind, cell, quick=place.quick)))
    results: Json = {"threads": THREADS, "rows": rows}
    best = {(row["circuit"], _cell(row)): found[1] for row in rows if (found := best_compiled(row))}
    place.out.mkdir(parents=True, exist_ok=True)
    draw(rows, best, place.out / "simulators.png")
    return Figure("Against other simulators", results, _body(results))


def _asked_of(kind: str, cell: Cell) -> str:
    here = [name for name, peer in PEERS.items() if peer.python.exists()]
    return hashlib.sha256(repr((kind, cell, THREADS, sources(), here)).encode()).hexdigest()[:16] + ".json"


def _row(kind: str, cell: Cell, *, quick: bool) -> Json:
    say(f"simulators: {kind}, {cell.wires} wires, {cell.layers} layers, batch {cell.batch}")
    before = torch.get_num_threads()
    ours = Timed.of(kind, cell, threads=THREADS)
    ours.once()
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(start(peer, THREADS, patience=PATIENCE))
            for name, peer in PEERS.items()
            if kind in peer.circuits and (name != "qiskit-ml" or cell == CELLS[0])
        }
        # Some compile for minutes, on one core.
        with ThreadPoolExecutor() as pool:
            answers = list(pool.map(lambda worker: worker.prepare(kind, *cell), workers.values()))
        for name, ready in zip(list(workers), answers, strict=True):
            found[name] = answered(ready, ours.check())
            if "problem" in found[name]:
                workers.pop(name).close()
        own = by_turns(
            lambda: 1e3 * ours.once(),
            {name: partial(of, worker) for name, worker in workers.items()},
            found,
            rounds=QUICK_ROUNDS if quick else ROUNDS,
            slow=lambda name: workers[name].close(),
        )
    torch.set_num_threads(before)
    return {"circuit": kind, **cell._asdict(), "ms": own, "peers": found}


def best_compiled(row: Json) -> tuple[str, float] | None:
    """The fastest of those that compile, and how many times slower it is than `batched.qubit`."""
    ratios = {name: some["ratio"] for name, some in row["peers"].items() if name not in DEVICES and some.get("ratio")}
    return min(ratios.items(), key=lambda item: item[1]) if ratios else None


def _body(results: Json) -> str:
    rows = results["rows"]
    names = list(PEERS)
    head = ("circuit", "wires, layers, batch", "batched.qubit", *names)
    lines = [
        (row["circuit"], _cell(row), f"{number(median(row['ms']))} ms", *(_said(row, name) for name in names))
        for row in rows
    ]
    measured = {_cell(row) for row in rows}
    missing = [each for each in (_cell(cell._asdict()) for cell in WANTED) if each not in measured]
    problems = [
        f"- {row['circuit']}, {_cell(row)}, {name}: {some['problem']}"
        for row in rows
        for name, some in row["peers"].items()
        if "problem" in some
    ]
    return "\n\n".join(
        [
            "Milliseconds of a forward and backward pass by the weights, and in brackets how many times as long as "
            f"`batched.qubit` in the same rounds: the median over {ROUNDS} rounds of blocks by turns, or the first "
            f"round of those who took more than {SLOW / 1e3:g} s. All in complex64 where they have it, "
            f"{results['threads']} threads. A: RY and CZ, probabilities, everything real. B: RY, "
            "RZ and a ring of CRY, every angle affine in a latent, <Z>. C: any rotation and a ring of CNOT, <Z> and "
            f"<X>. All give the same cost and the same slopes, to {SAME:g}. A row is measured once for the same "
            "sources of `batched.qubit`, and may be older than the date below.",
            "![Milliseconds over the size](simulators.png)",
            table(head, lines),
            "## What was asked for",
            "Times faster, reached and (asked for). *Best compiled*: the fastest of all but PennyLane's own devices.",
            table(
                ("cell", "A: default.qubit", "A: lightning.qubit", *(f"{kind}: best compiled" for kind in KINDS)),
                _asked(rows),
            ),
            *([f"Not measured yet: {'; '.join(missing)}."] if missing else []),
            *(["## What could not be measured", "\n".join(problems)] if problems else []),
        ]
    )


def _asked(rows: list[Json]) -> list[tuple[object, ...]]:
    lines = []
    for cell in dict.fromkeys(Cell(row["wires"], row["layers"], row["batch"]) for row in rows):
        by_kind = {row["circuit"]: row for row in rows if (row["wires"], row["layers"], row["batch"]) == cell}
        default, lightning, real, others = WANTED[cell]
        devices = [by_kind["A"]["peers"].get(name, {}).get("ratio") for name in DEVICES]
        best = {kind: best_compiled(row) or ("none", None) for kind, row in by_kind.items()}
        lines.append(
            (
                _cell(by_kind["A"]),
                _against(devices[0], default),
                _against(devices[1], lightning),
                *(_against(best[kind][1], real if kind == "A" else others) for kind in best),
            )
        )
    return lines


def _against(reached: float | None, asked: float | None) -> str:
    return f"{number(reached)} ({'-' if asked is None else f'{asked:g}'})"


def _said(row: Json, name: str) -> str:
    some = row["peers"].get(name)
    if some is None or "problem" in some:
        return "-"
    return f"{number(median(some['ms']))} ({number(some['ratio'])})"


def _cell(row: Json) -> str:
    return f"{row['wires']}, {row['layers']}, {row['batch']}"
