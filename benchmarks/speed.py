"""Figure 4: how long the help takes, how many steps a second there are, and how long a whole training."""

__all__ = ["measure", "steps_per_second"]

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import final

from benchmarks import quality
from benchmarks.evidence import ROOT, Figure, Workplace, number, table
from qgan._typing import Json
from qgan.build import build
from qgan.config import load as load_config
from qgan.experiment import Experiment
from qgan.loop import train
from qgan.machine import threads
from qgan.opening import with_measured_threads

HELP_TIMES, BLOCKS, STEPS = 10, 7, 8
QUICK_HELP_TIMES, QUICK_BLOCKS, QUICK_STEPS = 3, 2, 2
WARM_UP = 2
HEAVY = ("torch", "pennylane")
LOADED = f"""
import sys
from qgan.cli import main
sys.argv = ["qgan", "--help"]
try:
    main()
except SystemExit:
    print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules])
"""
SETUPS = {
    "digits, default.qubit": ("digits", "default.qubit"),
    "digits, lightning.qubit": ("digits", "lightning.qubit"),
    "digits, batched.qubit": ("digits", "batched.qubit"),
    "digits-classical": ("digits-classical", "default.qubit"),
}


@final
@dataclass(frozen=True)
class Contestant:
    """What is timed, and with how many threads."""

    experiment: Experiment
    threads: int

    def steps_per_second(self, steps: int) -> float:
        """Of the loop alone: no evaluation, no files."""
        state = self.experiment.state
        loop = train(state, self.experiment.game, self.experiment.batches, steps=state.step + steps)
        with threads(self.threads):
            began = perf_counter()
            done = sum(1 for _ in islice(loop, steps))
            return done / (perf_counter() - began)


def steps_per_second(contestants: Mapping[str, Contestant], *, blocks: int, steps: int) -> dict[str, list[float]]:
    """Blocks of steps by turns, so that whatever else the machine does meets all of them; one list for each."""
    for contestant in contestants.values():
        contestant.steps_per_second(WARM_UP)
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(blocks):
        for name, contestant in contestants.items():
            found[name].append(contestant.steps_per_second(steps))
    return found


def measure(place: Workplace) -> Figure:
    """All three."""
    blocks, steps = (QUICK_BLOCKS, QUICK_STEPS) if place.quick else (BLOCKS, STEPS)
    contestants: dict[str, Contestant] = {}
    measured = {}
    for name, (recipe, backend) in SETUPS.items():
        config = load_config(recipe, changes=[("backend.name", backend)])
        count = with_measured_threads(build(config)).run.threads
        assert isinstance(count, int)
        measured[name] = count
        for each in sorted({1, count}):
            contestants[f"{name}, {each} thread{'s' if each > 1 else ''}"] = Contestant(build(config), each)
    found = steps_per_second(contestants, blocks=blocks, steps=steps)
    first = next(iter(found))
    results = {
        "help": _help(QUICK_HELP_TIMES if place.quick else HELP_TIMES),
        "steps_per_block": steps,
        "measured_threads": measured,
        "steps_per_second": {name: {"median": median(values), "blocks": values} for name, values in found.items()},
        "ratios_to": first,
        "ratios": {
            name: median(one / other for one, other in zip(values, found[first], strict=True))
            for name, values in found.items()
        },
        "whole": _whole(place),
    }
    return Figure("Speed", results, _body(results))


def _help(times: int) -> Json:
    command = Path(sys.executable).parent / "qgan"
    seconds = []
    for _ in range(times):
        began = perf_counter()
        subprocess.run([command, "--help"], cwd=ROOT, capture_output=True, check=True)
        seconds.append(perf_counter() - began)
    loaded = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    names = loaded.stdout.splitlines()[-1].removeprefix("loaded:").split()
    return {"seconds": seconds, "median": median(seconds), "allowed": 0.5, "heavy_modules_loaded": names}


def _whole(place: Workplace) -> list[Json]:
    """Of the runs of the figure `quality`, which are made now if they are not there."""
    rows = []
    for seed in range(1 if place.quick else 5):
        done = quality.trained(place, "digits", seed)
        lines = done.run.directory.lines("timing")
        rows.append(
            {
                "seed": seed,
                "steps": len(lines),
                "threads": done.run.config.run.threads,
                "loop_seconds": sum(line["seconds"]["all"] for line in lines),
                "command_seconds": done.seconds,
                "peak_rss": max(line["rss"] for line in lines),
            }
        )
    return rows


def _body(results: Json) -> str:
    help_, whole, rates = results["help"], results["whole"], results["steps_per_second"]
    loaded = ", ".join(help_["heavy_modules_loaded"]) or "neither torch nor pennylane"
    rows = [
        (name, number(rate["median"]), number(min(rate["blocks"])), number(max(rate["blocks"])), _ratio(results, name))
        for name, rate in rates.items()
    ]
    return "\n\n".join(
        [
            f"`qgan --help`: {help_['median']:.2f} s, median of {len(help_['seconds'])} processes "
            f"({min(help_['seconds']):.2f} to {max(help_['seconds']):.2f}); under {help_['allowed']} s was asked for. "
            f"It loads {loaded}.",
            "## Steps per second",
            f"The loop alone, without evaluations and files, batches of 32; blocks of {results['steps_per_block']} "
            f"steps by turns within one process, so that the ratios to `{results['ratios_to']}` are of one time. "
            f"Threads that a run measures for itself: {_threads(results)}.",
            table(("what", "median", "slowest block", "fastest block", "ratio"), rows),
            "## A whole training of `digits`",
            "*Loop* is steps and evaluations; *command* is all of `qgan train`, from the start of the process to its "
            "end, with imports, checkpoints and the evaluation on the test part (a dash where it was interrupted).",
            table(
                ("seed", "steps", "threads", "loop, s", "command, s", "memory, MB"),
                [
                    (
                        row["seed"],
                        row["steps"],
                        row["threads"],
                        f"{row['loop_seconds']:.1f}",
                        "-" if row["command_seconds"] is None else f"{row['command_seconds']:.1f}",
                        f"{row['peak_rss'] / 1e6:.0f}",
                    )
                    for row in whole
                ],
            ),
            f"Median loop: {median(row['loop_seconds'] for row in whole):.1f} s; under two minutes was asked for.",
        ]
    )


def _ratio(results: Json, name: str) -> str:
    return f"{results['ratios'][name]:.2f}"


def _threads(results: Json) -> str:
    return "; ".join(f"{name}: {count}" for name, count in results["measured_threads"].items())
