"""Figure 6: a file as large as MNIST's, and whether a step feels it."""

__all__ = ["measure", "write_idx"]

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.evidence import Figure, Workplace, number, say, table
from qgan._typing import Json

SIZES = (1_000, 60_000)
STEPS = 200
# A process for each: the largest memory of a process never falls.
RUN = """
import json, resource, sys, time
from itertools import islice
from statistics import median
import psutil, torch, qgan, qgan.build, qgan.evaluate, sklearn.linear_model
from qgan.data import DATA

def resident():
    return psutil.Process().memory_info().rss / 2**20

name, steps = sys.argv[1], int(sys.argv[2])
before, began = resident(), time.perf_counter()
entry = DATA.lookup(name)
data = entry.make(entry.options(), 0)
loading, loaded = time.perf_counter() - began, resident()
training = qgan.train("digits-classical", overrides={"data.name": name, "generator.parameters": 5500,
    "run.threads": 1, "run.device": "cpu", "evaluate.every": 0, "evaluate.metrics": ["energy-distance"],
    "evaluate.metric": "energy-distance", "train.steps": steps + 20})
rest = list(islice(training, 20))
seconds = [sum(record.seconds.values()) for record in training]
print(json.dumps({"loading": loading, "loading_mib": loaded - before, "step": median(seconds),
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "rows": len(data.train) + len(data.validation) + len(data.test)}))
"""


def write_idx(path: Path, n: int, *, side: int = 28) -> None:
    """Random bytes in MNIST's format."""
    rng = np.random.default_rng(n)
    with path.open("wb") as file:
        file.write(np.array([0x00000803, n, side, side], dtype=">u4").tobytes())
        for start in range(0, n, 1_000):
            file.write(rng.integers(0, 256, (min(1_000, n - start), side, side), dtype=np.uint8).tobytes())


def measure(place: Workplace) -> Figure:
    """Loading time and memory, and the time of a step, of a small file and of a large one."""
    sizes, steps = ((200, 1_000), 5) if place.quick else (SIZES, STEPS)
    place.work.mkdir(parents=True, exist_ok=True)
    results: Json = {}
    for size in sizes:
        say(f"large: {size} images")
        file = place.work / f"large-{size}.idx"
        write_idx(file, size)
        arguments = [sys.executable, "-c", RUN, f"idx:{file}", str(steps)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        results[str(size)] = json.loads(done.stdout)
        file.unlink()
    small, big = (results[str(size)] for size in sizes)
    rows = [
        (
            f"{size} x 28 x 28",
            number(results[str(size)]["loading"]),
            number(results[str(size)]["loading_mib"]),
            number(1000 * results[str(size)]["step"]),
            number(results[str(size)]["peak_mib"]),
        )
        for size in sizes
    ]
    body = "\n\n".join(
        [
            f"Random images in MNIST's format, made for this. The file is loaded, then `digits-classical` plays "
            f"{steps} steps with batches of 32 on one thread; a process for each size. Memory is what the "
            "process's resident size grew by while loading, and its largest in all, most of which is torch. What maps "
            "the file counts, too, and can be taken back by the system.",
            table(("images", "loading, s", "loading, MiB", "a step, ms", "largest, MiB"), rows),
            f"A step with {sizes[1] // sizes[0]} times the data takes {big['step'] / small['step']:.2f} times as long.",
        ]
    )
    return Figure("A large file", results, body)
