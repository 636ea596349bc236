"""A file damaged anywhere is refused in one way, or read as what it now says; nothing else happens."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from qgan.data import DATA
from qgan.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 3, 4), dtype=np.uint8)


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, IMAGES)
    return file.getvalue()


def npz(method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("x.npy", npy())
    return file.getvalue()


def idx() -> bytes:
    return struct.pack(">HBB3I", 0, 8, 3, *IMAGES.shape) + IMAGES.tobytes()


def csv() -> bytes:
    return b"a;b\n" + "\n".join(f'"{k}";{k * 0.5}' for k in range(12)).encode()


def png(ending: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(IMAGES[0]).save(file, ending)
    return file.getvalue()


FILES = {
    "csv": csv(),
    "npy": npy(),
    "npz": npz(zipfile.ZIP_STORED),
    "packed npz": npz(zipfile.ZIP_DEFLATED),
    "idx": idx(),
    "packed idx": gzip.compress(idx(), mtime=0),
    "images": png("png"),
    "gif images": png("gif"),
    "tiff images": png("tiff"),
    "jpeg images": png("jpeg"),
}


@pytest.mark.parametrize("kind", FILES)
def test_any_damage_is_a_data_error_or_none_at_all(kind: str, tmp_path: Path) -> None:
    entry = DATA[kind.rpartition(" ")[2]]
    folder = tmp_path / "folder"
    folder.mkdir()
    if entry.argument == "FOLDER":
        for place, image in enumerate(IMAGES):
            Image.fromarray(image).save(folder / f"{place}.png")

    @settings(max_examples=60, database=None)
    @given(st.data())
    def damaged(data: st.DataObject) -> None:
        content = bytearray(FILES[kind])
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
        path = folder / "last.png" if entry.argument == "FOLDER" else tmp_path / "file"
        # A new file: one that was mapped is not written over.
        path.unlink(missing_ok=True)
        path.write_bytes(bytes(content[:cut]) + data.draw(st.binary(max_size=3)))
        argument = str(folder if entry.argument == "FOLDER" else path)
        message, made = "", None
        try:
            made = entry.make(entry.options(), 0, argument=argument)
        except DataError as error:
            message = str(error)
        assert "\n" not in message
        assert len(message) < 900
        assert made is None or np.isfinite(made.train.values).all()

    damaged()
