"""Figure 3: runs killed at random moments go on bit for bit, and no flipped bit of a checkpoint goes unseen."""

__all__ = ["flip", "measure"]

import multiprocessing
import shutil
import signal
import tempfile
from collections import Counter
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

from benchmarks.evidence import Figure, Workplace, say, table
from qgan import checkpoints
from qgan._typing import Json
from qgan.api import fit
from qgan.errors import CheckpointError
from qgan.runlist import list_runs
from qgan.runs import RunDirectory
from qgan.seeding import Key, stream

KILLS, FLIPS = 20, 300
STEPS, EVERY = 60, 10
QUICK_KILLS, QUICK_FLIPS, QUICK_STEPS = 2, 40, 20
LOGS = ("records.jsonl", "evaluations.jsonl")
STATE = ("tensors.safetensors", "state.json")
# What a training imports late. A process forked with it has no seconds of imports, in which a kill would show nothing.
PRELOADED = [
    "qgan.api",
    "qgan.backends.executor",
    "qgan.metrics.distances",
    "qgan.metrics.manifold",
    "qgan.metrics.recognised",
]
# Should the processor be busy, a kill can come too late; then another moment is drawn, and that is counted.
MOST_TRIES = 5


def measure(place: Workplace) -> Figure:
    """Kills and flips, on a small `digits-patch`."""
    steps = QUICK_STEPS if place.quick else STEPS
    settings: dict[str, Any] = {
        "train.steps": steps,
        "train.batch_size": 8,
        "generator.layers": 2,
        "evaluate.every": EVERY,
        "run.checkpoint_every": EVERY,
        "run.threads": 1,
    }
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    place.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.work, prefix="resume-") as folder:
        whole, seconds = _undisturbed(context, Path(folder) / "undisturbed", settings)
        kills = _kills(context, Path(folder), settings, whole, seconds, QUICK_KILLS if place.quick else KILLS)
        last = whole.checkpoints / f"step-{steps:06d}"
        flips = _flips(last, Path(folder) / "flipped", QUICK_FLIPS if place.quick else FLIPS)
    results = {"settings": settings, "undisturbed_seconds": seconds, "kills": kills, "flips": flips}
    return Figure("Runs that were killed, checkpoints that were damaged", results, _body(results))


def _undisturbed(context: ForkServerContext, out: Path, settings: dict[str, Any]) -> tuple[RunDirectory, float]:
    _start(context, out, settings, None).join()  # the first of them starts the server, which takes seconds
    process = _start(context, out.with_name("timed"), settings, None)
    _appeared(process, out.with_name("timed"))
    began = perf_counter()
    process.join()
    seconds = perf_counter() - began
    first, second = _only(out), _only(out.with_name("timed"))
    if differing := _differing(first, second):
        raise RuntimeError(f"Two undisturbed runs differ in {', '.join(differing)}: nothing can be held against them")
    return first, seconds


def _kills(
    context: ForkServerContext,
    folder: Path,
    settings: dict[str, Any],
    whole: RunDirectory,
    seconds: float,
    count: int,
) -> Json:
    moments, found, late = stream(Key(0, "kills")), [], 0
    while len(found) < count:
        delay = float(moments.uniform(0, seconds))
        out = folder / f"killed-{len(found)}-{late}"
        process = _start(context, out, settings, None)
        _appeared(process, out)
        sleep(delay)
        process.kill()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            late += 1
            if late > MOST_TRIES * count:
                raise RuntimeError("The runs end before they can be killed")
            continue
        run = _only(out)
        at = {"records": len(run.lines("records")), "checkpoints": checkpoints.steps(run.checkpoints)}
        again = _start(context, out, settings, run.path)
        again.join()
        differing = _differing(whole, run) if again.exitcode == 0 else [f"resume ended with {again.exitcode}"]
        found.append({"delay": delay, **at, "differing": differing})
        say(f"resume: kill {len(found)} of {count}, after {at['records']} steps: {differing or 'identical'}")
        shutil.rmtree(out)
    return {
        "count": count,
        "identical": sum(not kill["differing"] for kill in found),
        "too_late": late,
        "moments": found,
    }


def _start(context: ForkServerContext, out: Path, settings: dict[str, Any], run: Path | None) -> ForkServerProcess:
    process = context.Process(target=_train, args=(str(out), settings, None if run is None else str(run)), daemon=True)
    process.start()
    return process


def _train(out: str, settings: dict[str, Any], run: str | None) -> None:
    if run is None:
        fit("digits-patch", seed=0, overrides=settings, out=out)
    else:
        fit(resume=run)


def _appeared(process: ForkServerProcess, out: Path) -> None:
    while not (out.exists() and list_runs(out)):
        if not process.is_alive():
            raise RuntimeError(f"The run in {out} ended with {process.exitcode} before it began")
        sleep(0.001)


def _only(out: Path) -> RunDirectory:
    (path,) = list_runs(out)
    return RunDirectory.open(path)


def _differing(one: RunDirectory, other: RunDirectory) -> list[str]:
    """What is not byte for byte the same: logs, and the tensors and the scalars of the last checkpoint."""
    step = checkpoints.steps(one.checkpoints)[-1]
    names = [*LOGS, *(f"checkpoints/step-{step:06d}/{name}" for name in STATE)]
    return [name for name in names if _bytes(one.path / name) != _bytes(other.path / name)]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _flips(checkpoint: Path, folder: Path, count: int) -> Json:
    copy = folder / checkpoint.name
    shutil.copytree(checkpoint, copy)
    checkpoints.read(copy)
    files = sorted(copy.iterdir())
    sizes = np.array([file.stat().st_size for file in files])
    moments, flipped, missed = stream(Key(0, "flips")), Counter[str](), []
    for index in range(count):
        # Every other time by size, and else each file as often as another, so that small ones are hit as well.
        odds = sizes / sizes.sum() if index % 2 else None
        file = files[int(moments.choice(len(files), p=odds))]
        bit = int(moments.integers(8 * file.stat().st_size))
        flip(file, bit)
        flipped[file.name] += 1
        try:
            checkpoints.read(copy)
            missed.append({"file": file.name, "bit": bit})
        except CheckpointError:
            pass
        flip(file, bit)
    checkpoints.read(copy)  # whole again: what was found were the flips
    by_file = {file.name: {"bytes": file.stat().st_size, "flips": flipped[file.name]} for file in files}
    return {"count": count, "found": count - len(missed), "missed": missed, "files": by_file}


def flip(file: Path, bit: int) -> None:
    """Turns one bit of a file round; twice is as if nothing had been."""
    data = bytearray(file.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    file.write_bytes(data)


def _body(results: Json) -> str:
    kills, flips, settings = results["kills"], results["flips"], results["settings"]
    rows = [
        (index, f"{kill['delay']:.2f}", kill["records"], max(kill["checkpoints"], default="none"), _verdict(kill))
        for index, kill in enumerate(kills["moments"], start=1)
    ]
    return "\n\n".join(
        [
            f"A small `digits-patch`: 4 patches of 5 wires as there, but {settings['generator.layers']} layers, "
            f"batches of {settings['train.batch_size']}, {settings['train.steps']} steps, a checkpoint and an "
            f"evaluation every {settings['run.checkpoint_every']}, one thread. Each run is a process of its own, "
            "forked from one that has imported everything, and killed with SIGKILL at a random "
            "moment between the appearance of its directory "
            f"and its end ({results['undisturbed_seconds']:.1f} s when left alone); then another resumes it.",
            f"**{kills['identical']} of {kills['count']}** came out as the run that was left alone: "
            f"`{'`, `'.join(LOGS)}`, and of the last checkpoint `{'` and `'.join(STATE)}`, byte for byte. "
            f"{kills['too_late']} more kills came after the end and were drawn again.",
            table(("kill", "seconds", "steps recorded", "last checkpoint", "after resuming"), rows),
            "## Flipped bits",
            f"**{flips['found']} of {flips['count']}** single flipped bits in the files of a checkpoint were found "
            "when it was read.",
            table(
                ("file", "bytes", "flips"),
                [(f"`{name}`", entry["bytes"], entry["flips"]) for name, entry in flips["files"].items()],
            ),
        ]
    )


def _verdict(kill: Json) -> str:
    return "identical" if not kill["differing"] else f"differs: {', '.join(kill['differing'])}"
