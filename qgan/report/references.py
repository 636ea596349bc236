"""What nothing trained scores: what learned nothing, and real data that was seen."""

__all__ = ["references"]

from qgan._typing import Json
from qgan.compare.comparison import Compared
from qgan.compare.standings import Standings
from qgan.report.quality import PART, Quality
from qgan.report.tables import Column, Table

KINDS = {"reference": "reference", "guide": "guide: real data, no contestant"}


def references(compared: Compared, judged: Standings) -> Table:
    """A row for each, on the primary metric."""
    metric, quality = compared.claim.metric, Quality(compared, judged)
    rows: list[Json] = []
    for name, by_seed in compared.rescored.items():
        first = next(iter(by_seed.values()))
        if first.group not in KINDS:
            continue
        of = {"recipe": compared.recipe, "model": name, "metric": metric, "part": PART}
        known = {key: value for key, value in quality.score(metric, name).items() if key != "iqm"}
        rows.append({**of, "group": KINDS[first.group], "what": first.reason or first.what, **known})
    rows.sort(key=lambda row: row["group"])
    return Table(
        "references",
        f"What nothing trained scores on {metric}",
        (
            Column("model", "reference"),
            Column("group", "is a"),
            Column("what", "what it is"),
            Column("score", "score", about="Median over seeds, with a bootstrap band",
                   ends=("score_low", "score_high"), testid="score-median"),
            Column("skill", "skill"),
            Column("n", "seeds"),
        ),
        rows,
        "A guide is real data that was seen: about what remembering the training part would score. It is in no "
        "test, no correction and no trivial value.",
    )  # fmt: skip
