"""Verdicts as sentences, from the numbers and nothing else."""

__all__ = ["sentence"]

from collections.abc import Sequence

from qgan.compare.contests import Finding, Kind, Standing
from qgan.compare.paired import Interval
from qgan.compare.power import fewest_seeds

SAYS: dict[Kind, str] = {
    "better": "{subject} is better than {opponent}",
    "worse": "{subject} is worse than {opponent}",
    "equivalent": "{subject} and {opponent} are equivalent within {margin}",
    "not told apart": "{subject} and {opponent} are not told apart",
    "no claim": "no claim about {subject} and {opponent}",
}


def sentence(finding: Finding, kind: Kind, standing: Standing, reasons: Sequence[str]) -> str:
    """What is said and how firmly; metric, mean, interval, p, n and device; what could have been seen."""
    contest = finding.contest
    says = SAYS[kind].format(subject=contest.subject, opponent=contest.opponent, margin=_number(contest.margin))
    because = f"{'; '.join(reasons)}: " if reasons else ""
    parts = [
        f"{_opening(finding, standing)}On {contest.metric}, {because}{says}.",
        f"Mean paired difference {_number(finding.plain.mean)}, {_intervals(finding)}, "
        f"negative in favour of {contest.subject}; {_p(finding)}; n = {finding.plain.n} seeds, {contest.device}.",
        _small(finding) if kind == "equivalent" else "",
        _detectable(finding),
        _failures(finding),
    ]
    return " ".join(part for part in parts if part)


def _opening(finding: Finding, standing: Standing) -> str:
    together = f", corrected for {finding.tests} comparisons" if finding.tests > 1 else ""
    openings: dict[Standing, str] = {
        "primary": "",
        "secondary": f"Secondary{together}: ",
        "exploratory": f"Exploratory, as the primary comparison told nothing apart{together}: ",
        "indicative": f"Indicative only, with {finding.plain.n} seeds{together}: ",
        "none": "",
    }
    return openings[standing]


def _intervals(finding: Finding) -> str:
    """The corrected one, which may be of 99.94 %; where it has no ends, also that of this contest by itself."""
    plain, corrected = finding.plain.interval, finding.corrected.interval
    if corrected.low is None and plain.low is not None:
        return f"{_interval(plain)} by itself and {_interval(corrected)} corrected"
    return _interval(corrected)


def _interval(interval: Interval) -> str:
    ends = "without ends" if interval.low is None else f"{_number(interval.low)} to {_number(interval.high)}"
    return f"{100 * interval.level:.4g} % interval {ends}"


def _p(finding: Finding) -> str:
    together = "corrected " if finding.tests > 1 else ""
    text = f"{together}p = {_number(finding.p)}"
    if finding.equivalence_p is not None:
        text += f", of equivalence within {_number(finding.contest.margin)} {_number(finding.equivalence_p)}"
    return text


def _small(finding: Finding) -> str:
    if finding.corrected.interval.holds(0.0):
        return ""
    return "The difference is told from 0, and is smaller than what was declared to matter."


def _detectable(finding: Finding) -> str:
    n, test, tests = finding.plain.n, finding.corrected, finding.tests
    if test.detectable is not None:
        return f"A difference of {_number(test.detectable)} would have been told apart 4 times in 5."
    among = f" among {tests} comparisons" if tests > 1 else ""
    least = _number(min(tests * test.smallest_p, 1.0))
    text = f"No difference can be told apart with n = {n}{among}, as p is {least} at least"
    fewest = fewest_seeds(tests, 1 - finding.plain.interval.level)
    return f"{text}; {fewest} seeds are the fewest that can." if fewest else f"{text}."


def _failures(finding: Finding) -> str:
    contest = finding.contest
    if not contest.failures and not contest.opponent_failures:
        return ""
    both = f"{contest.failures} of {contest.subject}, {contest.opponent_failures} of {contest.opponent}"
    return f"Failed seeds, at the trivial score: {both}."


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
