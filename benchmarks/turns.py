"""One of ours and others, given the same circuit and held to the same result, timed in blocks by turns."""

__all__ = ["PATIENCE", "SAME", "SLOW", "answered", "block", "by_turns", "differs", "of", "once"]

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers.environments import Worker
from qgan._typing import Json
from qgan.files import atomic_write, read_json

# Of a block; one pass at the least.
SECONDS = 0.3
PATIENCE = 1200.0
# Milliseconds: who takes longer is timed in the first round alone, and then leaves the machine to the others.
SLOW = 5e3
# What has to be told apart from rounding: the cost and the sum of slopes, relative, in single precision.
SAME = 2e-3


def once(path: Path, make: Callable[[], Json]) -> Json:
    """What the file at `path` holds; made, and left there, if there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, json.dumps(make()).encode())
    return read_json(path)


def answered(ready: Mapping[str, Any], check: tuple[float, float]) -> dict[str, Any]:
    """What is kept of a worker that has prepared a circuit: where it gives another result, that it does."""
    if problem := ready.get("error") or differs(ready["check"], check):
        return {"problem": problem}
    return {key: ready[key] for key in ("compile_s", "c_dtype", "versions")} | {"ms": [], "ratios": []}


def by_turns(
    ours: Callable[[], float],
    others: Mapping[str, Callable[[], float | str]],
    found: dict[str, Any],
    *,
    rounds: int,
    slow: Callable[[str], None] = lambda _: None,
) -> list[float]:
    """Milliseconds of a block of ours in each round; those of the others, and their ratios to ours, go into `found`.

    Args:
        ours: One pass, in milliseconds.
        others: One block of each, likewise, or why there is none: that one is not asked again.
        found: What :func:`answered` said of each.
        rounds: How often each has its turn.
        slow: Told of one that took more than SLOW, which is not asked again either.
    """
    own, asked = list[float](), dict(others)
    for _ in range(rounds):
        own.append(block(ours))
        for name, other in list(asked.items()):
            time = other()
            if isinstance(time, str):
                found[name] = {"problem": time}
                del asked[name]
                continue
            found[name]["ms"].append(time)
            found[name]["ratios"].append(time / own[-1])
            if time > SLOW:
                del asked[name]
                slow(name)
    for some in found.values():
        if some.get("ms"):
            some["ratio"] = median(some["ratios"])
    return own


def block(once: Callable[[], float]) -> float:
    """The median of as many passes as fill a block."""
    first = once()
    times = [once() for _ in range(min(2000, max(1, int(1e3 * SECONDS / first))))]
    return median(times)


def differs(check: Mapping[str, float], ours: tuple[float, float]) -> str:
    """How another's cost and sum of slopes differ from ours; empty where they do not."""
    cost, slopes = ours
    scale = max(abs(cost), 1.0)
    if abs(check["out"] - cost) < SAME * scale and abs(check["grad"] - slopes) < SAME * slopes:
        return ""
    return f"another result: {check['out']:.6g} and {check['grad']:.6g} for {cost:.6g} and {slopes:.6g}"


def of(worker: Worker) -> float | str:
    """The like of :func:`block` by a worker, or why there is none."""
    first = worker.run(1)
    if isinstance(first, str):
        return first
    if first[0] > 1e3 * SECONDS:
        return first[0]
    times = worker.run(min(2000, int(1e3 * SECONDS / first[0])))
    return times if isinstance(times, str) else median(times)
