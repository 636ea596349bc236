"""Every number of a comparison's page, worked out anew from the files of its directory.

Nothing of the package is used: only JSON, NumPy and SciPy. Run it with a directory to see the numbers.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from claims import NUMBER, Claims
from exact import SAY_FROM, censored, half, mean
from records import read
from scipy import stats

# In the order of the box that says what was equal.
PARTS = ("data", "discriminator", "loss", "penalty", "optimizer", "schedule", "train", "evaluate", "backend", "run")
SPLIT = ("generator forward", "generator backward", "discriminator", "rest")
SPENT = ("cpu-seconds", "gpu-seconds", "joules")
HOOKS = ("recipe", "model", "metric", "seed", "part")

# Table (or none), what the page calls the number, recipe, model, metric, seed, part.
Key = tuple[str, ...]
Numbers = dict[Key, list[float]]
Words = dict[Key, list[str]]


def numbers_of(directory: Path) -> Numbers:
    """Lists, as a table may have rows that only their order tells apart."""
    declared, changed = declarations(directory)
    found: Numbers = defaultdict(list)
    recipes = recipes_of(directory, declared)
    for recipe in recipes:
        listed = recipe.said("overview-number", whole=False) if len(recipes) > 1 else ()
        for table, name, of, value in (*listed, *recipe.numbers()):
            if value is not None:
                found[key_of(recipe, table, name, of)].append(value)
    plain = ("",) * len(HOOKS)
    if changed:
        found["", "amendments-count", *plain] = [len(changed)]
        found["", "amendment-runs", *plain] = [each["runs"] for each in changed]
    if runs := environment([path for recipe in recipes for path in recipe.paths()]):
        found["", "environment-runs", *plain] = runs
    return dict(found)


def words_of(directory: Path) -> Words:
    """What is said of contests: by the verdict, its kind and its claim, and in the columns of tables."""
    found: Words = defaultdict(list)
    for recipe in recipes_of(directory, declarations(directory)[0]):
        for table, name, of, text in recipe.words():
            found[key_of(recipe, table, name, of)].append(text)
    return dict(found)


def declarations(directory: Path) -> tuple[dict[str, Any], list[Any]]:
    """The one that holds, and what was amended."""
    first = read(directory / "declaration.json")["declaration"]
    amendments = directory / "amendments.jsonl"
    changed = [json.loads(line) for line in amendments.read_text().splitlines()] if amendments.exists() else []
    return changed[-1]["declaration"] if changed else first, changed


def recipes_of(directory: Path, declared: dict[str, Any]) -> list["Recipe"]:
    known = [name for name in declared["claims"] if (directory / "recipes" / name / "models.json").exists()]
    return [Recipe(directory, name, declared) for name in known]


def key_of(recipe: "Recipe", table: str, name: str, of: dict[str, Any]) -> Key:
    at = {"recipe": recipe.name, **of}
    return table, name, *(str(at.get(key) or "") if key != "seed" else str(at.get(key, "")) for key in HOOKS)


Number = tuple[str, str, dict[str, Any], float | None]
Word = tuple[str, str, dict[str, Any], str]


class Recipe(Claims):
    """Its numbers, and what the page calls them."""

    def numbers(self) -> Iterator[Number]:
        yield "", "seeds", {}, len(self.seeds)
        yield from self.said("verdict-number", whole=True)
        yield from self.keys()
        yield from self.quality()
        yield from self.seed_by_seed()
        yield from self.training()
        yield from self.economy()
        yield from self.circumstances()

    def said(self, name: str, *, whole: bool) -> Iterator[Number]:
        """Numbers of the verdict's sentence, or of what it claims alone."""
        claim, behind = self.sentence()
        for found in NUMBER.findall(f"{claim} {behind}" if whole else claim):
            yield "", name, {}, float(found)

    def words(self) -> Iterator[Word]:
        of = {"metric": self.metric, "part": "test"}
        yield "", "verdict-claim", {}, self.sentence()[0]
        if self.contests:
            yield "", "verdict", {}, self.contests[self.metric, self.opponent].kind
        controls = [each["name"] for each in self.entries if each["group"] == "control"]
        degraded = [name for name, there in self.rescored.items() if first(there)["group"] == "degraded"]
        for (metric, model), said in self.contests.items():
            at = {"metric": metric, "model": model, "part": "test"}
            if metric == self.metric:
                yield "table-summary", "verdict", at, said.verdict
            if model == self.opponent:
                yield "table-metrics", "verdict", at, said.verdict
            if metric == self.metric and model in (*controls, *degraded):
                yield "table-controls", "verdict", at, said.verdict
        climbing = True
        for name, _, said in self.ladder:
            climbing = climbing and said.kind == "better"
            yield "table-ladder", "beaten", {**of, "model": name}, "yes" if climbing else "no"

    def keys(self) -> Iterator[Number]:
        at, rival = {"metric": self.metric}, {"metric": self.metric, "model": self.opponent}
        if self.contests:
            for name, value in without(self.difference(self.metric, self.opponent), "detectable").items():
                yield "", f"key-{name}", rival, value
            yield from cells("", {}, self.hopeless())
        both = [self.summary(self.metric, model)["skill"] for model in ("subject", self.opponent) if model]
        if len(both) == 2 and None not in both:
            yield "", "key-skill", {**at, "model": "subject"}, both[0]
            yield "", "key-skill", rival, both[1]
        if self.headline:
            own = self.entries[0]["parameters"]
            for name, value in (("key-ladder", self.headline[0]), ("headline-parameters", self.headline[0])):
                yield "", name, {}, value
            yield "", "key-parameters", {}, own
            yield "", "headline-subject-parameters", {}, own
        one, other = self.speed.get("subject"), self.speed.get(self.opponent)
        if one and other and not one["contended"] and not other["contended"]:
            yield "", "key-slower", {}, one["seconds_per_step"] / other["seconds_per_step"]
            yield "", "key-seconds", {"model": "subject"}, one["seconds_per_step"]
            yield "", "key-seconds", {"model": self.opponent}, other["seconds_per_step"]
        tie = (self.cost or {}).get("break_even")
        yield "", "key-orders", {}, tie and tie["orders"]

    def quality(self) -> Iterator[Number]:
        entries = {each["name"]: each for each in self.trained}
        of = {"metric": self.metric, "part": "test"}
        for model in [*entries, *self.rescored]:
            row = self.summary(self.metric, model) | self.difference(self.metric, model)
            row |= {"parameters": entries.get(model, {}).get("parameters"), "failed": self.failures(model)}
            yield from cells("table-summary", {**of, "model": model}, row)
            for metric in self.metrics:
                skill = self.summary(metric, model)["skill"]
                yield "table-skills", "skill", {"model": model, "metric": metric, "part": "test"}, skill
        for metric in self.metrics:
            known = [each[metric] for each in self.yardsticks.values()]
            means = {name: mean([each[name] for each in known]) for name in ("floor", "trivial")}
            for model in ["subject", *([self.opponent] if self.opponent else [])]:
                row = (
                    self.summary(metric, model) | means | (self.difference(metric, model) if model != "subject" else {})
                )
                row.pop("score-iqm")
                yield from cells("table-metrics", {"metric": metric, "part": "test", "model": model}, row)
        for name, size, said in self.ladder:
            row = self.summary(self.metric, name) | said.row | {"parameters": size}
            row |= {"times": size / self.entries[0]["parameters"]}
            yield from cells("table-ladder", {**of, "model": name}, without(row, "score-iqm", "n"))
        degraded = [name for name, there in self.rescored.items() if first(there)["group"] == "degraded"]
        controls = [each["name"] for each in self.entries if each["group"] in ("subject", "control")]
        known = {each["name"]: each for each in self.entries}
        for name in [*controls, *degraded]:
            row = self.summary(self.metric, name) | self.difference(self.metric, name)
            facts = ("parameters", "circuit_weights", "tangent_rank")
            row |= {each: known.get(name, {}).get(each) for each in facts}
            yield from cells("table-controls", {**of, "model": name}, without(row, "score-iqm", "n"))
        for name, there in self.rescored.items():
            if first(there)["group"] in ("reference", "guide"):
                row = without(self.summary(self.metric, name), "score-iqm")
                yield from cells("table-references", {**of, "model": name}, row)

    def seed_by_seed(self) -> Iterator[Number]:
        for metric in self.metrics:
            pair = ["subject", *([self.opponent] if self.opponent else [])]
            scores = {model: self.scores(metric, model) for model in pair}
            for seed in self.seeds:
                of = {"metric": metric, "seed": seed, "part": "test"}
                known = self.yardsticks.get(seed, {}).get(metric, {})
                yield "table-seeds", "seed", of, seed
                yield from cells("table-seeds", of, {name: known.get(name) for name in ("floor", "trivial")})
                for model, there in scores.items():
                    value = there.get(seed)
                    yield "table-seeds", "score", {**of, "model": model}, value
                    yield "table-seeds", "skill", {**of, "model": model}, self.skill(metric, seed, value)
                if len(pair) == 2 and all(seed in there for there in scores.values()):
                    sign = 1 if known["direction"] == "lower" else -1
                    value = sign * (scores[pair[0]][seed] - scores[pair[1]][seed])
                    yield "table-seeds", "difference-seed", {**of, "model": self.opponent}, value
        for model in [*(each["name"] for each in self.trained), *self.rescored]:
            for seed, value in self.scores(self.metric, model).items():
                of = {"model": model, "metric": self.metric, "seed": seed, "part": "test"}
                yield "table-by-seed", "score", of, value

    def training(self) -> Iterator[Number]:
        models = [each["name"] for each in self.trained if each["document"]["train"]["steps"]]
        own = self.by_one_clock("subject")
        for model in models:
            there = self.traces(model)
            for seed, ((steps, seconds), _) in there.items():
                yield "table-runs", "run-steps", {"model": model, "seed": seed}, steps
                yield "table-runs", "run-seconds", {"model": model, "seed": seed}, seconds
            if not there:
                continue
            there = self.by_one_clock(model)
            of = {"model": model, "metric": self.metric, "part": "validation"}
            whens = [when for _, when in there.values()]
            yield "table-reaching", "n", of, len(whens)
            yield "table-reaching", "count", of, sum(isfinite(when[0]) for when in whens)
            for place, unit in enumerate(("steps", "seconds")):
                mine = censored([(when[place], end[place]) for end, when in there.values()])
                yield "table-reaching", f"{unit}-to-skill", of, half(mine)
                if model != "subject" and min(len(there), len(own)) >= SAY_FROM:
                    theirs = censored([(when[place], end[place]) for end, when in own.values()])
                    with np.errstate(all="ignore"):
                        p = float(stats.logrank(theirs, mine).pvalue)
                    yield "table-reaching", f"{unit}-p", of, p if isfinite(p) else None
        for entry in self.trained:
            for seed in self.seeds:
                of = {"model": entry["name"], "seed": seed}
                outcome = self.outcome(entry["name"], seed)
                yield "table-runs", "seed", of, seed
                yield "table-runs", "run-measured", of, outcome["step"] if outcome else None

    def economy(self) -> Iterator[Number]:
        for model, known in self.speed.items():
            row = {f"seconds-{part.replace(' ', '-')}": known["split"].get(part) for part in SPLIT}
            row |= {
                "seconds-per-step": known["seconds_per_step"],
                "steps-per-second": 1 / known["seconds_per_step"],
                "samples-per-second": known["samples_per_second"],
                "operations": sum(known["operations"].values()) if known["operations"] else None,
                "peak-memory": known["peak_bytes"] / 1024 / 1024,
                "cpu-seconds-per-step": known["cpu_seconds_per_step"],
                "timed": known["steps"],
                **{name: known[name] for name in ("executions", "shots", "threads", "load")},
            }
            yield from cells("table-speed", {"model": model}, row)
        known = self.cost or {"parameters": {}, "hardware": None, "break_even": None, "over_wires": ()}
        for model, count in known["parameters"].items():
            spent = {name: known[name.replace("-", "_")].get(model) for name in SPENT}
            yield from cells("table-cost", {"model": model}, {"parameters": count, **spent})
        for tie in [*([known["break_even"]] if known["break_even"] else []), *known["over_wires"]]:
            row = {"wires": tie["wires"], "break-even-skill": tie["skill"], "executions-total": tie["executions"]}
            row |= {name: tie[name.replace("-", "_")] for name in ("classical-seconds", "subject-steps", "orders")}
            row |= {name: tie[name.replace("-", "_")] for name in ("seconds-elsewhere", "todays-clock")}
            row |= {f"break-even-{name}": tie[name] for name in ("clock", "latency")}
            yield from cells("table-break-even", {"model": "subject"}, row)
        if hardware := known["hardware"]:
            named = {f"hardware-{name}": hardware[name] for name in ("executions", "shots", "jobs")}
            yield from cells("", {}, {"qpu-seconds": hardware["qpu_seconds"], **named})

    def circumstances(self) -> Iterator[Number]:
        own = self.trained[0]["document"]
        for part in PARTS:
            unequal = sum(each["document"].get(part) != own.get(part) for each in self.trained[1:])
            if unequal:
                yield "", "unequal", {}, unequal
                yield "", "unequal-of", {}, len(self.trained) - 1
        for entry in self.entries:
            if known := entry["tuning"]:
                losses = {number: float(loss) for number, loss in known["finals"].items()}
                row = {"trials": known["trials"], "tuning-seconds": known["seconds"], "tuning-failed": known["failed"]}
                finite = {"tuning-first": losses["0"], "tuning-best": min(losses.values())}
                row |= {name: loss for name, loss in finite.items() if isfinite(loss)}
                yield from cells("table-tuning", {"model": entry["name"]}, row)
        pair = [name for name in ("subject", self.opponent) if name]
        drawn = {s: sum((self.path(name, s) / "samples.npz").is_file() for name in pair) for s in self.seeds}
        yield "", "samples-seed", {}, max(self.seeds, key=lambda seed: drawn[seed])


def environment(paths: list[Path]) -> list[float]:
    """How many runs had each version, machine and commit."""
    counted: Counter[tuple[str, str]] = Counter()
    for path in paths:
        known = read(path / "run.json")
        counted.update((name, str(value)) for name, value in known["versions"].items())
        counted.update((f"machine: {name}", str(value)) for name, value in known["machine"].items())
        git = known.get("git") or {}
        changed = ", with changes" if git.get("changed") else ""
        counted.update([("code: commit", git["commit"] + changed)] if git.get("commit") else [])
        counted.update(("plugin", name) for name in known.get("plugins", ()))
    return [count for _, count in sorted(counted.items())]


def cells(table: str, of: dict[str, Any], row: dict[str, Any]) -> Iterator[Number]:
    for name, value in row.items():
        yield table, name, of, value


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def first(mapping: dict[int, Any]) -> Any:
    return next(iter(mapping.values()))


if __name__ == "__main__":
    for key, found in sorted(numbers_of(Path(sys.argv[1])).items()):
        sys.stdout.write(f"{' '.join(filter(None, key))}: {', '.join(map(repr, found))}\n")
