"""Under which conditions: what was equal and what was not, how settings were found, which runs there are, and where."""

__all__ = ["amendments", "commands", "environment", "fairness", "plugins", "runs", "tuning"]

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from qgan._typing import Json
from qgan.compare.comparison import Compared
from qgan.compare.declaration import Declaration, Declared
from qgan.compare.history import changed_keys, said
from qgan.files import read_json
from qgan.opening import differences
from qgan.report.learning import Trace
from qgan.report.tables import Column, Table

LOST = "A dash: nothing was measured on validation, or the run came to nothing, and no trivial value can stand for it."
# Names of configurations, and what no run depends on.
NOT_COMPARED = ("recipe", "seed", "compare")
EQUAL = {
    "data": "data and their split, by seed",
    "discriminator": "discriminator and its initial weights, by seed",
    "loss": "loss",
    "penalty": "penalty",
    "optimizer": "optimisers and learning rates",
    "schedule": "schedules of learning rates",
    "train": "steps, batches, updates and averages",
    "evaluate": "evaluation: metrics, samples, cadence, chosen checkpoint",
    "backend": "backend of circuits",
    "run": "threads and device",
}


def fairness(compared: Compared) -> tuple[list[Json], Table]:
    """What all trained models share, and each configuration's differences from the subject's."""
    trained = [entry for entry in compared.book.entries if entry.left_out is None]
    own = _stated(compared.subject.document)
    rows: list[Json] = []
    unequal: Counter[str] = Counter()
    for entry in trained[1:]:
        document = _stated(entry.document)
        keys = {_grouped(key) for key in differences(own, document)}
        unequal.update({key.partition(".")[0] for key in keys})
        rows += [
            {
                "recipe": compared.recipe,
                "model": entry.name,
                "key": key,
                "subject": _text(_at(own, key)),
                "other": _text(_at(document, key)),
            }
            for key in sorted(keys)
        ]
    shared = [
        {"part": part, "what": what, "unequal": unequal[part], "models": len(trained) - 1}
        for part, what in EQUAL.items()
    ]
    table = Table(
        "differences",
        "What was not equal: differences of configurations from the subject's",
        (
            Column("model", "model"),
            Column("key", "setting"),
            Column("subject", "subject"),
            Column("other", "model has"),
        ),
        rows,
        "Everything else in the configurations is the same, word for word.",
    )
    return shared, table


def tuning(compared: Compared) -> Table:
    """What the search for settings took and found."""
    rows, lost = [], False
    for entry in compared.book.entries:
        known = entry.tuning
        if known is None:
            continue
        finals = known.finals
        lost = lost or not all(map(isfinite, (*known.losses, *finals.values())))
        rows.append(
            {
                "recipe": compared.recipe,
                "model": entry.name,
                "trials": known.trials,
                "seconds": known.seconds,
                "failed": known.failed,
                "first": finals[0] if isfinite(finals[0]) else None,
                "best": min(finals.values()) if isfinite(min(finals.values())) else None,
                "settings": ", ".join(f"{key} = {_text(value)}" for key, value in known.settings.items()),
            }
        )
    about = "Primary metric on validation, after all steps on the last tuning seed, turned so that smaller is better"
    return Table(
        "tuning",
        "The search for settings, the same for all trained models",
        (
            Column("model", "model"),
            Column("trials", "trials"),
            Column("failed", "failed", testid="tuning-failed"),
            Column("seconds", "spent", "s", testid="tuning-seconds"),
            Column("first", "recipe's settings", about=about, testid="tuning-first"),
            Column("best", "best settings", about=about, testid="tuning-best"),
            Column("settings", "settings taken"),
        ),
        rows,
        " ".join([f"Declared: {compared.search}.", *([LOST] if lost else [])]),
    )


def runs(compared: Compared, found: dict[str, dict[int, Trace]]) -> Table:
    """Every run that there is to be."""
    rows: list[Json] = []
    for entry in compared.book.entries:
        if entry.left_out is not None:
            continue
        for seed in compared.seeds:
            name = compared.places.run(entry.name, seed)
            result = compared.results.get(entry.name, {}).get(seed)
            trace = found.get(entry.name, {}).get(seed)
            rows.append(
                {
                    "recipe": compared.recipe,
                    "model": entry.name,
                    "seed": seed,
                    "state": result.state if result else "not over" if trace else "not begun",
                    "step": trace.end[0] if trace else None,
                    "measured": result.step if result else None,
                    "seconds": trace.end[1] if trace else None,
                    "message": result.message if result else "",
                    "where": name,
                }
            )
    return Table(
        "runs",
        "All runs",
        (
            Column("model", "model"),
            Column("seed", "seed"),
            Column("state", "state"),
            Column("step", "steps done", testid="run-steps"),
            Column("measured", "measured at step", testid="run-measured"),
            Column("seconds", "training", "s", testid="run-seconds"),
            Column("message", "message"),
            Column("where", "where"),
        ),
        rows,
    )


def environment(paths: list[Path]) -> list[Json]:
    """Versions, machines and code of runs, each with how many runs had it."""
    counted: Counter[tuple[str, str]] = Counter()
    for path in paths:
        identity = read_json(path / "run.json")
        versions, machine, git = (identity.get(key) or {} for key in ("versions", "machine", "git"))
        counted.update((name, str(version)) for name, version in versions.items())
        counted.update((f"machine: {name}", str(value)) for name, value in machine.items())
        changed = ", with changes" if git.get("changed") else ""
        counted.update([("code: commit", f"{git['commit']}{changed}")] if git.get("commit") else [])
        counted.update(("plugin", str(name)) for name in identity.get("plugins", []))
    return [{"name": name, "value": value, "runs": count} for (name, value), count in sorted(counted.items())]


def amendments(declared: Declared) -> list[Json]:
    """What was changed after the first declaration, key by key."""
    return [
        {
            "at": each.at,
            "changed": [{"key": key, "was": said(was), "now": said(now)} for key, was, now in keys],
            "runs": each.runs,
            "sha256": each.declaration.sha256(),
        }
        for each, keys in zip(declared.amendments, changed_keys(declared), strict=True)
    ]


def plugins(paths: Iterable[Path]) -> list[str]:
    """Modules that runs were made with."""
    return list(dict.fromkeys(str(name) for path in paths for name in read_json(path / "run.json").get("plugins", [])))


def commands(known: Declaration, plugins: Sequence[str] = ()) -> list[str]:
    """What to type to have all this again, with these modules loaded."""
    load = [word for name in plugins for word in ("--plugin", name)]
    parts = ["qgan", "compare", *known.claims, "--seeds", _listed(known.seeds)]
    parts += ["--baselines", ",".join(known.baselines)]
    parts += ["--controls", ",".join(known.controls) or "none"]
    parts += ["--trials", str(known.trials)] if known.trials else ["--untuned"]
    for key, value in sorted(known.changes.items()):
        parts += ["--set", f"{key}={_toml(value)}"]
    return [
        shlex.join([*parts, *load, "--out", "again"]),
        shlex.join(["qgan", "report", "again", *load, "--open"]),
    ]


def _listed(seeds: Sequence[int]) -> str:
    """A single one needs a comma behind it, or it would be taken for how many there are."""
    return ",".join(map(str, seeds)) + ("," if len(seeds) == 1 else "")


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    # JSON and TOML write them alike, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _stated(document: Json) -> Json:
    return {key: value for key, value in document.items() if key not in NOT_COMPARED}


def _grouped(key: str) -> str:
    """A generator is another as a whole; of all else, each setting is named."""
    return "generator" if key == "generator" or key.startswith("generator.") else key


def _at(document: Json, key: str) -> Any:
    found: Any = document
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _text(value: Any) -> str:
    if isinstance(value, dict):
        name = str(value.get("name", ""))
        rest = ", ".join(f"{key} = {_text(each)}" for key, each in value.items() if key != "name")
        return f"{name}: {rest}" if name and rest else name or rest
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_text(each) for each in value) + "]"
    return "\N{EN DASH}" if value is None else str(value)
