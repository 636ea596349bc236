import io
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from qgan.pictures import COLUMNS, GAP, ROWS, samples_figure, training_figure

RNG = np.random.default_rng(0)
SHAPES = {"images": (40, 8, 5), "few images": (3, 8, 8), "points": (20, 2), "numbers": (20, 1), "many": (20, 6)}


def drawn(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_samples_of_any_shape_are_drawn(shape: tuple[int, ...]) -> None:
    figure = samples_figure({"real": RNG.random(shape), "generated": RNG.random(shape)}, low=0, high=1)
    assert isinstance(figure, Figure)
    assert [axes.get_title() for axes in figure.axes] == ["real", "generated"]
    assert drawn(figure).startswith(b"\x89PNG")


def test_images_stand_in_rows_on_one_scale() -> None:
    images = RNG.uniform(-1, 1, (ROWS * COLUMNS + 5, 3, 4))
    (image,) = samples_figure({"real": images}, low=-1, high=1).axes[0].get_images()
    canvas = np.asarray(image.get_array())
    assert canvas.shape == (ROWS * (3 + GAP) - GAP, COLUMNS * (4 + GAP) - GAP)
    assert image.get_clim() == (-1, 1)
    np.testing.assert_array_equal(canvas[:3, :4], images[0])
    np.testing.assert_array_equal(canvas[:3, 4 + GAP : 8 + GAP], images[1])
    np.testing.assert_array_equal(canvas[3 + GAP : 6 + GAP, 4 + GAP : 8 + GAP], images[COLUMNS + 1])
    np.testing.assert_array_equal(canvas[-3:, -4:], images[ROWS * COLUMNS - 1])


def test_points_are_drawn_where_they_are() -> None:
    points = RNG.random((7, 2))
    (axes,) = samples_figure({"real": points}, low=0, high=1).axes
    np.testing.assert_array_equal(np.asarray(axes.collections[0].get_offsets()), points)
    assert axes.get_xlim() == axes.get_ylim() == (0, 1)


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
import numpy as np
from qgan.pictures import samples_figure, training_figure
samples_figure({"a": np.zeros((3, 4, 4))}, low=0, high=1).savefig(io.BytesIO())
training_figure([], [], {}, metric="mmd").savefig(io.BytesIO())
print("matplotlib.pyplot" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"
