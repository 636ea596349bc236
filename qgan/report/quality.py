"""How good the models are: tables of scores on the test part, and of what the statistics say of them."""

__all__ = ["Quality", "quality"]

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
from qgan.report.tables import Column, Table

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


@final
@dataclass(frozen=True)
class Quality:
    """Of one recipe.

    Attributes:
        compared: The recipe.
        standings: What is said of it.
    """

    compared: Compared
    standings: Standings

    def tables(self) -> list[Table]:
        """In the order of the page."""
        return [
            self._summary(),
            self._metrics(),
            self._seeds(),
            self._by_seed(),
            self._skills(),
            self._ladder(),
            self._controls(),
            self._scores(),
        ]

    def verdict_of(self, metric: str, model: str) -> Verdict | None:
        """What is said of the subject against a model on a metric."""
        judgement = self.standings.judgement
        said = [] if judgement is None else [judgement.primary, *judgement.secondary]
        return next(
            (v for v in said if (v.finding.contest.metric, v.finding.contest.opponent) == (metric, model)), None
        )

    def score(self, metric: str, model: str) -> Json:
        """Median, interquartile mean and skill over seeds, failed ones at the trivial score."""
        scores = self.values(metric, model)
        if not scores:
            return {"n": 0, "score": None, "score_low": None, "score_high": None, "iqm": None, "skill": None}
        values = list(scores.values())
        over = band(values)
        skills = [s for seed, value in scores.items() if (s := skill(value, self.yardstick(metric, seed))) is not None]
        return {
            "n": len(values),
            "score": over.values[0],
            "score_low": over.low[0],
            "score_high": over.high[0],
            "iqm": float(iqm(values)),
            "skill": float(median(skills)) if len(skills) == len(values) else None,
        }

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

    def _row(self, metric: str, model: str, **more: Any) -> Json:
        return {"recipe": self.compared.recipe, "model": model, "metric": metric, "part": PART, **more}

    def _summary(self) -> Table:
        metric = self.compared.claim.metric
        rows = []
        for model, group, what in self.models():
            entry = next((each for each in self.compared.book.entries if each.name == model), None)
            rows.append(
                self._row(
                    metric,
                    model,
                    group=group,
                    what=what,
                    parameters=entry.parameters if entry else None,
                    **self.score(metric, model),
                    **difference(self.verdict_of(metric, model)),
                    failed=len(self.compared.failures(model)),
                )
            )
        return Table(
            "summary",
            f"All models on {metric}, the primary metric",
            (
                Column("model", "model"),
                Column("group", "is a"),
                Column("parameters", "parameters", about="Trained numbers of the generator"),
                *_scored(),
                Column("iqm", "IQM", about="Interquartile mean over seeds", testid="score-iqm"),
                Column("skill", "skill", about="Median over seeds: 0 is the trivial value, 1 the floor"),
                *DIFFERENCE,
                Column("n", "seeds"),
                Column("failed", "failed", about="Seeds that failed or diverged; they count at the trivial score"),
            ),
            rows,
            f"Medians over seeds with bootstrap bands of 95 % for the eye, from {RULE.say_from} seeds on. Differences "
            "with the interval of 95 % that inverts the sign-flip test, each by itself, uncorrected; p is corrected, "
            "and what verdicts rest on. Failed and diverged seeds are at the trivial score.",
        )

    def _metrics(self) -> Table:
        opponent = self.compared.opponent
        rows = []
        for metric in self.compared.metrics:
            for model in ["subject", *([opponent] if opponent else [])]:
                said = self.verdict_of(metric, model) if model != "subject" else None
                rows.append(
                    self._row(
                        metric,
                        model,
                        better=self.direction(metric),
                        floor=self.reference(metric, "floor"),
                        trivial=self.reference(metric, "trivial"),
                        **self.score(metric, model),
                        **difference(said),
                    )
                )
        return Table(
            "metrics",
            "Every metric, subject and primary opponent",
            (
                Column("metric", "metric"),
                Column("model", "model"),
                Column("better", "better"),
                Column("floor", "floor", about="Real data against real data, mean over seeds"),
                Column("trivial", "trivial", about="The best that learned nothing, mean over seeds"),
                *_scored(),
                Column("skill", "skill", about="Median over seeds: 0 is the trivial value, 1 the floor"),
                *DIFFERENCE,
                Column("n", "seeds"),
            ),
            rows,
            "No value without its floor (real against real, at the same sample size) and its trivial value (the best "
            "generator that learned nothing). skill = (trivial \N{MINUS SIGN} value) / (trivial \N{MINUS SIGN} floor).",
        )

    def _seeds(self) -> Table:
        """Both models seed by seed."""
        opponent = self.compared.opponent
        models = ["subject", *([opponent] if opponent else [])]
        rows = []
        for metric in self.compared.metrics:
            scores = {model: self.values(metric, model) for model in models}
            losses = {model: self.compared.losses(model, metric) for model in models}
            for seed in self.compared.seeds:
                yardsticks = self.compared.yardsticks.get(seed)
                known = yardsticks.scores[metric] if yardsticks else None
                row: Json = {"recipe": self.compared.recipe, "metric": metric, "seed": seed, "part": PART}
                row |= {"floor": known.floor if known else None, "trivial": known.trivial if known else None}
                for role, model in zip(("subject", "opponent"), models, strict=False):
                    value = scores[model].get(seed)
                    row[f"{role}_score"] = value
                    row[f"{role}_skill"] = None if value is None or known is None else skill(value, known)
                there = len(models) == 2 and all(seed in losses[model] for model in models)
                row["difference"] = losses[models[0]][seed] - losses[models[1]][seed] if there else None
                rows.append(row)
        columns = [
            Column("metric", "metric"),
            Column("seed", "seed"),
            Column("floor", "floor"),
            Column("trivial", "trivial"),
        ]
        for role, model in zip(("subject", "opponent"), models, strict=False):
            hooks = {"model": model}
            columns.append(Column(f"{role}_score", model, testid="score", hooks=hooks))
            columns.append(Column(f"{role}_skill", "skill", testid="skill", hooks=hooks))
        columns.append(Column("difference", "difference", testid="difference-seed", hooks={"model": opponent or ""}))
        return Table("seeds", "Seed by seed", columns, rows)

    def _by_seed(self) -> Table:
        metric, seeds = self.compared.claim.metric, self.compared.seeds
        rows = []
        for model, _, _ in self.models():
            values = self.values(metric, model)
            rows.append(self._row(metric, model, **{f"s{seed}": values.get(seed) for seed in seeds}))
        columns = [Column(f"s{seed}", f"seed {seed}", testid="score", hooks={"seed": seed}) for seed in seeds]
        return Table("by-seed", f"All models on {metric}, seed by seed", (Column("model", "model"), *columns), rows)

    def _skills(self) -> Table:
        rows = []
        for model, _, _ in self.models():
            found = {f"m{place}": self.score(each, model)["skill"] for place, each in enumerate(self.compared.metrics)}
            rows.append({"recipe": self.compared.recipe, "model": model, "part": PART, **found})
        columns = [
            Column(f"m{place}", each, testid="skill", hooks={"metric": each})
            for place, each in enumerate(self.compared.metrics)
        ]
        note = "Median over seeds; a dash where a metric has no skill, as its trivial value is no worse than its floor."
        return Table("skills", "Skill of all models on every metric", (Column("model", "model"), *columns), rows, note)

    def _ladder(self) -> Table:
        metric, ladder = self.compared.claim.metric, self.standings.ladder
        base = self.compared.subject.parameters
        rows = [
            self._row(
                metric,
                rung.model,
                parameters=rung.parameters,
                times=rung.parameters / base if base else None,
                **{key: value for key, value in self.score(metric, rung.model).items() if key != "iqm"},
                **paired_ends(rung.verdict.finding.plain),
                p=p_of(rung.verdict.finding),
                detectable=rung.verdict.finding.corrected.detectable,
                beaten=rung.beaten,
            )
            for rung in (ladder.rungs if ladder else ())
        ]
        return Table(
            "ladder",
            f"The ladder: {self.compared.book.family or 'the best classical family'} by size",
            (
                Column("model", "model"),
                Column("parameters", "parameters"),
                Column("times", "times the subject's"),
                *_scored(),
                Column("skill", "skill"),
                *TESTED,
                Column("beaten", "subject is better", about="Than this size and all smaller ones, tested in order"),
                DETECTABLE,
            ),
            rows,
            "Sizes are tested from the smallest on, each at the whole level, until the first that the subject is not "
            "better than, by the rules of verdicts; what comes after is shown, not tested.",
        )

    def _controls(self) -> Table:
        metric = self.compared.claim.metric
        rows = []
        for entry in self.compared.book.entries:
            if entry.group not in ("subject", "control"):
                continue
            rows.append(
                self._row(
                    metric,
                    entry.name,
                    what=entry.what if entry.left_out is None else f"Not trained: {entry.left_out}",
                    parameters=entry.parameters,
                    circuit_weights=entry.circuit_weights,
                    tangent_rank=entry.tangent_rank,
                    **{key: v for key, v in self.score(metric, entry.name).items() if key not in ("iqm", "n")},
                    **difference(self.verdict_of(metric, entry.name)),
                )
            )
        for name, by_seed in self.compared.rescored.items():
            first = next(iter(by_seed.values()), None)
            if first is not None and first.group == "degraded":
                row = {key: v for key, v in self.score(metric, name).items() if key not in ("iqm", "n")}
                said = difference(self.verdict_of(metric, name))
                rows.append(self._row(metric, name, what=first.reason or first.what, **row, **said))
        return Table(
            "controls",
            "Controls, and what each really changes",
            (
                Column("model", "control"),
                Column("what", "what it changes"),
                Column("parameters", "parameters"),
                Column("circuit_weights", "circuit weights"),
                Column(
                    "tangent_rank", "tangent rank", about="In how many directions the circuit weights move what is read"
                ),
                *_scored(),
                Column("skill", "skill"),
                *DIFFERENCE,
            ),
            rows,
        )

    def _scores(self) -> Table:
        """Everything, for files: it is too long for a page."""
        rows = []
        for model, group, _ in self.models():
            for metric in self.compared.metrics:
                for seed, value in self.values(metric, model).items():
                    known = self.yardstick(metric, seed)
                    known_too = {"floor": known.floor, "trivial": known.trivial, "skill": skill(value, known)}
                    rows.append(self._row(metric, model, seed=seed, group=group, score=value, **known_too))
        columns = [Column(key, key) for key in ("group", "score", "floor", "trivial", "skill")]
        return Table("scores", "All scores of all models, metric by metric and seed by seed", columns, rows)


def quality(compared: Compared, standings: Standings) -> list[Table]:
    """Tables of scores."""
    return Quality(compared, standings).tables()


def skill(value: float, yardstick: Score) -> float | None:
    """0 is the trivial value, 1 the floor; None where these do not tell anything apart."""
    floor, trivial = yardstick.floor, yardstick.trivial
    if floor is None or trivial is None or yardstick.reason:
        return None
    return (trivial - value) / (trivial - floor)


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


def _scored() -> tuple[Column, ...]:
    about = "Median over seeds, with a bootstrap band"
    return (Column("score", "score", about=about, ends=("score_low", "score_high"), testid="score-median"),)
