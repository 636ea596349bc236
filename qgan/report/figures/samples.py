"""Samples of models beside real ones, all of one scale: small pictures, each of which fits a telephone."""

__all__ = ["Sampled", "mosaic", "real", "sampled", "scatter", "words"]

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import final

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from qgan._typing import Array
from qgan.report.figures.style import MUTED, drawing, label, look_of, panel, tidy
from qgan.samples import DataSet

ROWS, COLUMNS, GAP = 6, 6, 1
POINTS, SERIES, WORDS, BINS = 400, 24, 48, 32
MOST_PLOTS = 3


@final
@dataclass(frozen=True)
class Sampled:
    """Of one model, or of the data.

    Attributes:
        values: Shape (n, *sample_shape), in the units of the source.
        weights: Shape (n,).
        texts: Where samples are texts.
    """

    values: Array
    weights: Array
    texts: tuple[str, ...] = ()


def sampled(path: Path) -> Sampled | None:
    """What a run drew at its end from latents of its seed; None if there is nothing."""
    file = path / "samples.npz"
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        texts = tuple(map(str, arrays["texts"])) if "texts" in arrays else ()
        return Sampled(
            np.asarray(arrays["values"], dtype=np.float64), np.asarray(arrays["weights"], dtype=np.float64), texts
        )


def real(data: DataSet, count: int) -> Sampled:
    """As many of the training part."""
    part = data.train.subset(np.arange(min(count, len(data.train))))
    texts = tuple(data.texts(part.values)) if data.kind == "text" else ()
    return Sampled(data.scaling.undone(part.values), np.full(len(part), 1 / len(part)), texts)


def mosaic(data: DataSet, sample: Sampled) -> str:
    """Images as one PNG, grey from the lowest to the highest value of the data; a data URI."""
    low, high = (float(np.min(data.scaling.undone(np.full(data.sample_shape, end)))) for end in (data.low, data.high))
    height, width = sample.values.shape[1:]
    canvas = np.full((ROWS * (height + GAP) - GAP, COLUMNS * (width + GAP) - GAP), 90, dtype=np.uint8)
    for place, image in enumerate(sample.values[: ROWS * COLUMNS]):
        row, column = divmod(place, COLUMNS)
        grey = np.clip((image - low) / ((high - low) or 1.0), 0, 1)
        top, left = row * (height + GAP), column * (width + GAP)
        canvas[top : top + height, left : left + width] = np.round(255 * grey)
    file = io.BytesIO()
    Image.fromarray(canvas).save(file, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def words(sample: Sampled) -> list[str]:
    """The first few."""
    return list(sample.texts[:WORDS])


def scatter(data: DataSet, samples: Mapping[str, Sampled], opponent: str | None) -> dict[str, Figure]:
    """Points and series, one picture for each model; those of all share their axes."""
    if data.kind == "series":
        return {name: _lines(name, sample, opponent) for name, sample in samples.items()}
    flat = {name: sample.values.reshape(len(sample.values), -1) for name, sample in samples.items()}
    together = np.concatenate(list(flat.values()))
    low, high = together.min(axis=0), together.max(axis=0)
    pad = 0.05 * np.where(high > low, high - low, 1.0)
    ends = np.stack([low - pad, high + pad])
    if data.levels is None and data.features > 1:
        return {name: _pairs(data, name, values, ends, opponent) for name, values in flat.items()}
    top = max(_shares(data, values, samples[name].weights, ends)[1].max() for name, values in flat.items())
    return {
        name: _histogram(data, name, values, samples[name].weights, ends, 1.08 * top, opponent)
        for name, values in flat.items()
    }


def _colour(name: str, opponent: str | None) -> str:
    return MUTED if name == "real" else look_of(name, ("subject", opponent)).colour


def _lines(name: str, sample: Sampled, opponent: str | None) -> Figure:
    with drawing():
        figure, axes = panel(3.6, 3.0)
        values = sample.values.reshape(len(sample.values), -1)[:SERIES]
        axes.plot(values.T, color=_colour(name, opponent), alpha=0.45, linewidth=0.8)
        axes.set_xlabel("time")
        tidy(axes)
    return figure


def _pairs(data: DataSet, name: str, values: Array, ends: Array, opponent: str | None) -> Figure:
    one, other = next(combinations(range(data.features), 2))
    names = data.names or tuple(f"feature {place}" for place in range(data.features))
    with drawing():
        figure, axes = panel(3.6, 3.4)
        points = values[:POINTS]
        axes.plot(points[:, one], points[:, other], ".", color=_colour(name, opponent), alpha=0.5, markersize=4)
        axes.set(xlim=tuple(ends[:, one]), ylim=tuple(ends[:, other]))
        axes.set_xlabel(label(names[one]))
        axes.set_ylabel(label(names[other]))
        tidy(axes, grid="both")
    return figure


def _shares(data: DataSet, values: Array, weights: Array, ends: Array) -> tuple[Array, Array]:
    """Places and shares of the first feature."""
    column, even = values[:, 0], weights / weights.sum()
    if data.levels is not None:
        levels = data.levels[0]
        scaled = data.scaling.applied(values.reshape(len(values), *data.sample_shape)).reshape(len(values), -1)
        nearest = np.abs(scaled[:, :1] - levels).argmin(axis=1)
        return levels, np.bincount(nearest, weights=even, minlength=len(levels)).astype(np.float64)
    shares, edges = np.histogram(column, bins=BINS, range=(ends[0, 0], ends[1, 0]), weights=even)
    return (edges[1:] + edges[:-1]) / 2, shares


def _histogram(
    data: DataSet, name: str, values: Array, weights: Array, ends: Array, top: float, opponent: str | None
) -> Figure:
    places, shares = _shares(data, values, weights, ends)
    width = float(np.diff(places).min()) if len(places) > 1 else 1.0
    with drawing():
        figure, axes = panel(3.6, 2.8)
        axes.bar(places, shares, width=0.82 * width, color=_colour(name, opponent))
        axes.set_ylim(0, top)
        axes.set_xlabel(label(data.names[0]) if data.names else "value")
        axes.set_ylabel("share")
        tidy(axes)
    return figure
