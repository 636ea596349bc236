"""From the results of a recipe to what may be said of them: which contests there are, and how the ladder is climbed."""

__all__ = ["Ladder", "Rung", "Standings", "standings"]

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import final

from qgan.compare.comparison import Compared
from qgan.compare.contests import Contest
from qgan.compare.verdict import Judgement, Verdict, judge
from qgan.config import RunConfig


@final
@dataclass(frozen=True)
class Rung:
    """One size of the best classical family.

    Attributes:
        model: Its name.
        parameters: As many as it trains.
        verdict: Of the subject against it; in its turn, uncorrected.
        beaten: Whether the subject is better than it, and than all smaller ones.
    """

    model: str
    parameters: int
    verdict: Verdict
    beaten: bool


@final
@dataclass(frozen=True)
class Ladder:
    """The best classical family by size, each held against the subject on the primary metric.

    Sizes are tested in a fixed order, from the smallest, each at the whole alpha, until the first that the subject is
    not better than (fixed-sequence testing; Maurer, Hothorn and Lehmacher 1995). What comes after is shown, not tested.

    Attributes:
        rungs: Ascending.
        headline: The smallest that is not worse than the subject; None where it is better than all, or nothing is
            claimed.
        why_not: Why nothing is, if so.
    """

    rungs: tuple[Rung, ...]
    headline: Rung | None
    why_not: tuple[str, ...]


@final
@dataclass(frozen=True)
class Standings:
    """All that is said of a recipe.

    Attributes:
        judgement: The claim and what is secondary to it; None where the claim's own contest cannot be held.
        why_not: Why it cannot, or None.
        ladder: None where there is none.
        left_out: What could not be contested, and why.
    """

    judgement: Judgement | None
    why_not: str | None
    ladder: Ladder | None
    left_out: tuple[tuple[str, str], ...]


def standings(compared: Compared) -> Standings:
    """Judges a recipe by what is there.

    The primary contest is that of the declared metric and opponent. Secondary ones are those of the primary metric
    against every other opponent of the subject's size, trained or not, and of every other metric against the primary
    opponent. Sizes of the ladder have a sequence of their own. Guides are real data, and contest nothing.
    """
    opponent, metric = compared.opponent, compared.claim.metric
    if opponent is None:
        return Standings(None, "the best of the matched families is not known yet", None, ())
    off_ladder = {entry.name for entry in compared.book.entries if entry.group != "ladder"}
    guides = {name for name, scores in compared.rescored.items() if any(s.group == "guide" for s in scores.values())}
    if opponent in guides:
        return Standings(None, f"{opponent} is a guide, and no contestant", None, ())
    rescored = set(compared.rescored) - guides
    names = [name for name in (*compared.results, *compared.rescored) if name in off_ladder | rescored]
    others = [name for name in names if name not in ("subject", opponent)]
    asked = [(metric, name) for name in others] + [(each, opponent) for each in compared.metrics if each != metric]
    primary = _contest(compared, metric, opponent)
    if isinstance(primary, str):
        return Standings(None, primary, None, ())
    contests, left_out = _held(compared, asked)
    ladder, missing = _ladder(compared)
    return Standings(judge(primary, contests, tuned=compared.tuned), None, ladder, (*left_out, *missing))


def device_of(config: RunConfig) -> str:
    """What runs the circuits, in words."""
    shots = config.backend.options.get("shots")
    return f"{config.backend.name}, {'ideal simulation' if shots is None else f'{shots} shots a circuit'}"


def _held(compared: Compared, asked: Iterable[tuple[str, str]]) -> tuple[list[Contest], list[tuple[str, str]]]:
    """The contests of these metrics and opponents that can be held, and why the others cannot."""
    held, left_out = [], []
    for metric, opponent in asked:
        contest = _contest(compared, metric, opponent)
        if isinstance(contest, str):
            left_out.append((f"{metric}, {opponent}", contest))
        else:
            held.append(contest)
    return held, left_out


def _contest(compared: Compared, metric: str, opponent: str) -> Contest | str:
    """Subject against opponent, or why there is none: never of some of the seeds only."""
    subject, other = compared.losses("subject", metric), compared.losses(opponent, metric)
    for name, losses in (("subject", subject), (opponent, other)):
        if missing := [seed for seed in compared.seeds if seed not in losses]:
            return f"{name} has no score on {metric} for the seeds {', '.join(map(str, missing))}"
    scores = [compared.yardsticks[seed].scores[metric] for seed in compared.seeds]
    ways = [abs(s.trivial - s.floor) for s in scores if s.trivial is not None and s.floor is not None and not s.reason]
    return Contest(
        metric=metric,
        subject="subject",
        opponent=opponent,
        differences=tuple(subject[seed] - other[seed] for seed in compared.seeds),
        device=device_of(compared.subject.config(0)),
        margin=compared.claim.margin * fmean(ways) if len(ways) == len(scores) else None,
        failures=len(compared.failures("subject")),
        opponent_failures=len(compared.failures(opponent)),
    )


def _ladder(compared: Compared) -> tuple[Ladder | None, list[tuple[str, str]]]:
    """None as long as one of its sizes cannot be held against the subject: no step is left out."""
    sizes = [
        (entry.parameters or 0, entry.name)
        for entry in compared.book.entries
        if entry.left_out is None and (entry.group == "ladder" or entry.name == compared.book.family)
    ]
    held, missing = _held(compared, [(compared.claim.metric, name) for _, name in sorted(sizes)])
    if missing or len(held) < 2:
        return None, missing
    rungs = _climbed(zip(sorted(sizes), held, strict=True), tuned=compared.tuned)
    end = next((rung for rung in rungs if not rung.beaten), None)
    why_not = end.verdict.reasons if end else ()
    return Ladder(rungs, None if why_not else end, why_not), []


def _climbed(sizes: Iterable[tuple[tuple[int, str], Contest]], *, tuned: bool) -> tuple[Rung, ...]:
    rungs, climbing = [], True
    for (size, name), contest in sizes:
        verdict = judge(contest, tuned=tuned).primary
        climbing = climbing and verdict.kind == "better"
        rungs.append(Rung(name, size, verdict, climbing))
    return tuple(rungs)
