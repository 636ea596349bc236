"""Figure 1: how good the samples of a recipe and of its classical baseline are, before and after training."""

__all__ = [
    "RECIPES",
    "SIDES",
    "Changes",
    "Trained",
    "all_seeds",
    "asked",
    "measure",
    "medians",
    "scores_of",
    "share_of_the_way",
    "trained",
]

import io
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

from benchmarks.evidence import Figure, Workplace, number, qgan, say, table
from qgan._typing import Json
from qgan.api import load
from qgan.build import build
from qgan.config import RunConfig
from qgan.config import load as load_config
from qgan.files import atomic_write, read_json
from qgan.machine import threads
from qgan.pictures import samples_figure, samples_wanted
from qgan.run import Run
from qgan.runlist import list_runs
from qgan.seeding import Key
from qgan.session import evaluate_on_test

RECIPES = ("digits", "digits-classical")
SEEDS, QUICK_SEEDS = range(5), range(2)
# Chosen before any run was looked at; it is the first, and not the best.
PICTURED = 0
# What has to leave the untrained state behind, and what "far" means: at least this share of the way to real data.
ASKED, FAR = ("sliced-wasserstein", "coverage", "recognised"), 0.5
Changes: TypeAlias = Sequence[tuple[str, Any]]
SIDES = ("untrained", "trained", "trivial", "floor", "skill")


class Trained(NamedTuple):
    """A finished run, and the seconds that the whole command took; None where it was interrupted on the way."""

    run: Run
    seconds: float | None


def measure(place: Workplace) -> Figure:
    """Five seeds of each recipe, on the test part; and one picture of each."""
    results: Json = {"pictured_seed": PICTURED, "far": FAR, "recipes": {}}
    for recipe in RECIPES:
        rows = []
        for seed in _seeds(place):
            say(f"quality: {recipe}, seed {seed}")
            rows.append(scores_of(trained(place, recipe, seed), place, recipe))
        results["recipes"][recipe] = {"seeds": rows, "median": medians(rows)}
    return Figure("Quality of samples: `digits` and its classical baseline", results, _body(results))


def trained(place: Workplace, recipe: str, seed: int, more: Changes = ()) -> Trained:
    """The run of that recipe and seed: the one that is there for the same configuration, gone on with or new.

    Args:
        place: Where runs are kept.
        recipe: A name.
        seed: Its seed.
        more: Keys of the configuration, and what they are set to.
    """
    changes = [*_changes(seed, quick=place.quick), *more]
    folder = place.work / "quality" / asked(place, recipe, seed, more)[:16]
    known = list_runs(folder) if folder.exists() else []
    if not known:
        settings = [f"--set={key}={value}" for key, value in changes]
        began = perf_counter()
        path = Path(json.loads(qgan("train", recipe, *settings, "--quiet", "--json", "--out", str(folder)))["run"])
        atomic_write(folder / "wall.json", json.dumps({"seconds": perf_counter() - began}).encode())
    else:
        path = known[-1]
        if load(path).directory.status["state"] != "done":
            qgan("train", "--resume", str(path), "--quiet", "--json")
    wall = folder / "wall.json"
    return Trained(load(path), read_json(wall)["seconds"] if wall.exists() else None)


def asked(place: Workplace, recipe: str, seed: int, more: Changes = ()) -> str:
    """The hash of the configuration that is run for it, before it is resolved: the same on every machine."""
    return load_config(recipe, changes=[*_changes(seed, quick=place.quick), *more]).sha256()


def _changes(seed: int, *, quick: bool) -> list[tuple[str, Any]]:
    return [("seed", seed), *((("train.steps", 6), ("evaluate.every", 3)) if quick else ())]


def share_of_the_way(untrained: float, trained: float, floor: float) -> float | None:
    """How far training went from the untrained value (0) to what real data scores (1); None if they are the same."""
    return None if floor == untrained else (trained - untrained) / (floor - untrained)


def _seeds(place: Workplace) -> range:
    return QUICK_SEEDS if place.quick else SEEDS


def scores_of(done: Trained, place: Workplace, recipe: str) -> Json:
    """Every metric on the test part, untrained and trained; for the seed chosen, a picture beside the evidence."""
    config = done.run.config
    report = read_json(done.run.path / "metrics.json")
    before = _untrained(config, done.run, place, recipe)
    metrics = {}
    for name, score in report["metrics"].items():
        first = before["metrics"][name]
        if (first["floor"], first["trivial"]) != (score["floor"], score["trivial"]):
            raise RuntimeError(f"{name} was held against other references after training than before")
        way = None
        if None not in (first["value"], score["value"], score["floor"]):
            way = share_of_the_way(first["value"], score["value"], score["floor"])
        metrics[name] = {
            "untrained": first["value"],
            "trained": score["value"],
            "untrained_skill": first["skill"],
            "way": way,
            **{key: score[key] for key in ("trivial", "trivial_name", "floor", "floor_low", "floor_high", "skill")},
            **{key: score[key] for key in ("direction", "unit", "reason")},
        }
    return {
        "seed": config.seed,
        "asked": asked(place, recipe, config.seed),
        "config": config.sha256(),
        "trained_at": done.run.directory.identity["git"],
        "steps": report["step"],
        "n": report["n"],
        "capped": report["capped"],
        "seconds": done.seconds,
        "metrics": metrics,
        "far": {name: (metrics[name]["way"] or 0.0) >= FAR for name in ASKED if name in metrics},
    }


def _untrained(config: RunConfig, run: Run, place: Workplace, recipe: str) -> Json:
    """The scores of the same experiment at step 0; for the seed chosen, the picture too."""
    assert isinstance(config.run.threads, int)
    experiment = build(config)
    with threads(config.run.threads):
        report, _ = evaluate_on_test(experiment, samples=config.evaluate.samples)
        if config.seed == PICTURED:
            data, picture = experiment.data, io.BytesIO()
            key, count = Key(config.seed, "picture"), samples_wanted(data)
            before = experiment.generator.sample(count, key)
            point = run.directory.checkpoint(run.directory.chosen())
            experiment.state.load_state_dict(point.tensors, point.scalars)
            after = experiment.generator.sample(count, key)
            panels = {
                f"untrained, seed {PICTURED}": before,
                f"trained: step {point.step}, seed {PICTURED}": after,
            }
            samples_figure(data, panels).savefig(picture)
            place.out.mkdir(parents=True, exist_ok=True)
            atomic_write(place.out / f"{recipe}.png", picture.getvalue())
    return report


def medians(rows: list[Json]) -> Json:
    """Over the seeds, by metric and side; None where a seed has none."""
    found: Json = {}
    for name in rows[0]["metrics"]:
        found[name] = {}
        for side in (*SIDES, "way"):
            values = [row["metrics"][name][side] for row in rows]
            found[name][side] = None if None in values else median(values)
    return found


def _body(results: Json) -> str:
    parts = [
        "All on the test part, which nothing was chosen by. *Floor* is what real samples score against other real ones "
        "at the same size; *trivial* is the better of a repeated mean image and a pixel-wise Gaussian; "
        "*skill* = (trivial - trained) / (trivial - floor): 0 is nothing learned, 1 is real. The seed splits the data, "
        "so floors and trivial values differ between them.",
    ]
    for recipe, found in results["recipes"].items():
        rows = found["seeds"]
        first, count = rows[0], len(rows)
        parts += [
            f"## `{recipe}`",
            f"![real, untrained and trained samples]({recipe}.png)",
            f"Seed {results['pictured_seed']} is in the picture; it was chosen before any run. {first['steps']} steps, "
            f"{first['n']} samples on either side. Median of {count} seeds; with n = {count} no claim is made from it.",
            table(
                ("metric", *SIDES, "better is"),
                [
                    (name, *(number(sides[side]) for side in SIDES), first["metrics"][name]["direction"])
                    for name, sides in found["median"].items()
                ],
            ),
            f"Does training leave the untrained state far behind? Yes is at least {results['far']:.0%} of the way from "
            "the untrained value to the floor, a bound set beforehand; the sliced Wasserstein distance stands for the "
            "picture.",
            table(("seed", *ASKED), [(row["seed"], *(_verdict(row, name) for name in ASKED)) for row in rows]),
            "All seeds:",
            table(("metric", "seed", *SIDES), all_seeds(rows)),
        ]
    parts.append(_findings(results))
    return "\n\n".join(parts)


def _verdict(row: Json, name: str) -> str:
    score = row["metrics"][name]
    way = "-" if score["way"] is None else f"{score['way']:.0%}"
    answer = "yes" if row["far"][name] else "no"
    return f"{answer}: {number(score['untrained'])} → {number(score['trained'])}, {way} of the way"


def all_seeds(rows: list[Json]) -> list[tuple[object, ...]]:
    """A line for each metric and seed: all sides."""
    return [
        (name, row["seed"], *(number(row["metrics"][name][side]) for side in SIDES))
        for name in rows[0]["metrics"]
        for row in rows
    ]


def _findings(results: Json) -> str:
    lines = []
    for recipe, found in results["recipes"].items():
        below = [name for name, sides in found["median"].items() if sides["skill"] is not None and sides["skill"] < 0]
        missing = [name for name, sides in found["median"].items() if sides["skill"] is None]
        lines.append(f"- `{recipe}`: median skill below 0 on {', '.join(below) or 'no metric'}.")
        if missing:
            reasons = {row["metrics"][name]["reason"] for name in missing for row in found["seeds"]} - {None}
            lines.append(
                f"- `{recipe}`: no skill in every seed for {', '.join(missing)}: {'; '.join(sorted(reasons))}."
            )
        for name in ASKED:
            count = sum(row["far"][name] for row in found["seeds"])
            lines.append(f"- `{recipe}`: {name} far from untrained in {count} of {len(found['seeds'])} seeds.")
    return "## Findings\n\n" + "\n".join(lines)
