"""What a comparison's files say of one recipe."""

import json
from collections.abc import Iterator
from math import nan
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from exact import band, trimmed


class Records:
    """As they lie there, and what follows from them seed by seed."""

    def __init__(self, root: Path, name: str, declaration: dict[str, Any]) -> None:
        self.root, self.name, self.seeds = root, name, declaration["seeds"]
        self.tuned = declaration["trials"] > 0
        self.claim, own = declaration["claims"][name], root / "recipes" / name
        book = read(own / "models.json")
        self.entries = book["entries"]
        self.trained = [each for each in self.entries if each["left_out"] is None]
        self.opponent = book["family"] if self.claim["opponent"] == "matched" else self.claim["opponent"]
        self.family, self.metric = book["family"], self.claim["metric"]
        measured = self.entries[0]["document"]["evaluate"]["metrics"]
        self.metrics = [self.metric, *(each for each in measured if each != self.metric)]
        known = {seed: own / "yardsticks" / f"s{seed}.json" for seed in self.seeds}
        self.yardsticks = {
            seed: {each["name"]: each for each in read(path)["scores"]} for seed, path in known.items() if path.exists()
        }
        self.failed = read(own / "failures.json") if (own / "failures.json").exists() else {}
        self.speed = {e["name"]: s for e in self.trained if (s := maybe(own / "speed" / f"{e['name']}.json"))}
        self.cost = maybe(own / "cost.json")
        self.rescored: dict[str, dict[int, Any]] = {}
        for control in sorted(declaration["controls"]):
            there = {seed: each for seed in self.seeds if (each := maybe(own / "rescored" / control / f"s{seed}.json"))}
            if there:
                self.rescored[control] = there

    def path(self, model: str, seed: int) -> Path:
        return self.root / "runs" / self.name / model / f"s{seed}"

    def paths(self) -> Iterator[Path]:
        for entry in self.entries:
            for seed in self.seeds:
                if (self.path(entry["name"], seed) / "run.json").is_file():
                    yield self.path(entry["name"], seed)

    def outcome(self, model: str, seed: int) -> dict[str, Any] | None:
        """What a trained model's run came to, if it is over."""
        path = self.path(model, seed)
        state = read(path / "status.json")["state"] if path.exists() else None
        if state == "done":
            report = read(path / "metrics.json")
            return {"state": state, "step": report["step"], "values": report["metrics"]}
        lost = f"runs/{self.name}/{model}/s{seed}" in self.failed
        return {"state": state, "step": None, "values": {}} if state == "diverged" or lost else None

    def failures(self, model: str) -> int:
        there = (self.outcome(model, seed) for seed in self.seeds)
        return sum(each is not None and each["state"] != "done" for each in there)

    def scores(self, metric: str, model: str) -> dict[int, float]:
        """By seed; what failed or diverged has the trivial value."""
        found = {}
        for seed in self.seeds:
            known = self.yardsticks.get(seed, {}).get(metric)
            value = self.value(metric, model, seed) if known else nan
            value = known["trivial"] if known and value is None else value
            if value is not None and not np.isnan(value):
                found[seed] = value
        return found

    def value(self, metric: str, model: str, seed: int) -> float | None:
        """NaN where there is nothing yet, None where it failed."""
        if model in {each["name"] for each in self.trained}:
            outcome = self.outcome(model, seed)
            return nan if outcome is None else outcome["values"].get(metric, {}).get("value")
        scored = self.rescored.get(model, {}).get(seed)
        subject = self.outcome("subject", seed)
        excused = subject is not None and subject["state"] != "done"
        if scored is None or (scored["reason"] is not None and not excused):
            return nan
        return scored["values"].get(metric, nan)

    def skill(self, metric: str, seed: int, value: float | None) -> float | None:
        known = self.yardsticks.get(seed, {}).get(metric)
        if value is None or known is None or known["reason"] or None in (known["floor"], known["trivial"]):
            return None
        return (known["trivial"] - value) / (known["trivial"] - known["floor"])

    def differences(self, metric: str, model: str) -> list[float] | None:
        """The subject's minus the model's, smaller being better; none unless all seeds are there."""
        own, other = self.scores(metric, "subject"), self.scores(metric, model)
        if not len(own) == len(other) == len(self.seeds):
            return None
        sign = 1 if self.yardsticks[self.seeds[0]][metric]["direction"] == "lower" else -1
        return [sign * (own[seed] - other[seed]) for seed in self.seeds]

    def traces(self, model: str) -> dict[int, tuple[tuple[int, float], tuple[float, float]]]:
        """By seed: steps and seconds in all, and those to the stated skill, NaN if never."""
        found = {}
        for seed in self.seeds:
            path = self.path(model, seed)
            if (path / "run.json").is_file():
                clock = [0.0]
                for line in lines(path / "timing.jsonl"):
                    clock.append(clock[-1] + sum(s for part, s in line["seconds"].items() if part != "all"))
                when = (nan, nan)
                for line in reversed(lines(path / "evaluations.jsonl")):
                    skill = line["scores"].get(self.metric, {}).get("skill")
                    if skill is not None and skill >= self.claim["skill"]:
                        when = (line["step"], clock[line["step"]])
                found[seed] = ((len(clock) - 1, clock[-1]), when)
        return found

    def by_one_clock(self, model: str) -> dict[int, tuple[tuple[int, float], tuple[float, float]]]:
        """The same, by the pace of models alone on the machine if all of them were timed so."""
        moving = [each["name"] for each in self.trained if each["document"]["train"]["steps"]]
        there = self.traces(model)
        if not all(name in self.speed and self.speed[name]["contended"] is None for name in moving):
            return there
        pace = self.speed[model]["seconds_per_step"]
        return {s: ((last, last * pace), (when, when * pace)) for s, ((last, _), (when, _)) in there.items()}

    def summary(self, metric: str, model: str) -> dict[str, float | None]:
        scores = self.scores(metric, model)
        values = list(scores.values())
        low, high = band(values)
        skills = [self.skill(metric, seed, value) for seed, value in scores.items()]
        whole = [each for each in skills if each is not None]
        return {
            "score-median": median(values) if values else None,
            "score-median-low": low,
            "score-median-high": high,
            "score-iqm": trimmed(values) if values else None,
            "skill": median(whole) if whole and len(whole) == len(skills) else None,
            "n": len(values),
        }


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def maybe(path: Path) -> Any:
    return read(path) if path.exists() else None


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
