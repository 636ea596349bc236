"""What two comparisons that should be the same differ in, and what one of them has too much or too little of."""

__all__ = ["CLOCKED", "STATE", "amiss", "differing"]

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qgan.runs import RunDirectory

# What bears times and process numbers.
CLOCKED = {
    "timing.jsonl",
    "events.jsonl",
    "run.json",
    "status.json",
    "LOCK",
    "CAMPAIGN",
    "declaration.json",
    "cost.json",
}
# Of a checkpoint, whose manifest knows how long the timings are.
STATE = ("tensors.safetensors", "state.json")
# Folders whose files are of times: what is in them is there, and is not compared.
TIMED = {"speed", "report"}


def amiss(root: Path) -> Iterator[str]:
    """Whatever was not done once, or is half made."""
    for path in sorted(root.rglob("*.tmp*")):
        # A page that was being written is written anew, under another name.
        if path.relative_to(root).parts[0] != "report":
            yield f"{path.relative_to(root)} is half made"
    if (root / "amendments.jsonl").exists():
        yield "it was amended"
    for name in _runs(root):
        run = RunDirectory.open(root / name)
        steps = run.config.train.steps
        if [record["step"] for record in run.lines("records")] != list(range(1, steps + 1)):
            yield f"{name} has not every step once"
        if [event["event"] for event in run.lines("events")].count("done") != 1:
            yield f"{name} was not finished once"


def differing(one: Path, other: Path) -> Iterator[str]:
    """Files that are not the same bytes in both, or are in one only."""
    kept, found = contents(one), contents(other)
    yield from sorted(name for name in kept | found if kept.get(name) != found.get(name))


def contents(root: Path) -> dict[str, bytes]:
    """By path: all that does not tell the time; of checkpoints the last and the best, as a death may add one."""
    runs = _runs(root)
    within = {root / name / "checkpoints" for name in runs}
    files = [path for path in root.rglob("*") if path.is_file() and not within & set(path.parents)]
    found = {
        str(path.relative_to(root)): b"there" if TIMED & {*path.relative_to(root).parts} else _contents(path)
        for path in files
        if path.name not in CLOCKED and ".tmp-" not in path.name
    }
    for name in runs:
        run = RunDirectory.open(root / name)
        for step in {run.status["step"], run.best_step()}:
            for file in STATE:
                path = run.checkpoints / f"step-{step:06d}" / file
                if path.exists():
                    found[str(path.relative_to(root))] = path.read_bytes()
    return found


def _contents(path: Path) -> bytes:
    # What a search took is of one day.
    if path.name == "models.json" or path.parent.name == "searches":
        return json.dumps(_without_seconds(json.loads(path.read_bytes()))).encode()
    return path.read_bytes()


def _without_seconds(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _without_seconds(value) for key, value in told.items() if key != "seconds"}
    return [_without_seconds(each) for each in told] if isinstance(told, list) else told


def _runs(root: Path) -> list[str]:
    """Those of the search, and those that are compared."""
    return sorted(
        str(path.parent.relative_to(root)) for part in ("tuning", "runs") for path in (root / part).rglob("run.json")
    )
