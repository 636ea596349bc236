"""What a recipe's models score on the test part, and what is said of it, as parts of tables' rows."""

__all__ = ["DETECTABLE", "DIFFERENCE", "PART", "SCORE", "TESTED", "Scores", "difference", "p_of", "paired_ends"]

from dataclasses import dataclass
from statistics import fmean
from typing import Any, final

from qgan._typing import Json
from qgan.compare.comparison import Compared
from qgan.compare.contests import Finding
from qgan.compare.curves import band, iqm, median
from qgan.compare.paired import Paired
from qgan.compare.standings import Standings
from qgan.compare.verdict import RULE, Verdict
from qgan.metrics.score import Score
from qgan.report.tables import Column

PART = "test"
TESTED = (
    Column(
        "difference",
        "difference",
        about="Mean paired difference, subject minus model, of scores turned so that smaller is better: negative in "
        "favour of the subject; with its interval of 95 %, uncorrected",
        ends=("difference_low", "difference_high"),
    ),
    Column("p", "p", about="Two-sided, of no difference; corrected for all comparisons of its family"),
)
DETECTABLE = Column(
    "detectable",
    "could have seen",
    about="The smallest difference that as many seeds of this spread would have told from 0 in 80 of 100 repetitions, "
    "in spite of the correction; a dash where there is none",
)
DIFFERENCE = (*TESTED, Column("verdict", "subject is"), DETECTABLE)
SCORE = Column(
    "score",
    "score",
    about="Median over seeds, with a bootstrap band",
    ends=("score_low", "score_high"),
    testid="score-median",
)


@final
@dataclass(frozen=True)
class Scores:
    """Of one recipe.

    Attributes:
        compared: The recipe.
        standings: What is said of it.
    """

    compared: Compared
    standings: Standings

    def verdict_of(self, metric: str, model: str) -> Verdict | None:
        """What is said of the subject against a model on a metric."""
        judgement = self.standings.judgement
        said = [] if judgement is None else [judgement.primary, *judgement.secondary]
        return next(
            (v for v in said if (v.finding.contest.metric, v.finding.contest.opponent) == (metric, model)), None
        )

    def score(self, metric: str, model: str) -> Json:
        """Median and interquartile mean over seeds, the median's band, and the skill."""
        values = list(self.values(metric, model).values())
        if not values:
            return {"n": 0, **dict.fromkeys(("score", "score_low", "score_high", "iqm", "skill"))}
        over = band(values)
        return {
            "n": len(values),
            "score": over.values[0],
            "score_low": over.low[0],
            "score_high": over.high[0],
            "iqm": float(iqm(values)),
            "skill": self.skill(metric, model),
        }

    def skill(self, metric: str, model: str) -> float | None:
        """Median over seeds; None where one of them has none."""
        scores = self.values(metric, model)
        skills = [self.yardstick(metric, seed).skill_of(value) for seed, value in scores.items()]
        known = [skill for skill in skills if skill is not None]
        return float(median(known)) if known and len(known) == len(skills) else None

    def values(self, metric: str, model: str) -> dict[int, float]:
        """By seed, in the metric's own direction; failed and diverged seeds at the trivial score."""
        losses = self.compared.losses(model, metric)
        return {
            seed: loss if self.yardstick(metric, seed).direction == "lower" else -loss for seed, loss in losses.items()
        }

    def yardstick(self, metric: str, seed: int) -> Score:
        """What a value is read against."""
        return self.compared.yardsticks[seed].scores[metric]

    def reference(self, metric: str, which: str) -> float | None:
        """Floor or trivial value, the mean over seeds."""
        known = [getattr(each.scores[metric], which) for each in self.compared.yardsticks.values()]
        return fmean(known) if known and None not in known else None

    def direction(self, metric: str) -> str | None:
        """Whether lower or higher is better; None where nothing is measured yet."""
        return next((each.scores[metric].direction for each in self.compared.yardsticks.values()), None)

    def models(self) -> list[tuple[str, str, str]]:
        """Name, group and what it is: of all that may have scores, the primary opponent right after the subject."""
        compared = self.compared
        trained = [(e.name, e.group, e.what) for e in compared.book.entries if e.left_out is None]
        others = []
        for name, by_seed in compared.rescored.items():
            first = next(iter(by_seed.values()), None)
            others.append((name, first.group if first else "reference", first.what if first else ""))
        rank = {"subject": 0, compared.opponent: 1}
        return sorted([*trained, *others], key=lambda each: rank.get(each[0], 2))

    def row(self, metric: str, model: str, **more: Any) -> Json:
        """What the numbers of a row are of, and the row."""
        return {"recipe": self.compared.recipe, "model": model, "metric": metric, "part": PART, **more}


def difference(verdict: Verdict | None) -> Json:
    """What is said of a contest, as parts of a row."""
    if verdict is None:
        return dict.fromkeys(("difference", "difference_low", "difference_high", "p", "detectable", "verdict"))
    finding = verdict.finding
    ends = paired_ends(finding.plain)
    return {**ends, "p": p_of(finding), "detectable": finding.corrected.detectable, "verdict": _said(verdict)}


def p_of(finding: Finding) -> float | None:
    """Corrected; None of so few seeds that nothing is said of them."""
    return finding.p if finding.plain.n >= RULE.say_from else None


def _said(verdict: Verdict) -> str:
    usual = verdict.standing in ("primary", "secondary", "none")
    return verdict.kind if usual else f"{verdict.kind} ({verdict.standing})"


def paired_ends(test: Paired) -> Json:
    """The mean difference and its interval, by itself."""
    return {
        "difference": test.mean,
        "difference_low": test.interval.low,
        "difference_high": test.interval.high,
    }
