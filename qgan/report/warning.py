"""What a reader has to know before believing a page."""

__all__ = ["warnings_of"]

from collections import defaultdict

from qgan.compare.comparison import Compared
from qgan.compare.standings import Standings
from qgan.compare.verdict import RULE


def warnings_of(compared: Compared, judged: Standings) -> list[str]:
    """In the order of their weight."""
    return [
        *_about_claims(compared),
        *_about_runs(compared),
        *_about_contests(judged),
        *_about_times(compared),
    ]


def _about_claims(compared: Compared) -> list[str]:
    found, n = [], len(compared.seeds)
    if compared.origin is not None and compared.origin.words is not None:
        found.append(f"The claim is not the one that was declared first: {compared.origin.words}.")
    if not compared.tuned:
        found.append("Nothing was tuned, so that nothing is claimed.")
    if n < RULE.say_from:
        found.append(f"{n} seeds: fewer than {RULE.say_from} bear no claim.")
    elif n < RULE.claim_from:
        found.append(f"{n} seeds: with fewer than {RULE.claim_from}, what is said is indicative.")
    if compared.opponent is None:
        found.append("The best of the classical families is not known yet.")
    return found


def _about_runs(compared: Compared) -> list[str]:
    found = []
    for entry in compared.book.entries:
        if entry.left_out is not None:
            found.append(f"{entry.name} is not trained: {entry.left_out}")
            continue
        for state in ("failed", "diverged"):
            results = compared.results.get(entry.name, {})
            if seeds := [str(seed) for seed, result in results.items() if result.state == state]:
                found.append(f"{entry.name} {state} on seed {', '.join(seeds)}, which counts at the trivial score.")
    trained = [entry.name for entry in compared.book.entries if entry.left_out is None]
    every = len(trained) * len(compared.seeds)
    missing = every - sum(len(compared.results.get(name, {})) for name in trained)
    return [*found, *([f"{missing} of {every} runs are not over yet."] if missing else [])]


def _about_contests(judged: Standings) -> list[str]:
    return [f"No contest of {what}: {why}." for what, why in judged.left_out]


def _about_times(compared: Compared) -> list[str]:
    busy: dict[str, list[str]] = defaultdict(list)
    for model, known in compared.speed.items():
        if known.contended:
            busy[known.contended].append(model)
    return [
        *(f"The times of {', '.join(models)} may be those of a busy machine: {why}." for why, models in busy.items()),
        *(f"{model} could not be timed: {why}" for model, why in compared.untimed.items()),
    ]
