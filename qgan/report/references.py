"""What nothing trained scores: what learned nothing, and real data that was seen."""

__all__ = ["references"]

from qgan._typing import Json
from qgan.report.scores import PART, SCORE, Scores
from qgan.report.tables import Column, Table

KINDS = {"reference": "reference", "guide": "guide: real data, no contestant"}


def references(scores: Scores) -> Table:
    """A row for each, on the primary metric."""
    compared, metric = scores.compared, scores.compared.claim.metric
    rows: list[Json] = []
    for name, by_seed in compared.rescored.items():
        first = next(iter(by_seed.values()))
        if first.group not in KINDS:
            continue
        of = {"recipe": compared.recipe, "model": name, "metric": metric, "part": PART}
        known = {key: value for key, value in scores.score(metric, name).items() if key != "iqm"}
        rows.append({**of, "group": KINDS[first.group], "what": first.reason or first.what, **known})
    rows.sort(key=lambda row: row["group"])
    return Table(
        "references",
        f"What nothing trained scores on {metric}",
        (
            Column("model", "reference"),
            Column("group", "is a"),
            Column("what", "what it is"),
            SCORE,
            Column("skill", "skill"),
            Column("n", "seeds"),
        ),
        rows,
        "A guide is real data that was seen: about what remembering the training part would score. It is in no "
        "test, no correction and no trivial value.",
    )
