"""How good the models are: tables of scores on the test part, and of what the statistics say of them."""

__all__ = ["quality"]

from qgan._typing import Json
from qgan.compare.verdict import RULE
from qgan.report.scores import DETECTABLE, DIFFERENCE, PART, SCORE, TESTED, Scores, difference, p_of, paired_ends
from qgan.report.tables import Column, Table


def quality(scores: Scores) -> list[Table]:
    """In the order of the page."""
    parts = (_summary, _metrics, _seeds, _by_seed, _skills, _ladder, _controls, _scores)
    return [part(scores) for part in parts]


def _summary(scores: Scores) -> Table:
    metric = scores.compared.claim.metric
    rows = []
    for model, group, what in scores.models():
        entry = next((each for each in scores.compared.book.entries if each.name == model), None)
        rows.append(
            scores.row(
                metric,
                model,
                group=group,
                what=what,
                parameters=entry.parameters if entry else None,
                **scores.score(metric, model),
                **difference(scores.verdict_of(metric, model)),
                failed=len(scores.compared.failures(model)),
            )
        )
    return Table(
        "summary",
        f"All models on {metric}, the primary metric",
        (
            Column("model", "model"),
            Column("group", "is a"),
            Column("parameters", "parameters", about="Trained numbers of the generator"),
            SCORE,
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


def _metrics(scores: Scores) -> Table:
    opponent = scores.compared.opponent
    rows = []
    for metric in scores.compared.metrics:
        for model in ["subject", *([opponent] if opponent else [])]:
            said = scores.verdict_of(metric, model) if model != "subject" else None
            rows.append(
                scores.row(
                    metric,
                    model,
                    better=scores.direction(metric),
                    floor=scores.reference(metric, "floor"),
                    trivial=scores.reference(metric, "trivial"),
                    **scores.score(metric, model),
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
            SCORE,
            Column("skill", "skill", about="Median over seeds: 0 is the trivial value, 1 the floor"),
            *DIFFERENCE,
            Column("n", "seeds"),
        ),
        rows,
        "No value without its floor (real against real, at the same sample size) and its trivial value (the best "
        "generator that learned nothing). skill = (trivial \N{MINUS SIGN} value) / (trivial \N{MINUS SIGN} floor).",
    )


def _seeds(scores: Scores) -> Table:
    """Both models seed by seed."""
    opponent = scores.compared.opponent
    models = ["subject", *([opponent] if opponent else [])]
    rows = []
    for metric in scores.compared.metrics:
        values = {model: scores.values(metric, model) for model in models}
        losses = {model: scores.compared.losses(model, metric) for model in models}
        for seed in scores.compared.seeds:
            yardsticks = scores.compared.yardsticks.get(seed)
            known = yardsticks.scores[metric] if yardsticks else None
            row: Json = {"recipe": scores.compared.recipe, "metric": metric, "seed": seed, "part": PART}
            row |= {"floor": known.floor if known else None, "trivial": known.trivial if known else None}
            for role, model in zip(("subject", "opponent"), models, strict=False):
                value = values[model].get(seed)
                row[f"{role}_score"] = value
                row[f"{role}_skill"] = known.skill_of(value) if known else None
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


def _by_seed(scores: Scores) -> Table:
    metric, seeds = scores.compared.claim.metric, scores.compared.seeds
    rows = []
    for model, _, _ in scores.models():
        values = scores.values(metric, model)
        rows.append(scores.row(metric, model, **{f"s{seed}": values.get(seed) for seed in seeds}))
    columns = [Column(f"s{seed}", f"seed {seed}", testid="score", hooks={"seed": seed}) for seed in seeds]
    return Table("by-seed", f"All models on {metric}, seed by seed", (Column("model", "model"), *columns), rows)


def _skills(scores: Scores) -> Table:
    rows = []
    for model, _, _ in scores.models():
        found = {f"m{place}": scores.skill(each, model) for place, each in enumerate(scores.compared.metrics)}
        rows.append({"recipe": scores.compared.recipe, "model": model, "part": PART, **found})
    columns = [
        Column(f"m{place}", each, testid="skill", hooks={"metric": each})
        for place, each in enumerate(scores.compared.metrics)
    ]
    note = "Median over seeds; a dash where a metric has no skill, as its trivial value is no worse than its floor."
    return Table("skills", "Skill of all models on every metric", (Column("model", "model"), *columns), rows, note)


def _ladder(scores: Scores) -> Table:
    metric, ladder = scores.compared.claim.metric, scores.standings.ladder
    base = scores.compared.subject.parameters
    rows = [
        scores.row(
            metric,
            rung.model,
            parameters=rung.parameters,
            times=rung.parameters / base if base else None,
            **{key: value for key, value in scores.score(metric, rung.model).items() if key != "iqm"},
            **paired_ends(rung.verdict.finding.plain),
            p=p_of(rung.verdict.finding),
            detectable=rung.verdict.finding.corrected.detectable,
            beaten=rung.beaten,
        )
        for rung in (ladder.rungs if ladder else ())
    ]
    return Table(
        "ladder",
        f"The ladder: {scores.compared.book.family or 'the best classical family'} by size",
        (
            Column("model", "model"),
            Column("parameters", "parameters"),
            Column("times", "times the subject's"),
            SCORE,
            Column("skill", "skill"),
            *TESTED,
            Column("beaten", "subject is better", about="Than this size and all smaller ones, tested in order"),
            DETECTABLE,
        ),
        rows,
        "Sizes are tested from the smallest on, each at the whole level, until the first that the subject is not "
        "better than, by the rules of verdicts; what comes after is shown, not tested.",
    )


def _controls(scores: Scores) -> Table:
    metric = scores.compared.claim.metric
    rows = []
    for entry in scores.compared.book.entries:
        if entry.group not in ("subject", "control"):
            continue
        rows.append(
            scores.row(
                metric,
                entry.name,
                what=entry.what if entry.left_out is None else f"Not trained: {entry.left_out}",
                parameters=entry.parameters,
                circuit_weights=entry.circuit_weights,
                tangent_rank=entry.tangent_rank,
                **{key: v for key, v in scores.score(metric, entry.name).items() if key not in ("iqm", "n")},
                **difference(scores.verdict_of(metric, entry.name)),
            )
        )
    for name, by_seed in scores.compared.rescored.items():
        first = next(iter(by_seed.values()), None)
        if first is not None and first.group == "degraded":
            row = {key: v for key, v in scores.score(metric, name).items() if key not in ("iqm", "n")}
            said = difference(scores.verdict_of(metric, name))
            rows.append(scores.row(metric, name, what=first.reason or first.what, **row, **said))
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
            SCORE,
            Column("skill", "skill"),
            *DIFFERENCE,
        ),
        rows,
    )


def _scores(scores: Scores) -> Table:
    """Everything, for files: it is too long for a page."""
    rows = []
    for model, group, _ in scores.models():
        for metric in scores.compared.metrics:
            for seed, value in scores.values(metric, model).items():
                known = scores.yardstick(metric, seed)
                known_too = {"floor": known.floor, "trivial": known.trivial, "skill": known.skill_of(value)}
                rows.append(scores.row(metric, model, seed=seed, group=group, score=value, **known_too))
    columns = [Column(key, key) for key in ("group", "score", "floor", "trivial", "skill")]
    return Table("scores", "All scores of all models, metric by metric and seed by seed", columns, rows)
