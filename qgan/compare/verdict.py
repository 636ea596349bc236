"""What may be said of a comparison, by rule: never more than the intervals bear."""

__all__ = ["RULE", "Judgement", "Rule", "Verdict", "judge"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from qgan.compare.contests import Contest, Finding, Kind, Standing, findings
from qgan.compare.wording import sentence


@final
@dataclass(frozen=True)
class Rule:
    """The thresholds.

    Attributes:
        alpha: How often the primary contest, and all secondary ones together, may tell apart what does not differ.
        say_from: With fewer seeds nothing is said.
        claim_from: With fewer seeds what is said is indicative.
    """

    alpha: float = 0.05
    say_from: int = 5
    claim_from: int = 10


RULE = Rule()


@final
@dataclass(frozen=True)
class Verdict:
    """What is said of a contest.

    Attributes:
        kind: ``"better"`` and ``"worse"`` are of the subject; ``"equivalent"``, within the margin, goes before them, as
            a difference can be told from 0 and yet be too small to matter.
        standing: ``"primary"``: it carries the claim. ``"secondary"``: it holds together with all others that stand so.
            ``"exploratory"``: the primary contest told nothing apart, so the page as a whole promises nothing of it.
            ``"indicative"``: too few seeds for a claim. ``"none"``: nothing is claimed.
        reasons: Why not, if so.
        sentence: All this, with the numbers, for people.
        finding: From which it was said.
    """

    kind: Kind
    standing: Standing
    reasons: tuple[str, ...]
    sentence: str
    finding: Finding


@final
@dataclass(frozen=True)
class Judgement:
    """All verdicts of a comparison. :func:`dataclasses.asdict` makes JSON of it: infinite ends are None."""

    primary: Verdict
    secondary: tuple[Verdict, ...]


def judge(primary: Contest, secondary: Sequence[Contest] = (), *, tuned: bool) -> Judgement:
    """Judges one primary contest, which carries the claim, and any number of secondary ones.

    The primary contest is tested at alpha, and the secondary ones at alpha together, by Holm's correction. Secondary
    differences are claims only where the primary contest told its models apart, so that a page on which nothing differs
    makes a false claim alpha of the time at most: it would have to begin with that of the primary contest
    (gatekeeping; Westfall and Krishen, *Journal of Statistical Planning and Inference* 99, 25, 2001).

    Args:
        primary: The one that was named beforehand.
        secondary: All others.
        tuned: Whether both sides were searched for settings equally; if not, nothing is claimed.

    Raises:
        ConfigError: If a margin is not positive.
        DataError: If a contest has no differences, or some are not finite.
    """
    leading = _verdict(findings([primary], RULE.alpha)[0], "primary", tuned)
    opened = leading.standing == "primary" and leading.kind in ("better", "worse")
    standing: Standing = "secondary" if opened else "exploratory"
    others = findings(secondary, RULE.alpha)
    return Judgement(leading, tuple(_verdict(finding, standing, tuned) for finding in others))


def _verdict(finding: Finding, standing: Standing, tuned: bool) -> Verdict:
    kind = finding.kind(RULE.alpha)
    reasons = tuple(_reasons(finding.contest, kind, tuned))
    if reasons:
        kind, standing = "no claim", "none"
    elif finding.plain.n < RULE.claim_from:
        standing = "indicative"
    return Verdict(kind, standing, reasons, sentence(finding, kind, standing, reasons), finding)


def _reasons(contest: Contest, kind: Kind, tuned: bool) -> list[str]:
    """Why nothing may be claimed, or none."""
    n, more = len(contest.differences), contest.failures - contest.opponent_failures
    found = []
    if not tuned:
        found.append("untuned")
    if n < RULE.say_from:
        found.append(f"{n} seeds, of {RULE.say_from} at least")
    if (kind == "better" and more > 0) or (kind == "worse" and more < 0):
        found.append("the model with the better scores failed more often")
    if kind == "equivalent" and more != 0:
        found.append("one of both failed more often")
    return found
