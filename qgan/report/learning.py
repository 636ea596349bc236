"""How models came to be what they are: curves on the validation part, and how long they took to the stated skill."""

__all__ = ["Trace", "curves", "reaching", "traces"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import fmean
from typing import final

import numpy as np

from qgan import layout
from qgan._registry import NoOptions
from qgan._typing import Json
from qgan.compare.comparison import Compared
from qgan.compare.curves import band
from qgan.compare.entries import Entry
from qgan.compare.reaching import Reached, faster, reached
from qgan.compare.timeline import step_seconds
from qgan.compare.verdict import RULE
from qgan.metrics import METRICS
from qgan.report.economy import SECONDS
from qgan.report.tables import Column, Table
from qgan.runs import RunDirectory

PART = "validation"


@final
@dataclass(frozen=True)
class Trace:
    """What a run wrote down on its way.

    Attributes:
        state: Its own, from its status.
        steps: Of its evaluations.
        seconds: Of training until each of them; evaluations and checkpoints are not counted.
        values: By metric, at these steps; None where one could not be computed.
        skills: Likewise.
        end: The last step, and the seconds until then.
        references: Floor and trivial value by metric.
    """

    state: str
    steps: tuple[int, ...]
    seconds: tuple[float, ...]
    values: Mapping[str, tuple[float | None, ...]]
    skills: Mapping[str, tuple[float | None, ...]]
    end: tuple[int, float]
    references: Mapping[str, Json]

    @classmethod
    def of(cls, run: RunDirectory) -> "Trace":
        """Of a run, finished or not."""
        timing, evaluations = run.lines("timing"), run.lines("evaluations")
        clock, latest = {0: 0.0}, 0.0
        for line in timing:
            spent = sum(value for part, value in line["seconds"].items() if part != "all")
            clock[line["step"]] = clock.get(line["step"] - 1, latest) + spent
            latest = max(latest, clock[line["step"]])
        metrics = run.config.evaluate.metrics

        def numbers(key: str) -> dict[str, tuple[float | None, ...]]:
            return {m: tuple(line["scores"].get(m, {}).get(key) for line in evaluations) for m in metrics}

        kept = run.path / "references.json"
        return cls(
            state=run.status["state"],
            steps=tuple(line["step"] for line in evaluations),
            seconds=tuple(clock.get(line["step"], latest) for line in evaluations),
            values=numbers("value"),
            skills=numbers("skill"),
            end=(max(clock), latest),
            references=layout.read(kept, layout.References)["metrics"] if kept.exists() else {},
        )


def traces(compared: Compared) -> dict[str, dict[int, Trace]]:
    """By model and seed, of all runs that have begun; models that take no steps leave none."""
    found: dict[str, dict[int, Trace]] = {}
    for entry in compared.book.entries:
        if entry.left_out is None and entry.config(0).train.steps > 0:
            runs = {seed: compared.places.root / compared.places.run(entry.name, seed) for seed in compared.seeds}
            there = {seed: path for seed, path in runs.items() if (path / "run.json").is_file()}
            found[entry.name] = {seed: Trace.of(RunDirectory.open(path)) for seed, path in there.items()}
    return found


def curves(compared: Compared, found: Mapping[str, Mapping[int, Trace]]) -> list[Json]:
    """For each metric the subject's and the primary opponent's curves, and on the primary metric those of all.

    A diverged or failed run goes on at its worst value, and one that has converged at its last.
    """
    found = _on_one_clock(compared, found)
    pair = [name for name in ("subject", compared.opponent or "") if name in found]
    documents = []
    for metric in compared.metrics:
        lower = _lower(metric)
        models = [*pair, *(name for name in found if name not in pair)] if metric == compared.claim.metric else pair
        lines = [_curve(name, metric, found[name], _steps(compared.entry(name)), lower) for name in models]
        documents.append(
            {
                "metric": metric,
                "part": PART,
                "better": "lower" if lower else "higher",
                "floor": _reference(found, metric, "floor"),
                "trivial": _reference(found, metric, "trivial"),
                "models": [line for line in lines if line is not None],
            }
        )
    return documents


def reaching(compared: Compared, found: Mapping[str, Mapping[int, Trace]]) -> tuple[Table, list[Json]]:
    """Time to the stated skill: a table, and the share of seeds that had got there by each time."""
    metric, least = compared.claim.metric, compared.claim.skill
    found, alone = _on_one_clock(compared, found), step_seconds(compared) is not None
    times = {name: [_first(trace, metric, least) for trace in by_seed.values()] for name, by_seed in found.items()}
    ends = {name: [trace.end for trace in by_seed.values()] for name, by_seed in found.items()}
    rows, shares = [], []
    for name in times:
        if not times[name]:
            continue
        row: Json = {"recipe": compared.recipe, "model": name, "metric": metric, "part": PART, "n": len(times[name])}
        share: Json = {"model": name}
        for place, unit in enumerate(("steps", "seconds")):
            when, until = [each[place] for each in times[name]], [float(each[place]) for each in ends[name]]
            estimate = reached(when, until)
            row |= {"count": estimate.count, unit: estimate.median}
            share[unit] = _share(estimate, until)
            if name != "subject" and min(len(when), len(times["subject"])) >= RULE.say_from:
                own = [each[place] for each in times["subject"]], [float(each[place]) for each in ends["subject"]]
                row[f"{unit}_p"] = faster(*own, when, until)
        rows.append(row)
        shares.append(share)
    about = "When half of the seeds had got there (Kaplan and Meier); a dash where fewer ever did"
    table = Table(
        "reaching",
        f"Time to a skill of {least:g} on {metric}",
        (
            Column("model", "model"),
            Column("count", "seeds that got there"),
            Column("n", "of"),
            Column("steps", "median steps", about=about, testid="steps-to-skill"),
            Column("seconds", "median seconds", "s", about=about, testid="seconds-to-skill"),
            Column(
                "steps_p", "log-rank p, steps", about="Against the subject, two-sided, uncorrected", testid="steps-p"
            ),
            Column("seconds_p", "log-rank p, seconds", about="Against the subject, uncorrected", testid="seconds-p"),
        ),
        rows,
        "The first evaluation on validation at that skill or more. Seeds that never got there are censored at the end "
        "of their runs. The log-rank tests know of no pairs and are not corrected: nothing is claimed from them. "
        f"Seconds are {SECONDS[alone]}.",
    )
    return table, shares


def _on_one_clock(compared: Compared, found: Mapping[str, Mapping[int, Trace]]) -> Mapping[str, Mapping[int, Trace]]:
    """With the seconds of models alone on the machine, where these are known; otherwise as the runs took them."""
    alone = step_seconds(compared)
    if alone is None:
        return found
    return {name: {seed: _at(trace, alone[name]) for seed, trace in there.items()} for name, there in found.items()}


def _at(trace: Trace, pace: float) -> Trace:
    end = trace.end[0], trace.end[0] * pace
    return replace(trace, seconds=tuple(step * pace for step in trace.steps), end=end)


def _curve(name: str, metric: str, runs: Mapping[int, Trace], last: int, lower: bool) -> Json | None:
    known = {seed: trace for seed, trace in runs.items() if trace.steps}
    steps = sorted({step for trace in known.values() for step in trace.steps if step <= last})
    continued = {seed: _continued(trace, metric, steps, lower) for seed, trace in known.items()}
    whole = {seed: values for seed, values in continued.items() if values is not None}
    if not whole or not steps:
        return None
    over = band([whole[seed] for seed in whole])
    clock = [dict(zip(known[seed].steps, known[seed].seconds, strict=True)) for seed in whole]
    return {
        "model": name,
        "n": over.n,
        "steps": steps,
        "seconds": [float(np.median([each[step] for each in clock if step in each])) for step in steps],
        "median": list(over.values),
        "low": list(over.low),
        "high": list(over.high),
        "seeds": [
            {
                "seed": seed,
                "values": whole[seed],
                "seconds": list(known[seed].seconds),
                "ended": None if known[seed].state in ("done", "running", "created") else known[seed].end[0],
                "state": known[seed].state,
            }
            for seed in whole
        ],
    }


def _continued(trace: Trace, metric: str, steps: Sequence[int], lower: bool) -> list[float] | None:
    """One value for each step, or None where a run that was stopped has not got so far."""
    own = dict(zip(trace.steps, trace.values.get(metric, ()), strict=False))
    known = [*own.values(), trace.references.get(metric, {}).get("trivial")]
    there = [value for value in known if value is not None]
    if not there:
        return None
    worst = max(there) if lower else min(there)
    values, latest = [], worst
    for step in steps:
        if step in own:
            value = own[step]
            latest = worst if value is None else value
        elif step > trace.steps[-1] and trace.state in ("diverged", "failed"):
            latest = worst
        elif step > trace.steps[-1] and trace.state != "done":
            return None
        values.append(float(latest))
    return values


def _first(trace: Trace, metric: str, least: float) -> tuple[float, float]:
    """Steps and seconds to the first evaluation of that skill; NaN if there is none."""
    for step, seconds, skill in zip(trace.steps, trace.seconds, trace.skills.get(metric, ()), strict=False):
        if skill is not None and skill >= least:
            return float(step), seconds
    return float("nan"), float("nan")


def _share(estimate: Reached, ends: Sequence[float]) -> Json:
    """A staircase from 0 to the last end."""
    last = max(ends, default=0.0)
    grown = [(time, share) for time, share in zip(estimate.times, estimate.shares, strict=True) if time < inf]
    steps = [
        (0.0, 0.0),
        *grown,
        (max(last, *(time for time, _ in grown)) if grown else last, grown[-1][1] if grown else 0.0),
    ]
    return {"times": [time for time, _ in steps], "shares": [share for _, share in steps], "n": estimate.n}


def _reference(found: Mapping[str, Mapping[int, Trace]], metric: str, which: str) -> float | None:
    """On validation, the mean over the subject's seeds."""
    known = [trace.references.get(metric, {}).get(which) for trace in found.get("subject", {}).values()]
    there = [value for value in known if value is not None]
    return fmean(there) if there and len(there) == len(known) else None


def _lower(metric: str) -> bool:
    return METRICS.lookup(metric).make(NoOptions()).direction == "lower"


def _steps(entry: Entry) -> int:
    return entry.config(0).train.steps
