"""The whole of a comparison, by the command that a user types: how long it takes, what it says, and its page."""

__all__ = ["measure"]

import json
import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.evidence import Figure, Workplace, number, say, table
from qgan._typing import Json
from qgan.compare.comparison import Compared, Comparison
from qgan.compare.standings import standings
from qgan.files import append_line
from qgan.runs import RunDirectory

RECIPES = ("digits", "ring", "bars-and-stripes")
ASKED = ("--seeds", "10", "--controls", "all")
QUICK = ("--seeds", "2", "--controls", "unentangled", "--trials", "1", "--set", "train.steps=20")


def measure(place: Workplace) -> Figure:
    """Begins the comparison, or goes on with it, and reads what it came to."""
    path = place.work / "whole"
    clock = place.work / "whole.jsonl"
    place.work.mkdir(parents=True, exist_ok=True)
    recipes, asked = (RECIPES[1:2], QUICK) if place.quick else (RECIPES, ASKED)
    begun = ("--resume", str(path)) if (path / "declaration.json").exists() else (*recipes, *asked, "--out", str(path))
    began = perf_counter()
    command = [str(Path(sys.executable).with_name("qgan")), "compare", *begun, "--json", "--quiet"]
    say(f"  {' '.join(['qgan', *command[1:]])}")
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    finally:
        append_line(clock, {"seconds": perf_counter() - began})
    comparison = Comparison(path)
    seconds = [json.loads(line)["seconds"] for line in clock.read_text().splitlines()]
    page = path / "report" / "index.html"
    results: Json = {
        "command": f"qgan compare {' '.join((*recipes, *asked))}",
        "minutes": sum(seconds) / 60,
        "sittings": len(seconds),
        "page_bytes": page.stat().st_size,
        "recipes": {compared.recipe: _of(compared) for compared in comparison.recipes},
        "said": json.loads(done.stdout)["recipes"],
    }
    place.out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(page, place.out / "page.html")
    return Figure("A whole comparison", results, _body(results))


def _of(compared: Compared) -> Json:
    found = standings(compared)
    runs = [
        compared.places.root / compared.places.run(name, seed) for name in compared.results for seed in compared.seeds
    ]
    tunings = [entry.tuning for entry in compared.book.entries if entry.tuning is not None]
    return {
        "models": len(compared.results),
        "runs": len(runs),
        "run_seconds": sum(_seconds(run) for run in runs),
        "trials": sum(tuning.trials for tuning in tunings),
        "tuning_seconds": sum(tuning.seconds for tuning in tunings),
        "failed": sum(len(compared.failures(name)) for name in compared.results),
        "opponent": compared.opponent,
        "verdict": found.judgement.primary.sentence if found.judgement else found.why_not,
        "headline": None if found.ladder is None or found.ladder.headline is None else found.ladder.headline.model,
    }


def _seconds(run: Path) -> float:
    if not (run / "run.json").exists():
        return 0.0
    return sum(line["seconds"]["all"] for line in RunDirectory.open(run).lines("timing"))


def _body(results: Json) -> str:
    rows = [
        (
            recipe,
            row["models"],
            row["runs"],
            number(row["run_seconds"]),
            row["trials"],
            number(row["tuning_seconds"]),
            row["failed"],
            row["headline"] or "none",
        )
        for recipe, row in results["recipes"].items()
    ]
    sittings = "one sitting" if results["sittings"] == 1 else f"{results['sittings']} sittings"
    return "\n\n".join(
        (
            f"`{results['command']}` took {results['minutes']:.0f} minutes in {sittings}, its page has "
            f"{results['page_bytes'] / 1e6:.2f} MB: [page.html](page.html).",
            table(
                (
                    "recipe",
                    "models",
                    "runs",
                    "seconds of runs",
                    "trials",
                    "seconds of trials",
                    "failed runs",
                    "smallest size that the subject was not shown to be better than",
                ),
                rows,
            ),
            *(
                f"**{recipe}**, against {row['opponent']}: {row['verdict']}"
                for recipe, row in results["recipes"].items()
            ),
        )
    )
