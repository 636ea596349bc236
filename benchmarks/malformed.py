"""Figure 4's material: files that cannot be used, each with what its message must say."""

__all__ = ["Malformed", "malformed_files"]

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qgan._typing import Json

_GOOD_ROWS = [f"{k},{k * k}" for k in range(12)]
_LABELS = "x,kind\n" + "\n".join(f"{k},{'ab'[k % 2]}" for k in range(12))


class Malformed(NamedTuple):
    """A file that cannot be used.

    Attributes:
        title: What is wrong with it.
        name: What to write as ``data.name``.
        options: What to write beside it.
        words: What the message must hold: where the mistake is, and what it is.
    """

    title: str
    name: str
    options: Json
    words: tuple[str, ...]


def malformed_files(folder: Path) -> list[Malformed]:
    """Writes the files into a folder, and says what is wrong with each."""
    found = []
    for title, (kind, file, content, options, words) in _cases().items():
        path = folder / title.replace(" ", "-").replace(":", "") / file
        path.parent.mkdir(parents=True, exist_ok=True)
        contents = content if isinstance(content, dict) else {"": content}
        for name, data in contents.items():
            place = path if not name else path.parent / name if "" in contents else path / name
            if data is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
        beside = {
            key: str(path.parent / value[1:]) if str(value)[0] == "@" else value for key, value in options.items()
        }
        found.append(Malformed(title, f"{kind}:{path}", beside, (file, *words)))
    return found


def _cases() -> dict[str, tuple[str, str, Any, Json, tuple[str, ...]]]:
    return {**_tables(), **_arrays(), **_archives(), **_idx(), **_images()}


def _table(*, cell: str = "1", row: int = 5, header: str = "x,y") -> bytes:
    """A table that is good but for the second cell of a row, counted as lines of the file are."""
    lines = [header, *_GOOD_ROWS]
    lines[row - 1] = f"4,{cell}"
    return "\n".join(lines).encode()


def _tables() -> dict[str, Any]:
    def case(content: bytes | None, *words: str, **options: Any) -> tuple[Any, ...]:
        return "csv", "table.csv", content, options, words

    at = ("row 5", "column 'y'")
    return {
        "no such file": case(None, "there is nothing there"),
        "empty file": case(b"", "the file is empty"),
        "blank lines only": case(b"\n\n  \n", "nothing but blank lines"),
        "header only": case(b"x,y\n", "row 1", "no row below it"),
        "one row": case(b"x,y\n1,2\n", "too few rows", "1 of them"),
        "a cell is nan": case(_table(cell="nan"), *at, "not finite"),
        "a cell is infinite": case(_table(cell="-inf"), *at, "not finite"),
        "a cell is 1e400": case(_table(cell="1e400"), *at, "too large"),
        "a cell is a huge integer": case(_table(cell="9" * 400), *at, "too large"),
        "a cell is text": case(_table(cell="many"), *at, "not a number", "'many'"),
        "a cell is empty": case(_table(cell=""), *at, "empty"),
        "a cell has an underscore": case(_table(cell="1_000"), *at, "not a number"),
        "a cell has a decimal comma": case(
            _table(cell="1;5").replace(b",", b";").replace(b"1;5", b"1,5"), *at, "comma"
        ),
        "a cell is missing": case(_table().replace(b"4,1\n", b"4\n"), "row 5", "ragged", "1 cells"),
        "a cell too many": case(_table().replace(b"4,1\n", b"4,1,2\n"), "row 5", "ragged", "3 cells"),
        "a quote is not closed": case(_table(cell='"1'), "taken apart"),
        "a quote inside a cell": case(_table(cell='"1"2'), "row 5", "taken apart"),
        "a constant column": case(b"x,y\n" + b"".join(b"%d,7\n" % k for k in range(12)), "column 'y'", "same value"),
        "two columns of one name": case(_table(header="x,x"), "row 1", "column 'x'", "one name"),
        "latin-1 as UTF-8": case(_table(header="x,größe").decode().encode("latin-1"), "row 1", "not utf-8", "encoding"),
        "UTF-16 as UTF-8": case(_table().decode().encode("utf-16"), "row 1", "not utf-8", "utf-16"),
        "a picture": case(_png(4, 4), "row 1", "not utf-8"),
        "zero bytes": case(_table(cell="1\0"), "row 5", "no text"),
        "an unknown column": case(_table(), "no such column", "'z'", "x, y", columns=["z"]),
        "a column of text": case(_LABELS.encode(), "row 2", "column 'kind'", "'a'", "data.label"),
        "an unknown class": case(_LABELS.encode(), "no such class", "'c'", "a, b", label="kind", classes=["c"]),
        "classes without labels": case(_table(), "no labels", classes=[1]),
        "a label is no whole number": case(_table(cell="0.5"), *at, "no label", "'0.5'", label="y"),
        "a window of two columns": case(_table(), "one column", "x, y", window=2),
        "too few windows": case(_table(), "too few rows", "6 of them", window=2, columns=["x"]),
    }


def _npy(array: np.ndarray, **changes: Any) -> bytes:
    """An array's file, with a header that says other things than it should."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=True)
    if not changes:
        return file.getvalue()
    facts = {
        "descr": np.lib.format.dtype_to_descr(array.dtype),
        "fortran_order": False,
        "shape": array.shape,
        **changes,
    }
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, facts)
    return head.getvalue() + array.tobytes()


def _arrays() -> dict[str, Any]:
    good = np.arange(24.0).reshape(12, 2)
    hole, endless = good.copy(), good.astype(np.float32)
    hole[7, 1], endless[3, 0] = np.nan, np.inf

    def case(content: Any, *words: str, **options: Any) -> tuple[Any, ...]:
        return "npy", "array.npy", content, options, words

    pickled = np.array([[{"a": 1}, 2]] * 12, dtype=object)
    return {
        "array: pickled objects": case(_npy(pickled), "pickled objects", "never loaded"),
        "array: truncated": case(_npy(good)[:-5], "truncated", "187 bytes"),
        "array: cut in its header": case(_npy(good)[:20], "not an array"),
        "array: trailing bytes": case(_npy(good) + b"more", "behind its end", "196 bytes"),
        "array: bad magic": case(b"\x93NUMPX" + _npy(good)[6:], "not an array"),
        "array: header no literal": case(_npy(good).replace(b"{'descr'", b"(('desc'"), "not an array"),
        "array: says it is enormous": case(_npy(good, shape=(10**9, 10**9)), "truncated"),
        "array: negative shape": case(_npy(good, shape=(-12, -2)), "impossible shape"),
        "array: nan": case(_npy(hole), "row 7", "column 1", "not finite"),
        "array: infinite": case(_npy(endless), "row 3", "column 0", "not finite"),
        "array: too large numbers": case(_npy(good.astype(np.int64) * 10**17), "row 0", "column 1", "too large"),
        "array: complex": case(_npy(good.astype(complex)), "not numeric", "complex128"),
        "array: text": case(_npy(good.astype(str)), "not numeric"),
        "array: dates": case(_npy(good.astype("M8[s]")), "not numeric"),
        "array: records": case(_npy(np.zeros(12, [("x", "f8")])), "not numeric"),
        "array: no columns": case(_npy(np.arange(12.0)), "no rows of numbers", "reshape"),
        "array: nothing in it": case(_npy(np.zeros((0, 2))), "no rows of numbers"),
        "array: one row": case(_npy(good[:1]), "too few rows", "1 of them"),
        "array: constant column": case(_npy(good * [1, 0]), "column 1", "same value"),
        "array: labels too few": case(
            {"": _npy(good), "labels.npy": _npy(np.arange(5))}, "labels do not fit", labels="@labels.npy"
        ),
    }


def _npz(*, compressed: bool = False, **arrays: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def _archives() -> dict[str, Any]:
    good = np.arange(24.0).reshape(12, 2)
    damaged, flipped = bytearray(_npz(x=_npy(good), compressed=True)), bytearray(_npz(x=_npy(good)))
    damaged[120] ^= 255
    flipped[300] ^= 1

    def case(content: bytes, *words: str, **options: Any) -> tuple[Any, ...]:
        return "npz", "archive.npz", content, options, words

    bomb = _npy(np.zeros((4, 2)), shape=(2**27, 2)) + bytes(2**24)
    return {
        "archive: truncated": case(_npz(x=_npy(good))[:-30], "cannot be read"),
        "archive: not a zip": case(_npy(good), "cannot be read"),
        "archive: damaged": case(bytes(damaged), "cannot be read", "decompressing"),
        "archive: one bit flipped": case(bytes(flipped), "cannot be read", "CRC"),
        "archive: no arrays": case(_npz(), "which array"),
        "archive: two arrays": case(_npz(x=_npy(good), y=_npy(good)), "which array", "x, y", "data.key"),
        "archive: unknown key": case(_npz(x=_npy(good)), "no such array", "'z'", key="z"),
        "archive: pickled objects": case(_npz(x=_npy(np.array([[{}, 1]] * 12, dtype=object))), "never loaded"),
        "archive: bomb": case(_npz(x=bomb, compressed=True), "truncated"),
        "archive: more than its header says": case(
            _npz(x=_npy(good) + bytes(2**24), compressed=True), "behind its end"
        ),
    }


def _idx_bytes(values: np.ndarray, *, code: int = 8, shape: tuple[int, ...] | None = None) -> bytes:
    shape = values.shape if shape is None else shape
    return struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape) + values.tobytes()


def _idx() -> dict[str, Any]:
    good = np.arange(12 * 6, dtype=np.uint8).reshape(12, 2, 3)
    packed = gzip.compress(_idx_bytes(good), mtime=0)

    def case(content: Any, *words: str, **options: Any) -> tuple[Any, ...]:
        return "idx", "images-idx3-ubyte", content, options, words

    return {
        "idx: truncated": case(_idx_bytes(good)[:-1], "truncated", "71 bytes"),
        "idx: trailing bytes": case(_idx_bytes(good) + b"\0", "behind its end"),
        "idx: bad magic": case(b"\1" + _idx_bytes(good)[1:], "MNIST's format", "magic number"),
        "idx: unknown type": case(_idx_bytes(good, code=7), "MNIST's format"),
        "idx: cut in its header": case(_idx_bytes(good)[:9], "header is truncated"),
        "idx: nothing in it": case(_idx_bytes(good[:0]), "holds nothing"),
        "idx: says it is enormous": case(_idx_bytes(good, shape=(2**31, 2**31, 2**31)), "truncated"),
        "idx: all black": case(_idx_bytes(0 * good), "same value"),
        "idx: labels in place of images": case(_idx_bytes(good[:, 0, 0].copy()), "no rows", "data.labels"),
        "idx: gzip cut short": case(packed[:-12], "cannot be unpacked"),
        "idx: gzip damaged": case(packed[:-8] + bytes(8), "cannot be unpacked"),
        "idx: gzip that unpacks to more": case(gzip.compress(_idx_bytes(good) + bytes(2**22)), "behind its end"),
        "idx: gzip bomb": case(
            gzip.compress(_idx_bytes(good, shape=(2**31, 2**10, 2**10))), "cannot hold what it says"
        ),
        "idx: labels too few": case(
            {"": _idx_bytes(good), "labels": _idx_bytes(np.zeros(5, np.uint8))}, "do not fit", labels="@labels"
        ),
    }


def _png(width: int, height: int, *, shade: int = 0, said: tuple[int, int] | None = None, depth: int = 8) -> bytes:
    """A grey picture; ``said`` is what its header says of its size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", *(said or (width, height)), depth, 0, 0, 0, 0)
    line = bytes(1) + bytes([shade]) * (width * depth // 8)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(line * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _images() -> dict[str, Any]:
    good = {f"{k:02}.png": _png(4, 4, shade=k) for k in range(12)}

    def case(content: Any, *words: str, **options: Any) -> tuple[Any, ...]:
        return "images", "folder", content, options, words

    return {
        "images: no such folder": case(None, "there is nothing there"),
        "images: a file": case(_png(4, 4), "no folder"),
        "images: none in it": case({"notes.txt": b"x"}, "no pictures"),
        "images: one": case({"one.png": _png(4, 4)}, "too few rows", "1 of them"),
        "images: of two sizes": case({**good, "05.png": _png(5, 4)}, "05.png", "another size", "data.size"),
        "images: one broken": case({**good, "07.png": _png(4, 4)[:40]}, "07.png", "cannot be read"),
        "images: one is text": case({**good, "03.png": b"not a picture"}, "03.png", "cannot be read"),
        "images: one of 16 bits": case({**good, "02.png": _png(4, 4, depth=16)}, "02.png", "depth"),
        "images: one enormous": case({**good, "09.png": _png(4, 4, said=(2**16, 2**16))}, "09.png", "cannot be read"),
        "images: in folders and beside them": case({**good, "a/01.png": _png(4, 4)}, "some have none"),
        "images: an unknown class": case(
            {f"{name}/{file}": data for name in "ab" for file, data in good.items()}, "no such class", classes=["c"]
        ),
    }
