"""Pictures of training: curves against steps and seconds, and when the stated skill was reached."""

__all__ = ["curve", "reached"]

from collections.abc import Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qgan._typing import Json
from qgan.report.figures.style import FLOOR, TRIVIAL, drawing, label, look_of, panel, tidy

Axis = Literal["steps", "seconds"]


def curve(curves: Json, leading: Sequence[str | None], *, against: Axis, seeds: bool) -> Figure | None:
    """Medians over seeds with their bands; thin lines are single seeds, a cross is where one diverged.

    Args:
        curves: Of one metric.
        leading: Names of those that are drawn, two at most.
        against: What is on the horizontal axis.
        seeds: Whether to draw single seeds, too.
    """
    models = [each for each in curves["models"] if each["model"] in leading]
    if not models:
        return None
    with drawing():
        figure, axes = panel()
        for model in models:
            look = look_of(model["model"], leading)
            x = model[against]
            if seeds:
                for seed in model["seeds"]:
                    _seed(axes, model, seed, against, look.colour, look.dashes)
            if None not in model["low"]:
                axes.fill_between(x, model["low"], model["high"], color=look.colour, alpha=0.16, linewidth=0)
            every = max(len(x) // 8, 1)
            axes.plot(x, model["median"], color=look.colour, linestyle=look.dashes, marker=look.marker, markersize=4.5,
                      markevery=every, label=label(model["model"]))  # fmt: skip
        for value, colour, dashes, name in (
            (curves["floor"], FLOOR, (0, (6, 2)), "floor"),
            (curves["trivial"], TRIVIAL, (0, (1.5, 1.5)), "trivial"),
        ):
            if value is not None:
                axes.axhline(value, color=colour, linestyle=dashes, linewidth=1.3, label=name)
        axes.set_xlabel("generator updates" if against == "steps" else "seconds of training")
        axes.set_ylabel(label(curves["metric"]))
        _scale(axes, models, curves)
        figure.legend(
            *axes.get_legend_handles_labels(), loc="outside upper left", ncols=4, columnspacing=1.2, handlelength=1.8
        )
        tidy(axes)
    return figure


def reached(share: Json, opponent: str | None, *, against: Axis) -> Figure | None:
    """The share of seeds that had got to the stated skill by each time; None where none ever did."""
    models = [each for each in share["models"] if each["model"] in ("subject", opponent)]
    if all(max(each[against]["shares"]) == 0 for each in models):
        return None
    with drawing():
        figure, axes = panel(height=2.9)
        for model in models:
            look = look_of(model["model"], ("subject", opponent))
            stairs = model[against]
            axes.step(stairs["times"], stairs["shares"], where="post", color=look.colour, linestyle=look.dashes,
                      label=label(model["model"]))  # fmt: skip
            axes.plot(
                stairs["times"][-1:], stairs["shares"][-1:], look.marker, color=look.colour, markersize=6, clip_on=False
            )
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlim(left=0)
        axes.set_xlabel("generator updates" if against == "steps" else "seconds of training")
        axes.set_ylabel(f"share of seeds at skill {share['skill']:g}")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=4)
        tidy(axes)
    return figure


def _seed(axes: Axes, model: Json, seed: Json, against: Axis, colour: str, dashes: Any) -> None:
    values, own = seed["values"], seed["seconds"]
    # A seed that is lost has no seconds any more: it goes on at those of the others.
    x = model["steps"] if against == "steps" else [*own, *model["seconds"][len(own) :]][: len(values)]
    axes.plot(x, values, color=colour, linewidth=0.6, alpha=0.35, linestyle=dashes)
    if seed["state"] in ("diverged", "failed"):
        at = min(len(own), len(values)) - 1
        axes.plot(x[at : at + 1], values[at : at + 1], "x", color=colour, markersize=8, markeredgewidth=2)


def _scale(axes: Axes, models: list[Json], curves: Json) -> None:
    """Logarithmic where all is positive and spans more than a factor of 30."""
    values = [
        value
        for model in models
        for value in (*model["median"], curves["floor"], curves["trivial"])
        if value is not None
    ]
    low = [value for model in models for value in model["low"] if value is not None]
    if values and min([*values, *low]) > 0 and max(values) / min(values) > 30:
        axes.set_yscale("log")
