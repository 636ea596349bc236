"""`batched.qubit` in torch's operations on a GPU, against what else runs on one and against its kernels on the CPU."""

__all__ = ["ON_GPU", "measure"]

import hashlib
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from inspect import getfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import torch

from benchmarks.cells import CELLS, KEY, KINDS, Cell, Timed
from benchmarks.evidence import Figure, Workplace, number, say, table
from benchmarks.peers.environments import HERE, Peer, Worker, start
from benchmarks.scaling import THREADS
from benchmarks.turns import PATIENCE, SAME, answered, block, by_turns, differs, of, once
from qgan._typing import Json
from qgan.backends import resolve
from qgan.backends.advice import Timing, warnings
from qgan.backends.batched.checks import REAL
from qgan.backends.batched.numba_typed import sources
from qgan.backends.batched.on_torch.executor import torch_executor
from qgan.readout import Executor

CPU, LIGHTNING = "batched.qubit", "lightning.gpu"
ROUNDS, QUICK_ROUNDS = 5, 1


def _peer(name: str, device: str) -> Peer:
    return Peer(name, Path(sys.executable), HERE / "pennylane_devices.py", ("--device", device))


ON_GPU = {LIGHTNING: _peer(LIGHTNING, LIGHTNING), "default.qubit": _peer("default.qubit", "default.qubit:cuda")}


class Form(NamedTuple):
    """One of ours: who runs it, and what it is given."""

    executor: Executor
    given: Timed

    def once(self) -> float:
        """Milliseconds of a forward and backward pass; all numbers have come back to the CPU, where weights are."""
        began = perf_counter()
        out = self.executor(self.given.latent, self.given.weights, key=KEY)
        torch.autograd.grad(out, list(self.given.weights.values()), self.given.cotangent)
        return 1e3 * (perf_counter() - began)

    def check(self) -> tuple[float, float]:
        """See :meth:`Timed.check`."""
        cost = (self.executor(self.given.latent, self.given.weights, key=KEY) * self.given.cotangent).sum()
        slopes = torch.autograd.grad(cost, list(self.given.weights.values()))
        return cost.item(), sum(slope.abs().sum().item() for slope in slopes)


def measure(
    place: Workplace,
    *,
    device: str = "cuda",
    peers: Mapping[str, Peer] = ON_GPU,
) -> Figure:
    """Every circuit on every cell, in blocks by turns.

    Rows that are there for the same kernels, on the same device and by the same peers, are not measured again.
    """
    rows, rounds = [], QUICK_ROUNDS if place.quick else ROUNDS
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}

        def row(kind: str, cell: Cell) -> Json:
            for name, peer in peers.items():
                if name not in workers or workers[name].failure:
                    workers[name] = stack.enter_context(start(peer, THREADS, patience=PATIENCE))
            return _row(kind, cell, torch.device(device), workers, rounds=rounds)

        for cell in CELLS[: 1 if place.quick else None]:
            for kind in KINDS:
                kept = place.work / "torch-cuda" / _asked_of(kind, cell, device, peers)
                rows.append(once(kept, partial(row, kind, cell)))
    results: Json = {"threads": THREADS, "device": device, "rows": rows}
    return Figure("batched.qubit in torch on a GPU", results, _body(results))


def _asked_of(kind: str, cell: Cell, device: str, peers: Mapping[str, Peer]) -> str:
    card = torch.cuda.get_device_name() if device == "cuda" else device
    form = [path.read_bytes() for path in sorted(Path(getfile(torch_executor)).parent.glob("*.py"))]
    scripts = {name: peer.script.read_bytes() for name, peer in peers.items()}
    asked = (kind, cell, THREADS, sources(), form, card, scripts)
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16] + ".json"


def _row(kind: str, cell: Cell, device: torch.device, workers: Mapping[str, Worker], *, rounds: int) -> Json:
    say(f"batched-cuda: {kind}, {cell.wires} wires, {cell.layers} layers, batch {cell.batch}")
    circuit, words = KINDS[kind](cell)
    given = Timed.of(kind, cell, threads=THREADS)
    gradient = resolve(CPU).gradient(None)
    ours = Form(torch_executor(circuit, words, gradient, dtype=REAL["complex64"], device=device), given)
    kernels = Form(given.executor, given)
    if problem := differs(dict(zip(("out", "grad"), ours.check(), strict=True)), kernels.check()):
        raise RuntimeError(f"On {device} circuit {kind} gives {problem}")
    before = torch.get_num_threads()
    found: dict[str, Any] = {CPU: {"ms": [], "ratios": []}}
    found |= {name: answered(worker.prepare(kind, *cell), kernels.check()) for name, worker in workers.items()}
    others: dict[str, Callable[[], float | str]] = {CPU: partial(block, kernels.once)}
    others |= {name: partial(of, worker) for name, worker in workers.items() if "problem" not in found[name]}
    own = by_turns(ours.once, others, found, rounds=rounds)
    torch.set_num_threads(before)
    return {"circuit": kind, **cell._asdict(), "ms": own, "others": found, "warnings": _warned(found)}


def _warned(found: Mapping[str, Any]) -> list[str]:
    """In the words of `qgan backends --advise`."""
    return warnings([Timing(name, "adjoint", median(some["ms"])) for name, some in found.items() if some.get("ms")])


def _body(results: Json) -> str:
    rows = results["rows"]
    names = list(dict.fromkeys(name for row in rows for name in row["others"]))
    cells = {id(row): f"{row['circuit']}: {row['wires']}, {row['layers']}, {row['batch']}" for row in rows}
    lines = [
        (cells[id(row)], f"{number(median(row['ms']))} ms", *(_said(row["others"].get(name, {})) for name in names))
        for row in rows
    ]
    notes = [
        f"- {cells[id(row)]}, {name}: {some['problem']}"
        for row in rows
        for name, some in row["others"].items()
        if "problem" in some
    ]
    slower = [f"- {cells[id(row)]}: {text}" for row in rows for text in row["warnings"]]
    return "\n\n".join(
        [
            f"Milliseconds of a forward and backward pass by the weights in torch's operations on {results['device']}, "
            "with weights and latents that lie on the CPU, as in training, and are taken there and back; and of the "
            "others, in brackets how many times as long in the same rounds: the median over rounds of blocks by turns. "
            f"`batched.qubit` is that of the kernels on this CPU, {results['threads']} threads; `default.qubit` has "
            "all its tensors on the GPU, which is torch's default device there, as its first state lies on the CPU "
            "otherwise, and is differentiated by backpropagation, in complex128; `lightning.gpu` goes "
            "row by row with the adjoint method, in complex64 as ours. The circuits are those of `simulators`. "
            f"All give the same cost and the same slopes, to {SAME:g}.",
            table(("circuit: wires, layers, batch", "in torch", *names), lines),
            *(["## Slower than this CPU", "\n".join(slower)] if slower else []),
            *(["## What could not be measured", "\n".join(notes)] if notes else []),
        ]
    )


def _said(some: Mapping[str, Any]) -> str:
    return f"{number(median(some['ms']))} ms ({number(some['ratio'])})" if some.get("ratio") else "-"
