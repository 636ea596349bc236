"""Pictures of what is claimed: paired differences, and the scores behind them."""

__all__ = ["differences", "strip"]

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qgan._typing import Json
from qgan.report.figures.style import (
    FLOOR,
    INK,
    MUTED,
    PAPER,
    RULE,
    SUBJECT,
    TRIVIAL,
    WIDE,
    drawing,
    label,
    look_of,
    panel,
    tidy,
)

ROW, HEAD = 0.36, 1.15
# Beyond so many times what the primary contest spans, a dot becomes an arrow at the edge.
BEYOND = 2.0
SIDES = ((0.0, "left", "\N{LEFTWARDS ARROW} better"), (1.0, "right", "worse \N{RIGHTWARDS ARROW}"))


def differences(recipe: Json) -> Figure | None:
    """Subject minus opponent for each seed, with mean and interval: the primary contest on top, then the others."""
    metric = recipe["claim"]["metric"]
    contests = [each for each in recipe["contests"] if each["metric"] == metric]
    if not contests:
        return None
    low, high = _limits(contests)
    with drawing():
        figure, axes = panel(WIDE, HEAD + ROW * max(len(contests), 2))
        margin = contests[0]["margin"]
        if margin is not None:
            axes.axvspan(max(-margin, low), min(margin, high), color=RULE, alpha=0.45, linewidth=0)
        axes.axvline(0, color=INK, linewidth=1)
        for place, contest in enumerate(contests):
            _contest(axes, contest, -place, low, high)
        axes.set_yticks(range(0, -len(contests), -1), [label(each["opponent"]) for each in contests])
        axes.get_yticklabels()[0].set_color(INK)
        axes.set_ylim(-len(contests) + 0.4, 0.6)
        axes.set_xlim(low, high)
        axes.set_xlabel(f"paired difference in {label(metric)}")
        for where, side, text in SIDES:
            axes.text(where, 1.01, text, ha=side, va="bottom", color=MUTED, fontsize=10, transform=axes.transAxes)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        tidy(axes, grid="x")
    return figure


def strip(recipe: Json) -> Figure | None:
    """Every model's score on every seed, between floor and trivial value."""
    rows = [row for row in recipe["tables"]["by-seed"]["rows"] if any(_scores(row, recipe))]
    if not rows:
        return None
    opponent, floor, trivial = recipe["opponent"], recipe["floor"], recipe["trivial"]
    near = [value for row in rows[:2] for value in _scores(row, recipe) if value is not None]
    ends = [value for value in (*near, floor, trivial) if value is not None]
    span = max(ends) - min(ends) or 1.0
    low, high = min(ends) - 0.12 * span, max(ends) + 0.12 * span
    with drawing():
        figure, axes = panel(WIDE, HEAD + 0.25 + ROW * max(len(rows), 3))
        for value, colour, dashes, name in (
            (floor, FLOOR, (0, (6, 2)), "floor"),
            (trivial, TRIVIAL, (0, (1.5, 1.5)), "trivial"),
        ):
            if value is not None:
                axes.axvline(value, color=colour, linestyle=dashes, linewidth=1.4, label=name)
        for place, row in enumerate(rows):
            look = look_of(row["model"], ("subject", opponent))
            values = np.array([value for value in _scores(row, recipe) if value is not None])
            _dots(axes, values, -place, low, high, look.colour, look.marker)
            middle = float(np.median(values))
            if low <= middle <= high:
                axes.plot([middle, middle], [-place - 0.3, -place + 0.3], color=look.colour, linewidth=2.2)
        axes.set_yticks(range(0, -len(rows), -1), [label(row["model"]) for row in rows])
        axes.set_ylim(-len(rows) + 0.4, 0.6)
        axes.set_xlim(low, high)
        better = "smaller" if recipe["better"] == "lower" else "larger"
        axes.set_xlabel(f"{label(recipe['claim']['metric'])} on test, {better} is better")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        if axes.get_legend_handles_labels()[0]:
            figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
        tidy(axes, grid="x")
    return figure


def _contest(axes: Axes, contest: Json, row: float, low: float, high: float) -> None:
    colour, marker = (SUBJECT, "o") if contest["primary"] else (MUTED, "o")
    _dots(axes, np.array(contest["differences"]), row, low, high, colour, marker, 6.5 if contest["primary"] else 5)
    ends = [contest["low"], contest["high"]]
    if None not in ends and ends[0] < high and ends[1] > low:
        axes.plot(
            [max(ends[0], low), min(ends[1], high)], [row, row], color=colour, linewidth=2.4, solid_capstyle="butt"
        )
    if low <= contest["mean"] <= high:
        axes.plot([contest["mean"]], [row], "D", color=PAPER, markersize=8 if contest["primary"] else 6.5,
                  markeredgecolor=colour, markeredgewidth=1.4, zorder=4)  # fmt: skip


def _dots(
    axes: Axes, values: np.ndarray, row: float, low: float, high: float, colour: str, marker: str, size: float = 5.5
) -> None:
    """Spread a little, so that equal ones are seen; those beyond the edges are arrows there."""
    shifts = np.linspace(-0.17, 0.17, len(values)) if len(values) > 1 else np.zeros(1)
    inside = (values >= low) & (values <= high)
    style = {"color": colour, "alpha": 0.55, "markeredgewidth": 0, "linestyle": "none", "zorder": 3}
    axes.plot(values[inside], row + shifts[inside], marker, markersize=size, **style)
    for beyond, edge, arrow in ((values > high, high, ">"), (values < low, low, "<")):
        if beyond.any():
            at = edge - 0.015 * (high - low) if arrow == ">" else edge + 0.015 * (high - low)
            axes.plot(np.full(beyond.sum(), at), row + shifts[beyond], arrow, markersize=size, **style)


def _limits(contests: Sequence[Json]) -> tuple[float, float]:
    """Of the primary contest and its interval and margin, and of as much else as does not dwarf them."""
    first = contests[0]
    ends = [0.0, *first["differences"], *[end for end in (first["low"], first["high"]) if end is not None]]
    span = max(max(ends) - min(ends), 2 * (first["margin"] or 0.0)) or 1.0
    every = [value for each in contests for value in each["differences"]]
    low = max(min([*ends, *every, -(first["margin"] or 0.0)]), min(ends) - BEYOND * span)
    high = min(max([*ends, *every, first["margin"] or 0.0]), max(ends) + BEYOND * span)
    pad = 0.05 * (high - low)
    return low - pad, high + pad


def _scores(row: Json, recipe: Json) -> list[float | None]:
    return [row.get(f"s{seed}") for seed in recipe["seeds"]]
