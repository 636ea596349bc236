"""How `batched.qubit` scales: share of the peak, threads, batch; and what the first call takes."""

__all__ = ["first_call", "peak", "scaling"]

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter, sleep

import torch

from benchmarks.cells import Cell, Timed, operations
from benchmarks.evidence import ROOT, Figure, Workplace, number, table
from benchmarks.pass_shares import mean_of
from qgan._typing import Json

THREADS = len(os.sched_getaffinity(0))
# Of the table against other simulators; and where these pass in microseconds, a batch that hides what is done once.
PEAK_CELLS = (
    *(Cell(8, 6, 64), Cell(8, 6, 1024), Cell(10, 6, 64), Cell(10, 6, 1024)),
    *(Cell(12, 6, 64), Cell(14, 6, 16)),
)
THREADS_BATCHES = (64, 256, 1024)
BATCHES = (16, 64, 256, 1024, 4096)
ROUNDS, QUICK_ROUNDS = 15, 2
# Cores are faster and slower for seconds at a time, each for itself.
THREADS_ROUNDS = 41
# Seconds of a block of passes, as a training runs them: one after the other.
BLOCK, QUICK_BLOCK = 0.1, 0.001
FIRST = """
import json, sys, time
from benchmarks.cells import Cell, Timed
before = time.perf_counter()
import torch.distributed.tensor
began = time.perf_counter()
timed = Timed.of("C", Cell(5, 6, 32))
made = time.perf_counter()
timed.once()
first = time.perf_counter()
print(json.dumps({"imported": began - before, "made": made - began, "first": first - made}))
"""


def peak(place: Workplace) -> Figure:
    """Counted operations a second of a forward pass of A, over the rate of a matrix product."""
    rounds, block = (QUICK_ROUNDS, QUICK_BLOCK) if place.quick else (ROUNDS, BLOCK)
    rows = []
    for cell in PEAK_CELLS[: 1 if place.quick else None]:
        timed = Timed.of("A", cell, threads=THREADS)
        timed.forward()
        rates, products = [], []
        for _ in range(rounds):
            products.append(_product_rate(block))
            # torch's threads go on spinning for a while after they are done; then caches are cold.
            sleep(0.3)
            mean_of(timed.forward, block)
            rates.append(operations(timed.plan, cell.batch) / mean_of(timed.forward, block))
        shares = sorted(rate / product for rate, product in zip(rates, products, strict=True))
        rows.append({**cell._asdict(), "rate": median(rates), "product": median(products), "shares": shares})
    lines = [
        (
            *(row["wires"], row["batch"], f"{row['rate'] / 1e9:.1f}", f"{row['product'] / 1e9:.1f}"),
            *(f"{pick(row['shares']):.0%}" for pick in (median, min, max)),
        )
        for row in rows
    ]
    body = (
        f"Circuit A, forward, complex64 (all its amplitudes are real), {THREADS} threads. Operations are the additions "
        "and multiplications of what is left after fusion; the peak is what torch's float32 product of two 1024 x 1024 "
        f"matrices reaches, by turns with it. Means of blocks of {block:g} s, as a training runs them, the first of "
        f"two left out; medians of {rounds} of them. At least 25 % was asked for.\n\n"
        + table(("wires", "batch", "GFLOP/s", "matrix product, GFLOP/s", "share", "least", "most"), lines)
    )
    return Figure("Share of the machine's peak", {"threads": THREADS, "rows": rows}, body)


def scaling(place: Workplace) -> Figure:
    """Over threads at 10 wires, and over the batch at 5."""
    rounds, block = (QUICK_ROUNDS, QUICK_BLOCK) if place.quick else (ROUNDS, BLOCK)
    by_turns = QUICK_ROUNDS if place.quick else THREADS_ROUNDS
    threads = [
        _against_one(kind, batch, by_turns, block)
        for kind in "ABC"
        for batch in THREADS_BATCHES[: 1 if place.quick else None]
    ]
    cores = [_products_at_once(THREADS) / _products_at_once(1) for _ in range(by_turns)]
    handing = _handing_over()
    batches = [
        _for_each_row(kind, batch, rounds, block) for kind in "ABC" for batch in BATCHES[: 2 if place.quick else None]
    ]
    results = {
        "threads": THREADS,
        "by_threads": threads,
        "cores": cores,
        "handing_over": handing,
        "by_batch": batches,
    }
    by_batch = {
        kind: [number(row["microseconds_a_row"]) for row in batches if row["circuit"] == kind] for kind in "ABC"
    }
    body = "\n\n".join(
        [
            "Forward and backward, complex64, executor call and `torch.autograd.grad`; means of blocks of passes, "
            f"medians of {rounds} of them; over threads of {by_turns}, by turns.",
            f"## One thread against {THREADS}, 10 wires, 6 layers",
            table(
                ("circuit", "batch", "times faster", "least", "most", "best block over best block"),
                [
                    (
                        *(row["circuit"], row["batch"]),
                        *(f"{pick(row['ratios']):.2f}" for pick in (median, min, max)),
                        f"{row['best']:.2f}",
                    )
                    for row in threads
                ],
            ),
            "At least 1.8 was asked for with two threads. What "
            f"{THREADS} of this machine's cores are worth: as many threads, "
            "each with a matrix product of its own that fits its cache and nothing to share or to wait for, do "
            f"{median(cores):.2f} times ({min(cores):.2f} to {max(cores):.2f}) what one does in the same time. "
            f"To wake a second thread for nothing and to hear that it is done takes {1e6 * handing:.0f} microseconds "
            "here, once forwards and once backwards; what torch and Python do between kernels is done by one.",
            "## Microseconds for each row, 5 wires, 6 layers",
            table(
                ("circuit", *(f"batch {batch}" for batch in BATCHES[: len(by_batch["A"])])),
                [(kind, *values) for kind, values in by_batch.items()],
            ),
        ]
    )
    return Figure("Scaling over threads and batch", results, body)


def _against_one(kind: str, batch: int, rounds: int, block: float) -> Json:
    one, many = (Timed.of(kind, Cell(10, 6, batch), threads=n) for n in (1, THREADS))
    for timed in (one, many):
        timed.once()
    pairs = [(mean_of(one.once, block), mean_of(many.once, block)) for _ in range(rounds)]
    best = min(a for a, _ in pairs) / min(b for _, b in pairs)
    return {"circuit": kind, "batch": batch, "ratios": sorted(a / b for a, b in pairs), "best": best, "pairs": pairs}


def _for_each_row(kind: str, batch: int, rounds: int, block: float) -> Json:
    timed = Timed.of(kind, Cell(5, 6, batch), threads=THREADS)
    timed.once()
    seconds = median(mean_of(timed.once, block) for _ in range(rounds))
    return {"circuit": kind, "batch": batch, "microseconds_a_row": 1e6 * seconds / batch}


def first_call(place: Workplace) -> Figure:
    """With no compiled kernels on disk, and with them; each in a process of its own."""
    without, again = list[Json](), list[Json]()
    for _ in range(1 if place.quick else 3):
        with tempfile.TemporaryDirectory() as folder:
            without.append(_first(folder))
            again.append(_first(folder))
    results: Json = {"without_cache": without, "with_cache": again}
    body = (
        "Circuit C, 5 wires, 6 layers, batch 32, complex64, in a new process; imports are not counted, but for that of "
        "`torch.distributed.tensor`, which torch itself does at the first operation on a tensor of a class of one's "
        "own, as in tracing, and for its optimisers. *Made*: traced, compiled into a program, and checked against "
        "PennyLane, which compiles the kernel of the way forwards. *First call*: forward and backward, which compiles "
        "the one of the way back.\n\n"
        + table(
            ("kernels on disk", "torch's import, s", "made, s", "first call, s", "all, s", "least", "most"),
            [("none", *_firsts(without)), ("there", *_firsts(again))],
        )
        + "\n\nAt most 20 s without, and 1 s with them, was asked for."
    )
    return Figure("The first call", results, body)


def _firsts(runs: list[Json]) -> list[str]:
    parts = [[run[name] for run in runs] for name in ("imported", "made", "first")]
    whole = [sum(run) for run in zip(*parts, strict=True)]
    return [number(value) for value in (*map(median, parts), median(whole), min(whole), max(whole))]


def _first(folder: str) -> Json:
    environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
    command = [sys.executable, "-c", FIRST]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _handing_over() -> float:
    """Seconds until another thread has done nothing, as a pool has it."""
    times = []
    with ThreadPoolExecutor(1) as pool:
        for _ in range(300):
            # As long as it has nothing to do between two halves of a pass.
            sleep(1e-3)
            began = perf_counter()
            pool.submit(int).result()
            times.append(perf_counter() - began)
    return median(times)


def _products_at_once(threads: int) -> float:
    """Matrix products a second of as many threads, each on matrices of its own."""

    def work() -> None:
        matrix = torch.ones(256, 256)
        for _ in range(400):
            torch.mm(matrix, matrix)

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        sleep(0.3)
        with ThreadPoolExecutor(threads) as pool:
            began = perf_counter()
            for each in [pool.submit(work) for _ in range(threads)]:
                each.result()
            return threads * 400 / (perf_counter() - began)
    finally:
        torch.set_num_threads(before)


def _product_rate(block: float) -> float:
    """Operations a second of a float32 matrix product with all threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    matrix = torch.ones(1024, 1024)

    def once() -> float:
        began = perf_counter()
        torch.mm(matrix, matrix)
        return perf_counter() - began

    try:
        once()
        return 2 * 1024**3 / mean_of(once, block)
    finally:
        torch.set_num_threads(before)
