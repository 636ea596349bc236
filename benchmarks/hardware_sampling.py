"""A trained generator of digits under three computers' noise, exactly and with shots, beside the exact simulator."""

__all__ = ["measure"]

from statistics import median

from matplotlib.figure import Figure as Picture

from benchmarks.evidence import Figure, Workplace, number, say, table
from benchmarks.quality import trained
from qgan._typing import Json

RECIPE = "digits"
# The exact simulator, a Falcon, a Heron r1, a Heron r2. Manila's 5 qubits are too few for circuits of 6.
BACKENDS = ("batched.qubit", "fake:lagos", "fake:torino", "fake:fez")
SHOTS = (None, 1024)
SEEDS, QUICK_SEEDS = range(5), range(2)
REPEATS, QUICK_REPEATS = 5, 2
TOLD = ("frechet-distance", "cnn-frechet", "energy-distance", "sliced-wasserstein", "coverage", "recognised")


def measure(place: Workplace) -> Figure:
    """Every seed is a training of its own, on a split of its own; the median of its evaluations is its value."""
    seeds = QUICK_SEEDS if place.quick else SEEDS
    backends, repeats = (BACKENDS[::2], QUICK_REPEATS) if place.quick else (BACKENDS, REPEATS)
    sweeps: list[Json] = []
    for seed in seeds:
        say(f"sampling: training seed {seed}")
        run = trained(place, RECIPE, seed).run
        say(f"sampling: seed {seed} under noise and with shots")
        sweeps.append(run.sweep(backends=backends, shots=SHOTS, repeats=repeats).document)
    results: Json = {"recipe": RECIPE, "repeats": repeats, "sweeps": sweeps, "summary": summary(sweeps)}
    place.out.mkdir(parents=True, exist_ok=True)
    _picture(results).savefig(place.out / "sampling.png")
    return Figure("A trained generator of digits under three computers' noise", results, _body(results))


def summary(sweeps: list[Json]) -> Json:
    """By metric: floor and trivial value, and for each setting value, change and skill over the seeds."""
    found: Json = {}
    for name, first in sweeps[0]["rows"][0]["metrics"].items():
        found[name] = {"direction": first["direction"], "rows": []}
        known = [each["rows"][0]["metrics"][name] for each in sweeps]
        found[name] |= {side: _median([some[side] for some in known]) for side in ("floor", "trivial")}
        for place, row in enumerate(sweeps[0]["rows"]):
            scores = [each["rows"][place]["metrics"][name] for each in sweeps]
            found[name]["rows"].append(
                {
                    "backend": row["backend"],
                    "shots": row["shots"],
                    "value": _spread([score["value"] for score in scores]),
                    "change": _spread([score["change"]["value"] for score in scores]),
                    "skill": _spread([score["skill"] for score in scores]),
                }
            )
    return found


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if len(known) == len(values) else None


def _spread(values: list[float | None]) -> list[float] | None:
    """Median, lowest and highest; None where a seed has none."""
    known = [value for value in values if value is not None]
    return [median(known), min(known), max(known)] if len(known) == len(values) else None


def _told(row: Json) -> str:
    return f"{row['backend']}, " + ("exact" if row["shots"] is None else f"{row['shots']} shots")


def _body(results: Json) -> str:
    sweeps, found = results["sweeps"], results["summary"]
    count, first = len(sweeps), sweeps[0]
    parts = [
        "![The main metric in each setting, a line for each seed](sampling.png)",
        f"`{results['recipe']}`, {count} seeds of training, {first['n']} samples on each side of the test part, which "
        "nothing was chosen by. All settings have the same latents; each seed's value is the median of "
        f"{results['repeats']} evaluations with latents and shots of their own. In brackets are the lowest and the "
        f"highest of the seeds, which hold the median of all seeds with a confidence of {1 - 2.0 ** (1 - count):.0%}. "
        "*Change* is from the exact simulator, seed by seed. *Skill* is 0 for the best that learned nothing and 1 for "
        "real data.",
        "A fake computer has the gates, the noise and the misread bits of one calibration of the real one; nothing of "
        "this ran on a quantum computer. `fake:manila` has 5 qubits, too few for these circuits of 6.",
    ]
    for name in [name for name in TOLD if name in found]:
        metric = found[name]
        rows = [
            (_told(row), _range(row["value"]), _range(row["change"], "+"), _range(row["skill"]))
            for row in metric["rows"]
        ]
        sides = f"floor {number(metric['floor'])}, trivial {number(metric['trivial'])}; medians of the seeds"
        parts += [
            f"## {name}\n\n{metric['direction'].capitalize()} is better; {sides}.",
            table(("setting", "value", "change", "skill"), rows),
        ]
    return "\n\n".join([*parts, _findings(found[first["metric"]], first["metric"], count)])


def _range(spread: list[float] | None, sign: str = "") -> str:
    if spread is None:
        return "-"
    middle, low, high = (format(value, f"{sign}.3g") for value in spread)
    return f"{middle} ({low} to {high})"


def _findings(metric: Json, name: str, count: int) -> str:
    """Of the main metric: where every seed changed for the worse, and where skill is left in every seed."""
    worse = 1 if metric["direction"] == "lower" else -1
    lines = []
    for row in metric["rows"][1:]:
        change, skill = row["change"], row["skill"]
        if change is None or skill is None:
            lines.append(f"- {_told(row)}: not measurable in every seed.")
            continue
        ends = sorted(worse * value for value in change[1:])
        how = (
            "worse in every seed"
            if ends[0] > 0
            else "better in every seed"
            if ends[1] < 0
            else "not the same way in all"
        )
        left = (
            "above 0 in every seed"
            if skill[1] > 0
            else "below 0 in every seed"
            if skill[2] < 0
            else "0 between the seeds"
        )
        lines.append(f"- {_told(row)}: {how}; skill {left}.")
    return f"## Findings\n\n{name}, {count} seeds:\n\n" + "\n".join(lines)


def _picture(results: Json) -> Picture:
    sweeps = results["sweeps"]
    name, rows = sweeps[0]["metric"], sweeps[0]["rows"]
    picture = Picture(figsize=(9, 4.6), layout="constrained")
    axes = picture.subplots()
    for sweep in sweeps:
        found = [row["metrics"][name] for row in sweep["rows"]]
        values = [some["value"] for some in found]
        ranges = [[some["value"] - some["low"] for some in found], [some["high"] - some["value"] for some in found]]
        axes.errorbar(
            range(len(rows)), values, ranges, marker="o", ms=4, lw=1, capsize=3, label=f"seed {sweep['seed']}"
        )
    known = results["summary"][name]
    axes.axhline(known["floor"], color="#009E73", ls="--", label="floor, median")
    axes.axhline(known["trivial"], color="#D55E00", ls=":", label="trivial, median")
    axes.set_xticks(range(len(rows)), [_told(row).replace(", ", "\n") for row in rows], fontsize=8)
    axes.set_ylabel(f"{name} ({known['direction']} is better)")
    axes.set_title(
        f"{results['recipe']}: each seed's median and range of {results['repeats']} evaluations", fontsize=11
    )
    axes.legend(frameon=False, fontsize=8, ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    return picture
