"""Pictures of samples and of training. Figures are matplotlib's own and never go through pyplot's global state."""

__all__ = ["samples_figure", "training_figure"]

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from qgan._typing import Array, Json

COLUMNS, ROWS = 6, 6
GAP = 1
# Okabe and Ito's palette, which colour-blind readers can tell apart; line styles differ, too.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#777777"


def samples_figure(panels: Mapping[str, Array], *, low: float, high: float) -> Figure:
    """Samples side by side, on one scale.

    Args:
        panels: Title and values of shape (n, *sample_shape): images where a sample has two axes, else points.
        low: The value drawn darkest.
        high: The value drawn brightest.
    """
    figure = _figure(4.2 * len(panels), 4.4)
    for axes, (title, values) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        axes.set_title(title, fontsize=11)
        if values.ndim == 3:
            axes.imshow(_mosaic(values, high), cmap="gray", vmin=low, vmax=high, interpolation="nearest")
            axes.set_axis_off()
        else:
            _points(axes, values.reshape(len(values), -1), low, high)
    figure.tight_layout()
    return figure


def training_figure(
    records: Sequence[Json], evaluations: Sequence[Json], references: Mapping[str, Json], *, metric: str
) -> Figure:
    """Losses, the discriminator's scores, and one metric on validation between its floor and its trivial value."""
    figure = _figure(13, 3.8)
    losses, scores, quality = figure.subplots(1, 3)
    steps = [record["step"] for record in records]
    for player, colour, style in (("generator", BLUE, "-"), ("discriminator", ORANGE, "--")):
        losses.plot(
            steps, [record["losses"].get(player, np.nan) for record in records], style, color=colour, label=player
        )
    for side, colour, style in (("real", GREEN, "-"), ("fake", BLUE, "--")):
        scores.plot(steps, [record["scores"].get(side, np.nan) for record in records], style, color=colour, label=side)
    scores.axhline(0.5, color=GREY, linewidth=0.8)
    values = [(line["step"], line["scores"][metric]["value"]) for line in evaluations]
    values = [(step, value) for step, value in values if value is not None]
    quality.plot([step for step, _ in values], [value for _, value in values], "o-", color=BLUE, label="generated")
    known = references.get(metric, {})
    if known.get("floor") is not None:
        quality.axhspan(known["floor_low"], known["floor_high"], color=GREEN, alpha=0.15)
        quality.axhline(known["floor"], color=GREEN, linestyle="--", label="floor: real against real")
    if known.get("trivial") is not None:
        quality.axhline(known["trivial"], color=ORANGE, linestyle=":", label=f"trivial: {known['trivial_name']}")
    for axes, title in ((losses, "loss"), (scores, "D(sample)"), (quality, f"{metric} on validation")):
        axes.set(title=title, xlabel="step")
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=110)
    FigureCanvasAgg(figure)
    return figure


def _mosaic(values: Array, filler: float) -> Array:
    height, width = values.shape[1:]
    canvas = np.full((ROWS * (height + GAP) - GAP, COLUMNS * (width + GAP) - GAP), filler * 0.35)
    for place, image in enumerate(values[: ROWS * COLUMNS]):
        row, column = divmod(place, COLUMNS)
        top, left = row * (height + GAP), column * (width + GAP)
        canvas[top : top + height, left : left + width] = image
    return canvas


def _points(axes: Axes, values: Array, low: float, high: float) -> None:
    if values.shape[1] == 1:
        axes.hist(values[:, 0], bins=30, range=(low, high), color=BLUE)
        return
    style: dict[str, Any] = {"color": BLUE, "s": 8, "alpha": 0.6}
    axes.scatter(values[:, 0], values[:, 1], **style)
    axes.set(xlim=(low, high), ylim=(low, high), xlabel="feature 0", ylabel="feature 1")
