"""Everything that a comparison's page says, as one plain document; page, JSON and CSV are made of it alone."""

__all__ = ["document"]

from pathlib import Path

import qgan
from qgan._typing import Json
from qgan.compare.comparison import Compared, Comparison
from qgan.compare.power import fewest_seeds
from qgan.compare.standings import Standings, device_of, standings
from qgan.compare.timeline import step_seconds
from qgan.compare.verdict import RULE
from qgan.report.bibliography import entries_for
from qgan.report.circumstances import amendments, commands, environment, fairness, plugins, runs, tuning
from qgan.report.economy import LATENCY, SECONDS, break_even, cost, hardware, speed
from qgan.report.given import disclosed, given
from qgan.report.learning import curves, reaching, traces
from qgan.report.quality import quality
from qgan.report.references import references
from qgan.report.scores import Scores, p_of
from qgan.report.warning import warnings_of

SCHEMA = 1


def document(comparison: Comparison) -> Json:
    """Of a comparison, finished or not. The same directory gives the same document."""
    declared = comparison.declared
    known = declared.current
    recipes = [recipe(compared) for compared in comparison.recipes]
    waiting = [name for name in known.claims if name not in {each["recipe"] for each in recipes}]
    changed = amendments(declared)
    return {
        "schema": SCHEMA,
        "kind": "comparison",
        "qgan": qgan.__version__,
        "title": ", ".join(known.claims),
        "declaration": {
            "at": declared.at,
            "sha256": declared.first.sha256(),
            "current_sha256": known.sha256(),
            "first": declared.first.document(),
            "document": known.document(),
            "amendments": changed,
        },
        "rule": {"alpha": RULE.alpha, "say_from": RULE.say_from, "claim_from": RULE.claim_from},
        "recipes": recipes,
        "waiting": waiting,
        "environment": environment(_run_paths(comparison)),
        "commands": commands(known, plugins(_run_paths(comparison))),
        "bibliography": entries_for(
            [entry.document for compared in comparison.recipes for entry in compared.book.entries],
            also=(
                "comparison",
                *(["tuning"] if known.trials else []),
                *(["hardware"] if any(each["hardware"] for each in recipes) else []),
            ),
        ),
    }


def recipe(compared: Compared) -> Json:
    """One of its recipes."""
    judged, found = standings(compared), traces(compared)
    scores = Scores(compared, judged)
    reached, shares = reaching(compared, found)
    shared, unequal = fairness(compared)
    tables = [
        *quality(scores),
        reached,
        speed(compared),
        cost(compared),
        break_even(compared),
        references(scores),
        unequal,
        given(compared),
        tuning(compared),
        runs(compared, found),
    ]
    claim = compared.claim
    return {
        "recipe": compared.recipe,
        "claim": claim.model_dump(mode="json"),
        "amended": compared.origin.words if compared.origin else None,
        "opponent": compared.opponent,
        "family": compared.book.family,
        "seeds": list(compared.seeds),
        "tuned": compared.tuned,
        "better": scores.direction(claim.metric),
        "floor": scores.reference(claim.metric, "floor"),
        "trivial": scores.reference(claim.metric, "trivial"),
        "device": device_of(compared.subject.config(0)),
        "verdict": _verdict(judged),
        "contests": _contests(judged, compared),
        "hopeless": _hopeless(judged),
        "left_out": [list(each) for each in judged.left_out],
        "not_trained": [{"model": e.name, "why": e.left_out} for e in compared.book.entries if e.left_out],
        "keys": _keys(compared, judged, scores),
        "tables": {table.name: table.document() for table in tables},
        "curves": curves(compared, found),
        "reached": {"skill": claim.skill, "models": shares},
        "seconds_are": SECONDS[step_seconds(compared) is not None],
        "hardware": hardware(compared),
        "equal": shared,
        "disclosed": disclosed(compared),
        "warnings": warnings_of(compared, judged),
    }


def _verdict(judged: Standings) -> Json:
    if judged.judgement is None:
        return {"kind": None, "standing": None, "sentence": None, "reasons": [], "why_not": judged.why_not}
    primary = judged.judgement.primary
    return {
        "kind": primary.kind,
        "standing": primary.standing,
        "sentence": primary.sentence,
        "reasons": list(primary.reasons),
        "why_not": None,
    }


def _contests(judged: Standings, compared: Compared) -> list[Json]:
    """The primary one first: per seed, and what the tests say of them."""
    judgement = judged.judgement
    if judgement is None:
        return []
    return [
        {
            "metric": verdict.finding.contest.metric,
            "opponent": verdict.finding.contest.opponent,
            "primary": verdict is judgement.primary,
            "seeds": list(compared.seeds),
            "differences": list(verdict.finding.contest.differences),
            "mean": verdict.finding.plain.mean,
            "low": verdict.finding.plain.interval.low,
            "high": verdict.finding.plain.interval.high,
            "level": verdict.finding.plain.interval.level,
            "p": p_of(verdict.finding),
            "tests": verdict.finding.tests,
            "margin": verdict.finding.contest.margin,
            "equivalence_p": verdict.finding.equivalence_p,
            "detectable": verdict.finding.corrected.detectable,
            "kind": verdict.kind,
            "standing": verdict.standing,
            "sentence": verdict.sentence,
        }
        for verdict in (judgement.primary, *judgement.secondary)
    ]


def _hopeless(judged: Standings) -> Json | None:
    """Where so many secondary contests stand together that no data of so many seeds could tell one of them apart."""
    secondary = judged.judgement.secondary if judged.judgement else ()
    if not secondary:
        return None
    tests, test = len(secondary), secondary[0].finding.plain
    least = min(tests * test.smallest_p, 1.0)
    if test.n < RULE.say_from or least <= RULE.alpha:
        return None
    return {"tests": tests, "seeds": test.n, "p": least, "fewest": fewest_seeds(tests, RULE.alpha)}


def _keys(compared: Compared, judged: Standings, scores: Scores) -> Json:
    """The numbers that stand beside the verdict; None where they are not known."""
    metric, opponent = compared.claim.metric, compared.opponent
    headline = judged.ladder.headline if judged.ladder else None
    base, rival = compared.speed.get("subject"), compared.speed.get(opponent or "")
    fair = base is not None and rival is not None and not base.contended and not rival.contended
    tie = compared.cost.break_even if compared.cost else None
    return {
        "skill_subject": scores.skill(metric, "subject"),
        "skill_opponent": scores.skill(metric, opponent) if opponent else None,
        "climbed": judged.ladder is not None,
        "ladder_why_not": "; ".join(judged.ladder.why_not) if judged.ladder else None,
        "headline_model": headline.model if headline else None,
        "headline_parameters": headline.parameters if headline else None,
        "parameters": compared.subject.parameters,
        "seconds_subject": base.seconds_per_step if base else None,
        "seconds_opponent": rival.seconds_per_step if rival else None,
        "slower": base.seconds_per_step / rival.seconds_per_step if fair and base and rival else None,
        "contended": bool((base and base.contended) or (rival and rival.contended)),
        "orders": tie.orders if tie else None,
        "uncounted": LATENCY,
        "why_not": tie.why_not if tie else None,
    }


def _run_paths(comparison: Comparison) -> list[Path]:
    return [
        path
        for compared in comparison.recipes
        for entry in compared.book.entries
        for seed in compared.seeds
        if (path := comparison.path / compared.places.run(entry.name, seed)) and (path / "run.json").is_file()
    ]
