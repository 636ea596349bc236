"""Files of arrays: NumPy's, MNIST's, and folders of pictures."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from PIL import Image

from qgan import samples
from qgan.data import DATA
from qgan.data.batches import Batches
from qgan.samples import DataSet
from qgan.validation import validate

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 4, 6), dtype=np.uint8)
LABELS = np.arange(40, dtype=np.uint8) % 3
CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def read(name: str, **options: Any) -> DataSet:
    entry = DATA.lookup(name)
    return entry.make(validate(entry.options, {"scaling": "none", **options}, path="data"), 0)


def whole(data: DataSet) -> np.ndarray:
    """All rows, sorted, shape (n, features)."""
    rows = np.concatenate([part.flat() for part in (data.train, data.validation, data.test)])
    return rows[np.lexsort(rows.T[::-1])]


def ordered(values: np.ndarray) -> np.ndarray:
    rows = values.reshape(len(values), -1).astype(float)
    return rows[np.lexsort(rows.T[::-1])]


def idx(values: np.ndarray) -> bytes:
    kind = values.dtype.str[1:]
    head = struct.pack(f">HBB{values.ndim}I", 0, CODES[kind], values.ndim, *values.shape)
    return head + values.astype(f">{kind}").tobytes()


def write_npy(file: IO[bytes], values: np.ndarray) -> None:
    np.save(file, values, allow_pickle=False)


def write_npz(file: IO[bytes], values: np.ndarray) -> None:
    np.savez(file, x=values)


def write_packed_npz(file: IO[bytes], values: np.ndarray) -> None:
    np.savez_compressed(file, x=values)


def write_idx(file: IO[bytes], values: np.ndarray) -> None:
    file.write(idx(values))


def write_packed_idx(file: IO[bytes], values: np.ndarray) -> None:
    file.write(gzip.compress(idx(values)))


FORMATS: dict[str, tuple[str, Callable[[IO[bytes], np.ndarray], None]]] = {
    "npy": ("npy", write_npy),
    "npz": ("npz", write_npz),
    "packed npz": ("npz", write_packed_npz),
    "idx": ("idx", write_idx),
    "packed idx": ("idx", write_packed_idx),
}


@pytest.fixture(params=FORMATS)
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[np.ndarray], str]:
    """Writes an array, and gives the name of the data."""
    kind, write = FORMATS[request.param]

    def saved(values: np.ndarray) -> str:
        path = tmp_path / ("packed" if request.param.startswith("packed") else "plain")
        # An open file, because savez gives a name an ending.
        with path.open("wb") as file:
            write(file, values)
        return f"{kind}:{path}"

    return saved


@pytest.mark.parametrize("dtype", CODES)
def test_every_type_of_number_is_read_as_it_was_written(saved: Callable[[np.ndarray], str], dtype: str) -> None:
    values = (IMAGES.astype(float) - 100).astype(dtype) if dtype != "u1" else IMAGES
    data = read(saved(values))
    assert (data.kind, data.sample_shape) == ("image", (4, 6))
    np.testing.assert_array_equal(whole(data), ordered(values))


@pytest.mark.parametrize("large", [True, False])
@pytest.mark.parametrize("scaling", ["none", "unit", "symmetric", "standard"])
def test_large_data_stay_where_they_are_and_are_the_same(
    saved: Callable[[np.ndarray], str], monkeypatch: pytest.MonkeyPatch, large: bool, scaling: str
) -> None:
    name = saved(IMAGES)
    small = read(name, scaling=scaling)
    monkeypatch.setattr(samples, "MOST_AT_ONCE", 100 if large else 10**6)
    data = read(name, scaling=scaling)
    assert data.train.large == large
    assert data.train.rows.dtype == (np.uint8 if large else np.float64)
    if large:
        assert data.train.rows is data.test.rows
        assert isinstance(data.train.rows, np.memmap) != name.endswith("packed")
    for one, other in zip(
        (data.train, data.validation, data.test), (small.train, small.validation, small.test), strict=True
    ):
        # A mean of pieces rounds otherwise than one of the whole.
        np.testing.assert_allclose(one.values, other.values, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(one.moments()[1], other.values.std(axis=0), rtol=1e-12)
    joined = data.train.joined(data.validation)
    np.testing.assert_allclose(joined.values, np.concatenate([small.train.values, small.validation.values]), rtol=1e-12)
    of_it, of_small = (Batches(each.train, size=7, seed=1, device="cpu") for each in (data, small))
    for index in range(9):
        # One rounding in single precision.
        np.testing.assert_allclose(of_it.at(index).values, of_small.at(index).values, rtol=1e-6)
    assert read(name, scaling=scaling).sha256 == data.sha256


def test_columns_first_and_the_other_byte_order_are_read(tmp_path: Path) -> None:
    for place, values in enumerate((np.asfortranarray(IMAGES), IMAGES.astype(">i4"), IMAGES > 99)):
        np.save(tmp_path / f"{place}.npy", values)
        np.testing.assert_array_equal(whole(read(f"npy:{tmp_path / f'{place}.npy'}")), ordered(values))


def test_labels_lie_beside(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(idx(IMAGES))
    (tmp_path / "labels").write_bytes(gzip.compress(idx(LABELS)))
    np.save(tmp_path / "x.npy", IMAGES)
    np.save(tmp_path / "y.npy", LABELS)
    np.savez(tmp_path / "xy.npz", x=IMAGES, y=LABELS, z=IMAGES)
    sets = [
        read(f"idx:{tmp_path / 'images'}", labels=str(tmp_path / "labels"), classes=[0, 2]),
        read(f"npy:{tmp_path / 'x.npy'}", labels=str(tmp_path / "y.npy"), classes=[0, 2]),
        read(f"npz:{tmp_path / 'xy.npz'}", key="x", labels="y", classes=[0, 2]),
    ]
    known = {image.tobytes(): label for image, label in zip(IMAGES.astype(float), LABELS, strict=True)}
    for data in sets:
        assert data.train.labels is not None
        assert [known[image.tobytes()] for image in data.train.values] == data.train.labels.tolist()
        assert set(data.train.labels) == {0, 2}
        assert data.labelled is not None
        assert set(data.labelled.labels if data.labelled.labels is not None else []) == {0, 1, 2}


def test_an_array_can_be_said_to_be_a_series(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES[:, 0])
    data = read(f"npy:{tmp_path / 'x.npy'}", kind="series", scaling="unit")
    assert (data.kind, np.shape(data.scaling.offset)) == ("series", ())


def test_pictures_are_made_grey_and_of_one_size(tmp_path: Path) -> None:
    for place, mode in enumerate(["L", "RGB", "RGBA", "P", "1", "LA"] * 2):
        image = Image.fromarray(np.full((6 + place, 8), 255 if place % 2 else 0, np.uint8)).convert(mode)
        image.save(tmp_path / f"{place:02}.{'tif' if mode == 'LA' else 'png'}")
    (tmp_path / "notes.txt").write_text("not a picture")
    data = read(f"images:{tmp_path}", size=[3, 4])
    assert (data.kind, data.sample_shape) == ("image", (3, 4))
    assert sorted(whole(data).mean(axis=1)) == [0] * 6 + [255] * 6


def test_folders_are_classes(tmp_path: Path) -> None:
    for place in range(24):
        folder = tmp_path / ("cats" if place % 2 else "ants")
        folder.mkdir(exist_ok=True)
        Image.fromarray(np.full((2, 2), place, np.uint8)).save(folder / f"{place}.png")
    data = read(f"images:{tmp_path}")
    assert data.train.labels is not None
    assert (data.train.values[:, 0, 0] % 2).tolist() == data.train.labels.tolist()
    assert set(read(f"images:{tmp_path}", classes=["cats"]).train.values[:, 0, 0] % 2) == {1}
