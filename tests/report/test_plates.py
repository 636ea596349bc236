"""Samples of every kind of data."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgan import config
from qgan.build import build
from qgan.export import WRITERS
from qgan.report.figures.samples import Sampled, sampled
from qgan.report.plates import plates
from qgan.seeding import Key

KINDS = {
    "digits-patch-classical": "image",
    "bars-and-stripes-classical": "image",
    "series-classical": "picture",
    "ring-classical": "picture",
    "lognormal-classical": "picture",
    "words-classical": "words",
}


@pytest.mark.parametrize("recipe", KINDS)
def test_samples_are_shown_as_their_kind_wants(recipe: str, tmp_path: Path) -> None:
    experiment = build(config.load(recipe, changes=[("run.threads", 1), ("run.device", "cpu")]))
    samples = experiment.generator.sample(50, Key(0, "picture"))
    (tmp_path / "samples.npz").write_bytes(WRITERS[".npz"](samples, experiment.data))
    read = sampled(tmp_path)
    assert isinstance(read, Sampled)
    first, second = plates(experiment.data, {"real": read, "subject": read}, "run", None)
    assert first.title == "real"
    assert getattr(second, KINDS[recipe])


def test_a_mosaic_shows_lowest_black_and_highest_white() -> None:
    import base64
    import io

    from PIL import Image

    from qgan.report.figures.samples import mosaic

    data: Any = build(config.load("digits-patch-classical", changes=[("run.threads", 1), ("run.device", "cpu")])).data
    ends = data.scaling.undone(np.stack([np.full(data.sample_shape, end) for end in (data.low, data.high)]))
    uri = mosaic(data, Sampled(ends, np.full(2, 0.5)))
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))
    height, width = data.sample_shape
    assert (image[:height, :width] == 0).all()
    assert (image[:height, width + 1 : 2 * width + 1] == 255).all()


def test_without_samples_there_is_nothing(tmp_path: Path) -> None:
    assert sampled(tmp_path) is None
