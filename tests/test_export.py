from pathlib import Path

import numpy as np
import pytest
import torch

from qgan import data as tables
from qgan.errors import ResourceError
from qgan.export import WRITERS, write
from qgan.samples import DataSet, Part, Samples, Scaling

PART = Part(np.random.default_rng(0).random((12, 2, 3)))
DATA = DataSet("noise", PART, PART, PART, 0.0, 1.0)


@pytest.fixture
def samples() -> Samples:
    values = torch.from_numpy(np.random.default_rng(1).random((5, 2, 3)))
    return Samples(values, torch.tensor([0.1, 0.2, 0.3, 0.4, 0.0]).double())


def test_npz_holds_values_and_weights(samples: Samples, tmp_path: Path) -> None:
    write(samples, tmp_path / "it.npz", DATA)
    with np.load(tmp_path / "it.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["values"], samples.numpy())
        np.testing.assert_array_equal(archive["weights"], samples.weights.numpy())


def test_npy_holds_values(samples: Samples, tmp_path: Path) -> None:
    write(samples, tmp_path / "it.npy", DATA)
    np.testing.assert_array_equal(np.load(tmp_path / "it.npy", allow_pickle=False), samples.numpy())


def test_csv_has_a_column_for_each_feature(samples: Samples, tmp_path: Path) -> None:
    write(samples, tmp_path / "it.csv", DATA)
    lines = (tmp_path / "it.csv").read_text("utf-8").splitlines()
    assert lines[0] == ",".join([*(f"feature_{k}" for k in range(6)), "weight"])
    read = np.loadtxt(tmp_path / "it.csv", delimiter=",", skiprows=1)
    # Nine digits bring single precision back.
    np.testing.assert_allclose(read[:, :6], samples.numpy().reshape(5, 6), rtol=1e-8)
    np.testing.assert_allclose(read[:, 6], samples.weights)


def test_all_formats_are_in_the_units_of_the_source_under_its_names(tmp_path: Path) -> None:
    scaling = Scaling(np.array([10.0, -1.0]), np.array([2.0, 0.5]))
    part = Part(np.zeros((3, 2)))
    data = DataSet("two", part, part, part, 0.0, 1.0, scaling=scaling, names=("x, m", "y"))
    samples = Samples.uniform(torch.tensor([[0.0, 1.0], [0.5, 0.0]]), torch.tensor([4, 5]))
    expected = [[10, -0.5], [11, -1]]
    for suffix in (".npz", ".npy", ".csv"):
        write(samples, tmp_path / f"it{suffix}", data)
    assert np.load(tmp_path / "it.npy", allow_pickle=False).tolist() == expected
    with np.load(tmp_path / "it.npz", allow_pickle=False) as archive:
        assert archive["values"].tolist() == expected
        assert archive["names"].tolist() == ["x, m", "y"]
        assert archive["labels"].tolist() == [4, 5]
    assert (tmp_path / "it.csv").read_text("utf-8") == '"x, m",y,label\n10,-0.5,4\n11,-1,5\n'


def test_text_is_written_as_text(tmp_path: Path) -> None:
    entry = tables.DATA["words"]
    data = entry.make(entry.options(), 0)
    samples = Samples.uniform(torch.from_numpy(data.test.values))
    words = data.texts(data.test.values)
    write(samples, tmp_path / "it.csv", data)
    write(samples, tmp_path / "it.npz", data)
    header, *rows = (tmp_path / "it.csv").read_text("utf-8").splitlines()
    assert header == "feature_0,feature_1,feature_2,feature_3,text"
    assert [row.rpartition(",")[2] for row in rows] == words
    assert ["".join(data.alphabet[int(place)] for place in row.split(",")[:4]) for row in rows] == words
    with np.load(tmp_path / "it.npz", allow_pickle=False) as archive:
        assert archive["texts"].tolist() == words


def test_labels_go_along(samples: Samples, tmp_path: Path) -> None:
    labelled = Samples(samples.values, samples.weights, torch.tensor([-3, 7, 7, 40, 2**40]))
    for ending in (".npz", ".csv", ".npy", ".png"):
        write(labelled, tmp_path / f"it{ending}", DATA)
    with np.load(tmp_path / "it.npz", allow_pickle=False) as archive:
        assert archive["labels"].tolist() == [-3, 7, 7, 40, 2**40]
    lines = (tmp_path / "it.csv").read_text("utf-8").splitlines()
    assert lines[0].endswith("feature_5,weight,label")
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["-3", "7", "7", "40", str(2**40)]
    np.testing.assert_array_equal(np.load(tmp_path / "it.npy", allow_pickle=False), samples.numpy())


def test_csv_brings_single_precision_back_exactly(tmp_path: Path) -> None:
    values = torch.rand(50, 3)
    write(Samples.uniform(values), tmp_path / "it.csv", DATA)
    read = np.loadtxt(tmp_path / "it.csv", delimiter=",", skiprows=1, dtype=np.float32)
    np.testing.assert_array_equal(read, values.numpy())


def test_png_is_a_picture(samples: Samples, tmp_path: Path) -> None:
    write(samples, tmp_path / "it.png", DATA)
    assert (tmp_path / "it.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_place_that_cannot_be_written_is_refused(suffix: str, samples: Samples, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match="--out"):
        write(samples, tmp_path / "file" / f"it{suffix}", DATA)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".csv"])
def test_gradients_do_not_matter(suffix: str, tmp_path: Path) -> None:
    write(Samples.uniform(torch.rand(4, 3, requires_grad=True)), tmp_path / f"it{suffix}", DATA)
    assert (tmp_path / f"it{suffix}").stat().st_size
