"""Whole trainings with shots under a fake computer's noise, beside those of the same seeds without noise."""

__all__ = ["measure"]

from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.evidence import Figure, Workplace, number, say, table
from benchmarks.quality import Changes, Trained, trained
from qgan._typing import Json
from qgan.build import build
from qgan.compare.hardware import hardware, of_rows
from qgan.config import Component, RunConfig, load
from qgan.experiment import Experiment
from qgan.files import read_json
from qgan.loop import train
from qgan.machine import threads
from qgan.session import evaluate_on_test

RECIPES = ("ibm-first", "lognormal")
FIRST = "ibm-first"
SEEDS, QUICK_SEEDS = range(5), range(1)
BACKEND, SHOTS = "fake:manila", 1024
NOISY: Changes = (("backend.name", BACKEND), ("backend.shots", SHOTS))
METRICS = ("kl", "ks")
# What is done on a computer after the warm start.
FIRST_STEPS, FIRST_SHOTS = 5, 256
ROWS = {
    "exact/exact": ("without noise", "without noise"),
    "exact/noisy": ("without noise", f"on {BACKEND}"),
    "noisy/noisy": (f"on {BACKEND}", f"on {BACKEND}"),
    "noisy/exact": (f"on {BACKEND}", "without noise"),
    "first/exact": (f"without noise, then {FIRST_STEPS} steps on {BACKEND} with {FIRST_SHOTS} shots", "without noise"),
    "first/noisy": (f"without noise, then {FIRST_STEPS} steps on {BACKEND} with {FIRST_SHOTS} shots", f"on {BACKEND}"),
}


def measure(place: Workplace) -> Figure:
    """Five seeds of each recipe and either way of training, on the test part; finished runs are not made again."""
    results: Json = {"backend": BACKEND, "shots": SHOTS, "recipes": {}}
    for recipe in RECIPES:
        seeds = []
        for seed in QUICK_SEEDS if place.quick else SEEDS:
            say(f"training: {recipe}, seed {seed}, without noise")
            exact = trained(place, recipe, seed)
            say(f"training: {recipe}, seed {seed}, on {BACKEND}")
            noisy = trained(place, recipe, seed, NOISY)
            seeds.append(_seed(recipe, seed, exact, noisy))
        results["recipes"][recipe] = {"seeds": seeds, "step": _step(recipe)}
    return Figure(f"Whole trainings with {SHOTS:,} shots under a computer's noise", results, _body(results))


def _seed(recipe: str, seed: int, exact: Trained, noisy: Trained) -> Json:
    scores = {}
    for name, done, other in (("exact", exact, _on(exact, BACKEND, SHOTS)), ("noisy", noisy, _on(noisy))):
        own, elsewhere = ("exact", "noisy") if name == "exact" else ("noisy", "exact")
        scores[f"{name}/{own}"] = read_json(done.run.path / "metrics.json")["metrics"]
        scores[f"{name}/{elsewhere}"] = _read(other, done, done.run.directory.chosen())
    if recipe == FIRST:
        last = _after_first_steps(exact)
        for name, backend in (("exact", ("batched.qubit", None)), ("noisy", (BACKEND, SHOTS))):
            read = _on(exact, *backend)
            read.state.load_state_dict(*last)
            scores[f"first/{name}"] = _scores(read)
    return {
        "seed": seed,
        "scores": {row: {metric: found[metric]["value"] for metric in METRICS} for row, found in scores.items()},
        "floor": {metric: scores["exact/exact"][metric]["floor"] for metric in METRICS},
        "trivial": {metric: scores["exact/exact"][metric]["trivial"] for metric in METRICS},
        "runs": {"exact": _run(exact), "noisy": _run(noisy)},
    }


def _run(done: Trained) -> Json:
    records = done.run.records()
    timing = done.run.directory.lines("timing")
    return {
        "config": done.run.config.sha256(),
        "trained_at": done.run.directory.identity["git"],
        "steps": len(records),
        "checkpoint": read_json(done.run.path / "metrics.json")["step"],
        "circuits": sum(record["executions"] for record in records),
        "shots": sum(record["shots"] for record in records),
        "seconds": done.seconds,
        "step_seconds": median(line["seconds"]["all"] for line in timing),
    }


def _step(recipe: str) -> Json:
    """What a step would take on a computer, and all of them, by the published formula."""
    config = load(recipe)
    rows = of_rows(config)
    assert rows is not None
    step = rows.in_step(config.train.discriminator_updates)
    return {
        **asdict(step),
        "jobs": step.jobs(SHOTS),
        "whole": asdict(hardware(step, steps=config.train.steps, shots=SHOTS)),
        "first": asdict(hardware(step, steps=FIRST_STEPS, shots=FIRST_SHOTS)),
    }


def _on(done: Trained, backend: str = "batched.qubit", shots: int | None = None, *, more_steps: int = 0) -> Experiment:
    """The experiment of a run on another backend, untrained."""
    config: RunConfig = done.run.config
    named: Json = {"name": backend} if shots is None else {"name": backend, "shots": shots}
    train_for = config.train.model_copy(update={"steps": config.train.steps + more_steps})
    return build(config.model_copy(update={"backend": Component.model_validate(named), "train": train_for}))


def _read(experiment: Experiment, done: Trained, which: str) -> Json:
    point = done.run.directory.checkpoint(which)
    experiment.state.load_state_dict(point.tensors, point.scalars)
    return _scores(experiment)


def _scores(experiment: Experiment) -> Json:
    config = experiment.config
    assert isinstance(config.run.threads, int)
    with threads(config.run.threads):
        report, _ = evaluate_on_test(experiment, samples=config.evaluate.samples)
    return report["metrics"]


def _after_first_steps(done: Trained) -> tuple[Any, Any]:
    """The state after a few steps from the last of a run, as `qgan train --resume` goes on elsewhere."""
    experiment = _on(done, BACKEND, FIRST_SHOTS, more_steps=FIRST_STEPS)
    point = done.run.directory.checkpoint("last")
    experiment.state.load_state_dict(point.tensors, point.scalars)
    steps = experiment.config.train.steps
    assert len(list(train(experiment.state, experiment.game, experiment.batches, steps=steps))) == FIRST_STEPS
    return experiment.state.state_dict()


def _body(results: Json) -> str:
    parts = [
        f"Each recipe was trained on `batched.qubit` without noise, and with {SHOTS:,} shots under the noise of "
        f"`{BACKEND}`, by the parameter-shift rule, with the same seeds. Each result was read both ways, with the same "
        "weights: without noise, and with that noise and those shots. All on the test part, lower is better; the "
        "checkpoint is the best on validation, as it was seen in training, and after the few steps the last. *Floor*: "
        "real samples against other real ones at the same size. *Trivial*: the best guess that learned nothing. "
        "With five seeds all values are given, and no claim is made.",
    ]
    for recipe, found in results["recipes"].items():
        parts += [f"## `{recipe}`", *(_values(found["seeds"], metric) for metric in METRICS), _cost(found)]
    return "\n\n".join(parts)


def _values(seeds: list[Json], metric: str) -> str:
    rows = [(*ROWS[row], [each["scores"][row][metric] for each in seeds]) for row in seeds[0]["scores"]]
    rows += [(side, "", [each[side][metric] for each in seeds]) for side in ("floor", "trivial")]
    head = (metric, "read", "median", *(f"seed {each['seed']}" for each in seeds))
    return table(head, [(one, two, number(median(values)), *map(number, values)) for one, two, values in rows])


def _cost(found: Json) -> str:
    step, runs = found["step"], [each["runs"] for each in found["seeds"]]
    whole, first = step["whole"], step["first"]
    lines = []
    for side, label in (("exact", "without noise"), ("noisy", f"on {BACKEND}")):
        some = [each[side] for each in runs]
        seconds = [run["seconds"] for run in some if run["seconds"] is not None]
        lines.append(
            (
                label,
                some[0]["steps"],
                f"{some[0]['circuits']:,}",
                f"{some[0]['shots']:,}",
                f"{1e3 * median(run['step_seconds'] for run in some):.1f} ms",
                f"{median(seconds):.0f} s" if seconds else "-",
            )
        )
    return "\n\n".join(
        [
            table(("trained", "steps", "circuits", "shots", "a step, median", "whole command, median"), lines),
            f"A step with shots takes {step['shown']} circuit(s) for the discriminator and {step['differentiated']} "
            f"for the generator's values and gradient, on a computer as {step['jobs']} jobs. By the published formula, "
            f"an estimate, a whole training on a computer would be {whole['jobs']:,} jobs and "
            f"{whole['qpu_seconds']:,.0f} s of its time; {FIRST_STEPS} steps with {FIRST_SHOTS} shots are "
            f"{first['jobs']} jobs and {first['qpu_seconds']:.1f} s.",
        ]
    )
