"""Kills: workers and commands of comparisons are ended with SIGKILL, and every run is there once, bit for bit."""

__all__ = ["measure"]

import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Literal, TypeAlias

import numpy as np
import psutil

from benchmarks.evidence import Figure, Workplace, number, say, table
from qgan._typing import Json
from qgan.compare.engine import LocalEngine
from qgan.compare.tasks import Task, resolved
from qgan.config import RunConfig, load
from qgan.runs import RunDirectory
from qgan.seeding import Key, stream
from qgan.validation import validate

Victim: TypeAlias = Literal["worker", "command"]

KILLS, QUICK_KILLS = 10, 2
# Fewer than the deaths after which a run counts as failed.
KILLS_IN_ONE = 2
SEEDS, QUICK_SEEDS = 4, 2
STEPS, EVERY, WORKERS = 40, 5, 2
COMMON: Json = {
    "train.steps": STEPS,
    "train.batch_size": 8,
    "run.checkpoint_every": EVERY,
    "run.device": "cpu",
    "evaluate.every": 2 * EVERY,
    "evaluate.metrics": ["energy-distance"],
    "evaluate.metric": "energy-distance",
    "evaluate.samples": 20,
}
# Name, recipe, and what makes it small.
CONFIGURATIONS: tuple[tuple[str, str, Json], ...] = (
    ("patch", "digits-patch", {"generator.n_wires": 4, "generator.layers": 2, "generator.n_ancillas": 1}),
    ("patch-classical", "digits-patch-classical", {}),
    ("ring", "ring", {}),
)
# What bears times and process numbers. Of checkpoints, whose manifests know how long the timings are, the state counts.
CLOCKED = {"timing.jsonl", "events.jsonl", "run.json", "status.json", "LOCK"}
STATE = ("tensors.safetensors", "state.json")
# Should the processor be busy, a kill can come too late; then another moment is drawn, and that is counted.
MOST_TRIES = 5
PATIENCE = 120.0


def measure(place: Workplace) -> Figure:
    """The same comparison left alone, and with workers or the command killed at random moments."""
    seeds, kills = (QUICK_SEEDS, QUICK_KILLS) if place.quick else (SEEDS, KILLS)
    tasks = _tasks(seeds)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["qgan.compare.engine"])
    place.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.work, prefix="kills-") as folder:
        whole, seconds = _undisturbed(context, Path(folder), tasks)
        found = {victim: _kills(context, Path(folder), tasks, whole, seconds, victim, kills) for victim in VICTIMS}
    results = {
        "configurations": {name: {"recipe": recipe, **COMMON, **small} for name, recipe, small in CONFIGURATIONS},
        "runs": len(tasks),
        "workers": WORKERS,
        "undisturbed_seconds": seconds,
        "kills": found,
    }
    return Figure("Comparisons whose workers, or whose command, were killed", results, _body(results))


def _tasks(seeds: int) -> list[Json]:
    return [
        {"name": f"runs/{name}/s{seed}", "config": whole.model_copy(update={"seed": seed}).document()}
        for name, recipe, small in CONFIGURATIONS
        for whole in [resolved(load(recipe, changes=[*COMMON.items(), *small.items()]), threads=1)]
        for seed in range(seeds)
    ]


def _compare(tasks: Sequence[Json], root: str) -> None:
    runs = [Task(task["name"], validate(RunConfig, task["config"])) for task in tasks]
    LocalEngine(workers=WORKERS).run(runs, root=Path(root))


def _start(context: ForkServerContext, tasks: Sequence[Json], root: Path) -> ForkServerProcess:
    process = context.Process(target=_compare, args=(tasks, str(root)))
    process.start()
    return process


def _undisturbed(context: ForkServerContext, folder: Path, tasks: Sequence[Json]) -> tuple[Path, float]:
    """A comparison that was left alone, and how long one takes from its first run on."""
    first, second = folder / "undisturbed", folder / "timed"
    _start(context, tasks, first).join()  # the first of them starts the server, and may compile kernels
    process = _start(context, tasks, second)
    _holders(process, second)
    began = perf_counter()
    process.join()
    seconds = perf_counter() - began
    if differing := [*_amiss(tasks, first), *_differing(tasks, first, second)]:
        raise RuntimeError(f"Two undisturbed comparisons differ in {differing}: nothing can be held against them")
    return first, seconds


def _kills(
    context: ForkServerContext,
    folder: Path,
    tasks: Sequence[Json],
    whole: Path,
    seconds: float,
    victim: Victim,
    wanted: int,
) -> Json:
    moments, comparisons, late = stream(Key(0, f"kills of a {victim}")), list[Json](), 0
    for number_of in count():
        missing = wanted - sum(len(comparison["kills"]) for comparison in comparisons)
        if not missing:
            break
        if number_of > MOST_TRIES * wanted:
            raise RuntimeError("The comparisons end before they can be killed")
        root = folder / f"{victim}-{number_of}"
        process, kills = _start(context, tasks, root), list[Json]()
        for _ in range(min(missing, KILLS_IN_ONE)):
            holders = _holders(process, root)
            sleep(moments.uniform(0, seconds / KILLS_IN_ONE))
            if not process.is_alive() or not (holders := _holders(process, root)):
                late += 1
                break
            try:
                kill, process = VICTIMS[victim](context, tasks, root, process, holders, moments)
            except psutil.NoSuchProcess:
                late += 1
                break
            kills.append(kill)
        process.join()
        ended = [] if process.exitcode == 0 else [f"the command ended with {process.exitcode}"]
        differing = [*ended, *_amiss(tasks, root), *_differing(tasks, whole, root)]
        comparisons.append({"kills": kills, "differing": differing})
        say(f"kills: a {victim} {len(kills)} times, {missing - len(kills)} to go: {differing or 'identical'}")
    return {"comparisons": comparisons, "too_late": late}


def _kill_worker(
    _context: ForkServerContext,
    _tasks: Sequence[Json],
    root: Path,
    process: ForkServerProcess,
    holders: dict[int, str],
    moments: np.random.Generator,
) -> tuple[Json, ForkServerProcess]:
    pid, run = sorted(holders.items())[moments.integers(len(holders))]
    psutil.Process(pid).kill()
    return {"run": run, "step": _steps(root / run)}, process


def _kill_command(
    context: ForkServerContext,
    tasks: Sequence[Json],
    root: Path,
    process: ForkServerProcess,
    holders: dict[int, str],
    _moments: np.random.Generator,
) -> tuple[Json, ForkServerProcess]:
    workers = psutil.Process(process.pid).children()
    process.kill()
    process.join()
    began = perf_counter()
    # The next one does not wait for the workers of the one that was killed; they are only looked at here.
    again = _start(context, tasks, root)
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
    if alive:
        raise RuntimeError(f"{len(alive)} workers outlive their command by {PATIENCE:.0f} s")
    runs = {run: _steps(root / run) for run in holders.values()}
    return {"runs": runs, "workers_left_after": perf_counter() - began}, again


VICTIMS: dict[Victim, Any] = {"worker": _kill_worker, "command": _kill_command}


def _holders(process: ForkServerProcess, root: Path) -> dict[int, str]:
    """Which worker has which run, by its lock; waited for until there is one, or the command has ended."""
    while True:
        try:
            workers = {child.pid for child in psutil.Process(process.pid).children()}
        except psutil.NoSuchProcess:
            workers = set[int]()
        found = {}
        for lock in sorted(root.glob("runs/*/*/LOCK")):
            held = lock.read_text().split()
            run = lock.parent
            if held and int(held[1]) in workers and RunDirectory.open(run).status["state"] == "running":
                found[int(held[1])] = str(run.relative_to(root))
        if found or not process.is_alive():
            return found
        sleep(0.01)


def _steps(run: Path) -> int:
    return (run / "records.jsonl").read_bytes().count(b"\n") if (run / "records.jsonl").exists() else 0


def _amiss(tasks: Sequence[Json], root: Path) -> Iterator[str]:
    """What there is too much or too little of: every run is there, was finished once, and has every step once."""
    names = {task["name"] for task in tasks}
    there = {str(path.relative_to(root)) for path in root.glob("runs/*/*")}
    yield from sorted(f"{name} should not be there" for name in there - names)
    yield from sorted(f"{name} is missing" for name in names - there)
    yield from sorted(f"{path.relative_to(root)} is half made" for path in root.rglob("*.tmp*"))
    for name in sorted(names & there):
        run = RunDirectory.open(root / name)
        if [record["step"] for record in run.lines("records")] != list(range(1, STEPS + 1)):
            yield f"{name} has not every step once"
        if [event["event"] for event in run.lines("events")].count("done") != 1:
            yield f"{name} was not finished once"


def _differing(tasks: Sequence[Json], one: Path, other: Path) -> Iterator[str]:
    for name in (task["name"] for task in tasks):
        kept, found = _contents(one / name), _contents(other / name)
        yield from sorted(f"{name}/{file}" for file in kept | found if kept.get(file) != found.get(file))


def _contents(path: Path) -> dict[str, bytes]:
    run = RunDirectory.open(path)
    last = f"step-{run.status['step']:06d}"
    chosen = {last, f"step-{run.best_step():06d}"}
    files = {file.name: file.read_bytes() for file in path.iterdir() if file.is_file() and file.name not in CLOCKED}
    kept = {f"checkpoints/{step}/{name}": run.checkpoints / step / name for step in chosen for name in STATE}
    return files | {name: file.read_bytes() for name, file in kept.items() if file.exists()}


def _body(results: Json) -> str:
    seconds = number(results["undisturbed_seconds"])
    parts = [
        f"{len(results['configurations'])} configurations, {results['runs']} runs of {STEPS} steps in all, a "
        f"checkpoint every {EVERY}; {results['workers']} workers; {seconds} s from the first run on when left alone. "
        "A worker, or the command itself, is killed with SIGKILL at a random moment while there are "
        f"runs in progress, up to {KILLS_IN_ONE} times in one comparison. After a worker's death the command goes on; "
        "after its own the same command is given again, at once.",
    ]
    for victim, found in results["kills"].items():
        kills = sum(len(comparison["kills"]) for comparison in found["comparisons"])
        same = sum(len(comparison["kills"]) for comparison in found["comparisons"] if not comparison["differing"])
        parts.append(f"## The {victim}, killed {kills} times")
        parts.append(
            f"After **{same} of {kills}** kills every run was there once, each of its steps once, and byte for byte as "
            f"in the comparison that was left alone: every file of each run but {_listed(CLOCKED)}, and the tensors "
            f"and numbers of its last and its best checkpoint. {found['too_late']} more kills came after the end."
        )
        if victim == "command":
            slowest = max(
                kill["workers_left_after"] for comparison in found["comparisons"] for kill in comparison["kills"]
            )
            parts.append(f"The killed command's workers had left after at most {number(slowest)} s.")
        rows = [
            (index, _where(kill), ", ".join(comparison["differing"]) or "identical")
            for index, comparison in enumerate(found["comparisons"], start=1)
            for kill in comparison["kills"]
        ]
        parts.append(table(("comparison", "killed at", "in the end"), rows))
    return "\n\n".join(parts)


def _where(kill: Json) -> str:
    runs = kill.get("runs") or {kill["run"]: kill["step"]}
    return ", ".join(f"{run.removeprefix('runs/')} step {step}" for run, step in runs.items())


def _listed(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
