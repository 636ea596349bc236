"""Pictures of what it takes: a step by its parts, and the clock that a quantum computer would need."""

__all__ = ["break_even", "split"]

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qgan._typing import Json
from qgan.report.economy import PARTS, SIMULATION, TRAINED
from qgan.report.figures.style import (
    OPPONENT,
    OTHER,
    PAPER,
    SUBJECT,
    SUBJECT_PALE,
    WIDE,
    drawing,
    label,
    panel,
    tidy,
)

ROW, HEAD = 0.36, 1.35
FILLS = (SUBJECT, SUBJECT_PALE, OPPONENT, OTHER)


def split(rows: list[Json]) -> Figure | None:
    """Seconds of a step, stacked by part."""
    if not rows:
        return None
    with drawing():
        figure, axes = panel(WIDE, HEAD + ROW * max(len(rows), 2))
        places = list(range(0, -len(rows), -1))
        left = [0.0] * len(rows)
        for part, colour in zip(PARTS, FILLS, strict=True):
            widths = [1000 * (row[part.replace(" ", "_")] or 0.0) for row in rows]
            axes.barh(
                places, widths, left=left, height=0.62, facecolor=colour, edgecolor=PAPER, linewidth=0.8, label=part
            )
            left = [start + width for start, width in zip(left, widths, strict=True)]
        axes.set_yticks(places, [label(row["model"]) for row in rows])
        axes.set_xlabel("milliseconds a step")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
        tidy(axes, grid="x")
    return figure


def break_even(rows: list[Json]) -> Figure | None:
    """The clock at which a tie is, over qubits, beside today's: two questions, so two marks that no line joins."""
    there = [row for row in rows if row["clock"] is not None]
    if not there:
        return None
    trained = [row for row in there if row["of"] == TRAINED]
    wider = sorted((row for row in there if row["of"] != TRAINED), key=lambda row: row["wires"])
    with drawing():
        figure, axes = panel()
        if wider:
            wires, clocks = [row["wires"] for row in wider], [row["clock"] for row in wider]
            axes.plot(wires, clocks, "o-", color=SUBJECT, label=f"against {SIMULATION}")
        if trained:
            wires, clocks = [row["wires"] for row in trained], [row["clock"] for row in trained]
            axes.plot(wires, clocks, "D", color=SUBJECT, markerfacecolor="none", markersize=11, markeredgewidth=2,
                      label="this circuit against the primary opponent")  # fmt: skip
        axes.axhline(there[0]["todays_clock"], color=OPPONENT, linestyle=(0, (5, 2)), label="today")
        axes.set_yscale("log")
        axes.set_xlabel("qubits")
        axes.set_ylabel("executions a second")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=1)
        tidy(axes)
    return figure
