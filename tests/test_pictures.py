import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from qgan.data import DATA
from qgan.pictures import COLUMNS, GAP, ROWS, samples_figure, training_figure
from qgan.samples import DataSet, Samples

RNG = np.random.default_rng(0)
SMALL: dict[str, dict[str, Any]] = {
    "digits": {},
    "bars-and-stripes": {"rows": 2, "columns": 3},
    "gaussian-ring": {"size": 100},
    "gaussian-3d": {"size": 100},
    "gamma": {"size": 100},
    "lognormal": {"size": 100},
    "series": {"size": 100},
    "words": {},
    "wine": {},
}


def made(name: str, **options: Any) -> DataSet:
    entry = DATA[name]
    return entry.make(entry.options.model_validate({**SMALL[name], **options}), 0)


def drawn(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=20)
    return file.getvalue()


def some(data: DataSet, n: int) -> Samples:
    return Samples.uniform(torch.from_numpy(RNG.uniform(data.low, data.high, (n, *data.sample_shape))))


@pytest.mark.parametrize("name", SMALL)
def test_samples_of_every_kind_are_drawn_beside_real_ones(name: str) -> None:
    data = made(name)
    figure = samples_figure(data, {"before": some(data, 1), "after": some(data, 100)})
    assert isinstance(figure, Figure)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == len(titles) // 3 * [f"real: {data.name}", "before", "after"]
    assert drawn(figure).startswith(b"\x89PNG")


def test_images_stand_in_rows_on_one_scale() -> None:
    images = torch.from_numpy(RNG.uniform(-1, 1, (ROWS * COLUMNS + 5, 8, 8)))
    figure = samples_figure(made("digits", scaling="symmetric"), {"generated": Samples.uniform(images)})
    (image,) = figure.axes[1].get_images()
    canvas = np.asarray(image.get_array())
    assert canvas.shape == (ROWS * (8 + GAP) - GAP, COLUMNS * (8 + GAP) - GAP)
    assert image.get_clim() == figure.axes[0].get_images()[0].get_clim() == (-1, 1)
    np.testing.assert_array_equal(canvas[:8, :8], images[0])
    np.testing.assert_array_equal(canvas[:8, 8 + GAP : 16 + GAP], images[1])
    np.testing.assert_array_equal(canvas[8 + GAP : 16 + GAP, 8 + GAP : 16 + GAP], images[COLUMNS + 1])
    np.testing.assert_array_equal(canvas[-8:, -8:], images[ROWS * COLUMNS - 1])


def test_points_are_drawn_where_they_are_in_the_units_of_the_source() -> None:
    data = made("gaussian-3d")
    points = some(data, 7)
    figure = samples_figure(data, {"generated": points})
    pairs = [(0, 1), (0, 2), (1, 2)]
    assert len(figure.axes) == 2 * len(pairs)
    for (first, second), real, axes in zip(pairs, figure.axes[::2], figure.axes[1::2], strict=True):
        seen = np.asarray(axes.collections[0].get_offsets())
        np.testing.assert_array_equal(seen, 4 * points.numpy()[:, [first, second]])
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("xyz"[first], "xyz"[second])
        assert (axes.get_xlim(), axes.get_ylim()) == (real.get_xlim(), real.get_ylim())
        assert axes.get_xlim()[0] < seen[:, 0].min() <= seen[:, 0].max() < axes.get_xlim()[1]


def test_levels_are_drawn_by_their_weights() -> None:
    data = made("lognormal")
    assert data.levels is not None
    weights = torch.arange(8.0).double() / 28
    figure = samples_figure(data, {"whole": Samples(torch.from_numpy(data.levels[0])[:, None], weights)})
    heights = [patch.get_height() for patch in figure.axes[1].patches]  # pyright: ignore[reportAttributeAccessIssue]
    np.testing.assert_allclose(heights, weights, atol=1e-12)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_text_is_drawn_as_words() -> None:
    data = made("words")
    figure = samples_figure(data, {"generated": Samples.uniform(torch.from_numpy(data.train.values))})
    words = [text.get_text() for text in figure.axes[1].texts]
    assert words == [text.get_text() for text in figure.axes[0].texts] == data.texts(data.train.values)[: len(words)]
    assert {len(word) for word in words} == {4}


def test_weighted_samples_are_drawn_as_often_as_they_weigh() -> None:
    data = made("digits")
    images = torch.stack([torch.zeros(8, 8), torch.ones(8, 8)])
    figure = samples_figure(data, {"generated": Samples(images, torch.tensor([0.0, 1.0]))})
    canvas = np.asarray(figure.axes[1].get_images()[0].get_array())
    assert canvas[:8, :8].min() == canvas[-8:, -8:].min() == 1


def records(n: int) -> list[dict]:
    return [
        {"step": step, "losses": {"generator": 1.0, "discriminator": 2.0}, "scores": {"real": 0.6, "fake": 0.4}}
        for step in range(1, n + 1)
    ]


def test_training_is_drawn_between_floor_and_trivial() -> None:
    values = [0.5, None, 0.2]
    evaluations = [{"step": 10 * k, "scores": {"mmd": {"value": value}}} for k, value in enumerate(values)]
    known = {"floor": 0.1, "floor_low": 0.05, "floor_high": 0.2, "trivial": 0.4, "trivial_name": "mean image"}
    figure = training_figure(records(5), evaluations, {"mmd": known}, metric="mmd")
    quality = figure.axes[2]
    lines = {str(line.get_label()): line for line in quality.get_lines()}
    assert np.asarray(lines["generated"].get_xdata()).tolist() == [0, 20]
    assert np.asarray(lines["generated"].get_ydata()).tolist() == [0.5, 0.2]
    assert np.unique(np.asarray(lines["floor: real against real"].get_ydata())).tolist() == [0.1]
    assert np.unique(np.asarray(lines["trivial: mean image"].get_ydata())).tolist() == [0.4]
    assert drawn(figure).startswith(b"\x89PNG")


def test_training_can_be_drawn_before_anything_is_known() -> None:
    assert drawn(training_figure([], [], {}, metric="mmd")).startswith(b"\x89PNG")


def test_a_player_that_rested_leaves_a_gap() -> None:
    some = records(3)
    del some[0]["losses"]["generator"]
    line = training_figure(some, [], {}, metric="mmd").axes[0].get_lines()[0]
    assert np.isnan(np.asarray(line.get_ydata(), dtype=float)).tolist() == [True, False, False]


def test_pyplot_is_never_imported() -> None:
    code = """
import io, sys
import torch
from qgan.data import DATA
from qgan.pictures import samples_figure, training_figure
from qgan.samples import Samples
ring = DATA["gaussian-ring"]
samples_figure(ring.make(ring.options(), 0), {"a": Samples.uniform(torch.zeros(3, 2))}).savefig(io.BytesIO())
training_figure([], [], {}, metric="mmd").savefig(io.BytesIO())
print("matplotlib.pyplot" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"
