"""Pictures of samples and of training. Figures are matplotlib's own and never go through pyplot's global state."""

__all__ = ["samples_figure", "samples_wanted", "sweep_figure", "training_figure"]

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from qgan._typing import Array, Json
from qgan.samples import DataSet, Samples
from qgan.seeding import Key

COLUMNS, ROWS = 6, 6
WORDS, POINTS, FREQUENCIES = 72, 500, 10_000
MOST_PLOTS = 4
GAP = 1
# Okabe and Ito's palette, which colour-blind readers can tell apart; line styles differ, too.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#777777"
MORE = (BLUE, "#CC79A7", "#E69F00", "#56B4E9", "#000000", GREY)
MARKERS = "osD^vP"


def samples_wanted(data: DataSet) -> int:
    """How many samples of a generator make a picture."""
    return POINTS if data.kind == "points" else WORDS if data.kind == "text" else ROWS * COLUMNS


def samples_figure(data: DataSet, generated: Mapping[str, Samples]) -> Figure:
    """Real samples, then generated ones, side by side on one scale and in the units of the source.

    Images are a mosaic, series lines, text a table of words. Points are a histogram, a scatter plot, one for each of
    the three pairs of three features, or a histogram for each of the first few; on a grid, the frequency of each level.

    Args:
        data: What the generator imitates; as many of its training rows are drawn as samples would be.
        generated: Title and samples.
    """
    # Frequencies take more rows than can be told apart as points.
    count = FREQUENCIES if data.kind == "points" and data.levels is not None else samples_wanted(data)
    real = data.train.subset(np.arange(min(count, len(data.train))))
    panels = {f"real: {data.name}": Samples.uniform(torch.from_numpy(real.values)), **generated}
    if data.kind == "points":
        return _points(data, panels)
    figure = _figure(4.2 * len(panels), 4.4)
    row = figure.subplots(1, len(panels), squeeze=False, sharey=data.kind == "series")[0]
    for axes, (title, samples) in zip(row, panels.items(), strict=True):
        axes.set_title(title, fontsize=11)
        values = _even(samples, samples_wanted(data))
        if data.kind == "image":
            image = _mosaic(values, data.high)
            axes.imshow(image, cmap="gray", vmin=data.low, vmax=data.high, interpolation="nearest")
            axes.set_axis_off()
        elif data.kind == "text":
            _words(axes, data.texts(values))
        else:
            axes.plot(_source_units(data, values).T, color=BLUE, alpha=0.4, linewidth=0.8)
            axes.set_xlabel("time")
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


def sweep_figure(document: Json) -> Figure:
    """The main metric of a sweep: medians with the range of all repeats, a line for each backend, over shots."""
    metric, rows = document["metric"], document["rows"]
    shots = [*sorted({row["shots"] for row in rows if row["shots"] is not None}), None]
    figure = _figure(max(6.0, 3.6 + 1.1 * len(shots)), 4.4)
    axes = figure.subplots()
    names = list(dict.fromkeys(row["backend"] for row in rows))
    for number, name in enumerate(names):
        own = [row for row in rows if row["backend"] == name and row["metrics"][metric]["value"] is not None]
        own.sort(key=lambda row: shots.index(row["shots"]))
        found = [row["metrics"][metric] for row in own]
        # Side by side, so that ranges do not hide each other.
        places = [shots.index(row["shots"]) + 0.08 * (number - (len(names) - 1) / 2) for row in own]
        ranges = (
            np.array([[some["value"] - some["low"], some["high"] - some["value"]] for some in found]).reshape(-1, 2).T
        )
        style: Any = {"marker": MARKERS[number % len(MARKERS)], "color": MORE[number % len(MORE)], "capsize": 3}
        axes.errorbar(places, [some["value"] for some in found], yerr=ranges, label=name, **style)
    known = rows[0]["metrics"][metric]
    if known["value"] is not None:
        axes.axhline(known["value"], color=MORE[0], linewidth=0.8, zorder=0)
    if known["floor"] is not None:
        axes.axhspan(known["floor_low"], known["floor_high"], color=GREEN, alpha=0.15)
        axes.axhline(known["floor"], color=GREEN, linestyle="--", label="floor: real against real")
        axes.axhline(known["trivial"], color=ORANGE, linestyle=":", label=f"trivial: {known['trivial_name']}")
    axes.set_xticks(range(len(shots)), ["exact" if each is None else f"{each:,}" for each in shots])
    axes.set_xlim(-0.5, len(shots) - 0.5)
    axes.set(xlabel="shots for each circuit", ylabel=f"{metric} ({known['direction']} is better)")
    axes.set_title(
        f"{document['n']} samples, step {document['step']}: median and range of {document['repeats']}", fontsize=11
    )
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
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


def _even(samples: Samples, count: int) -> Array:
    """So many values of equal weight, or as many as there are, shape (n, *sample_shape)."""
    if bool((samples.weights == samples.weights[0]).all()):
        return samples.numpy()[:count]
    return samples.resampled(count, Key(0, "picture")).numpy()


def _words(axes: Axes, words: Sequence[str]) -> None:
    for place, word in enumerate(words):
        row, column = divmod(place, COLUMNS)
        where = ((column + 0.5) / COLUMNS, 1 - (row + 0.5) / (WORDS / COLUMNS))
        axes.text(*where, word, family="monospace", fontsize=9, ha="center", va="center", parse_math=False)
    axes.set_axis_off()


def _points(data: DataSet, panels: Mapping[str, Samples]) -> Figure:
    names = data.names or tuple(f"feature {place}" for place in range(data.features))
    plots = [(place,) for place in range(min(data.features, MOST_PLOTS))]
    if data.levels is None and data.features in (2, 3):
        plots = list(combinations(range(data.features), 2))
    values = {title: _source_units(data, _even(samples, POINTS)) for title, samples in panels.items()}
    together = np.concatenate(list(values.values()))
    low, high = together.min(axis=0), together.max(axis=0)
    margin = 0.03 * np.where(high > low, high - low, 1.0)
    ends = np.stack([low - margin, high + margin], axis=1)
    figure = _figure(4.2 * len(panels), 4.4 if len(plots) == 1 else 2.6 * len(plots))
    grid = figure.subplots(len(plots), len(panels), squeeze=False)
    for row, plot in zip(grid, plots, strict=True):
        for axes, (title, samples) in zip(row, panels.items(), strict=True):
            axes.set_title(title, fontsize=11)
            axes.set_xlabel(names[plot[0]])
            if data.levels is not None:
                _bars(axes, data, samples, plot[0])
            elif len(plot) == 1:
                column = values[title][:, plot[0]]
                even = np.full(len(column), 1 / len(column))
                axes.hist(column, bins=30, range=tuple(ends[plot[0]]), weights=even, color=BLUE)
                axes.set_ylabel("share")
            else:
                style: dict[str, Any] = {"color": BLUE, "s": 8, "alpha": 0.6}
                axes.scatter(values[title][:, plot[0]], values[title][:, plot[1]], **style)
                axes.set(xlim=tuple(ends[plot[0]]), ylim=tuple(ends[plot[1]]), ylabel=names[plot[1]])
        top = max(axes.get_ylim()[1] for axes in row)
        for axes in row if len(plot) == 1 else ():
            axes.set_ylim(0, top)
    figure.tight_layout()
    return figure


def _source_units(data: DataSet, values: Array) -> Array:
    return data.scaling.undone(values).reshape(len(values), -1)


def _bars(axes: Axes, data: DataSet, samples: Samples, feature: int) -> None:
    """The frequency of each level, of all samples by their weights."""
    assert data.levels is not None
    levels = data.levels[feature]
    column = samples.numpy().reshape(len(samples), -1)[:, feature]
    nearest = np.abs(column[:, None] - levels).argmin(axis=1)
    shares = np.bincount(nearest, weights=samples.weights.detach().cpu().double().numpy(), minlength=len(levels))
    width = float(np.diff(levels).min()) if len(levels) > 1 else 1.0
    axes.bar(levels, shares, width=0.8 * width, color=BLUE)
    axes.set_ylabel("frequency")
