"""NumPy's files: ``npy:FILE`` and ``npz:FILE``. Nothing is unpickled, and no header believed before it is checked."""

__all__ = ["NpyOptions", "NpzOptions", "npy_file", "npz_file"]

import struct
import warnings
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import IO, Literal, NamedTuple

import numpy as np

from qgan.data.reading import FileOptions, existing, fault, finished, require_unpackable, require_whole
from qgan.data.scaling import Source
from qgan.errors import DataError, did_you_mean
from qgan.samples import DataSet, Kind

_AT_ONCE = 2**20
_LOCAL_HEADER = struct.Struct("<26xHH")


class _ArrayOptions(FileOptions):
    kind: Literal["points", "image", "series"] | None = None


class NpyOptions(_ArrayOptions):
    """Options of an array in a file.

    Attributes:
        kind: What a sample is; None for an image where it has two axes, else points.
        labels: Another such file, with a whole number for each row.
    """

    labels: str | None = None


class NpzOptions(_ArrayOptions):
    """Options of an archive of arrays.

    Attributes:
        kind: What a sample is; None for an image where it has two axes, else points.
        key: The array to generate; needed where there are several.
        labels: The array of labels, with a whole number for each row.
    """

    key: str | None = None
    labels: str | None = None


class _Header(NamedTuple):
    dtype: np.dtype
    shape: tuple[int, ...]
    order: Literal["C", "F"]

    @property
    def size(self) -> int:
        return prod(self.shape) * self.dtype.itemsize


def npy_file(options: NpyOptions, seed: int, *, argument: str) -> DataSet:
    """The rows of an array; where they are many they stay on disk.

    Raises:
        DataError: For whatever is wrong with it.
    """
    path = existing(argument)
    labels = None
    if options.labels is not None:
        other = existing(options.labels)
        labels = _as_labels(other, _mapped(other))
    return finished(path, _source(path, _mapped(path), labels, options.kind), options, kind="npy", seed=seed)


def npz_file(options: NpzOptions, seed: int, *, argument: str) -> DataSet:
    """The rows of an array of an archive; where they are many and not compressed they stay on disk.

    Raises:
        DataError: For whatever is wrong with it.
    """
    path = existing(argument)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
            key = options.key
            if key is None:
                others = [name for name in names if name != options.labels]
                if len(others) != 1:
                    allowed = ", ".join(names[:50]) or "an archive with an array in it"
                    raise fault(path, "which array is it?", allowed=allowed, cure="Set data.key")
                key = others[0]
            rows = _member(path, archive, names, key)
            labels = None
            if options.labels is not None:
                labels = _as_labels(path, _member(path, archive, names, options.labels))
    except DataError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error) as error:
        # Not a zip file, truncated, encrypted, or packed in a way that Python does not know.
        raise fault(path, "the archive cannot be read", got=error, cure="Write it anew with numpy.savez") from None
    return finished(path, _source(path, rows, labels, options.kind), options, kind="npz", seed=seed)


def _mapped(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        header = _header(path, file)
        start = file.tell()
    require_whole(path, what="the array", needed=header.size, there=path.stat().st_size - start)
    return _map(path, header, start)


def _map(path: Path, header: _Header, start: int) -> np.ndarray:
    if not header.size:
        return np.empty(header.shape, header.dtype)
    return np.memmap(path, header.dtype, "r", offset=start, shape=header.shape, order=header.order)


def _member(path: Path, archive: zipfile.ZipFile, names: list[str], key: str) -> np.ndarray:
    if key not in names:
        cure = f"{did_you_mean(key, names)}Correct data.key or data.labels"
        raise fault(path, "there is no such array", got=repr(key), allowed=", ".join(names[:50]), cure=cure)
    info = archive.getinfo(f"{key}.npy")
    with archive.open(info) as member:
        header = _header(path, member)
        start = member.tell()
        require_whole(path, what=f"the array '{key}'", needed=header.size, there=info.file_size - start)
        if info.compress_type == zipfile.ZIP_STORED:
            with path.open("rb") as file:
                file.seek(info.header_offset)
                local = sum(_LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size)), _LOCAL_HEADER.size)
            start += info.header_offset + local
            if start + header.size > path.stat().st_size:
                raise fault(path, f"the array '{key}' is truncated", cure="Write it anew")
            while member.read(_AT_ONCE):  # to its end, where its checksum is looked at
                pass
            return _map(path, header, start)
        require_unpackable(path, what=f"the array '{key}'", needed=header.size, packed=info.compress_size)
        content = member.read(header.size + 1)
    require_whole(path, what=f"the array '{key}'", needed=header.size, there=len(content))
    return np.frombuffer(content, header.dtype).reshape(header.shape, order=header.order)


def _header(path: Path, file: IO[bytes]) -> _Header:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(file)
            # Others are written for structured arrays only, and let a header be gigabytes long.
            if version != (1, 0):
                raise fault(
                    path, "the array has a format of its own", got=f"version {version}", allowed="version (1, 0)"
                )
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    except (DataError, zipfile.BadZipFile, zlib.error):
        raise
    except Exception as error:
        # The header is a Python literal, and can fail in as many ways as those can.
        got = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise fault(path, "this is not an array of NumPy", got=got, cure="Write it with numpy.save") from None
    if dtype.hasobject:
        cure = "Save an array of numbers"
        raise fault(path, "the array holds pickled objects, which are never loaded", got=f"dtype {dtype}", cure=cure)
    if dtype.kind not in "biuf" or dtype.names is not None:
        cure = "Save it with array.astype(float)"
        raise fault(path, "the array is not numeric", got=f"dtype {dtype}", allowed="real numbers", cure=cure)
    if not all(isinstance(length, int) and length >= 0 for length in shape):
        raise fault(path, "the array has an impossible shape", got=shape)
    return _Header(dtype, shape, "F" if fortran else "C")


def _source(path: Path, rows: np.ndarray, labels: np.ndarray | None, kind: Kind | None) -> Source:
    if rows.ndim < 2 or 0 in rows.shape:
        cure = "Save n plain numbers with array.reshape(-1, 1)"
        raise fault(path, "the array has no rows of numbers", got=f"shape {rows.shape}", allowed="two axes", cure=cure)
    if kind == "image" and rows.ndim != 3:
        raise fault(path, "the array holds no grey images", got=f"shape {rows.shape}", allowed="three axes")
    return Source(rows, labels, kind=kind or ("image" if rows.ndim == 3 else "points"))


def _as_labels(path: Path, labels: np.ndarray) -> np.ndarray:
    if labels.ndim != 1 or labels.dtype.kind not in "biu" or (labels.size and labels.max() > np.iinfo(np.int64).max):
        got = f"shape {labels.shape}, dtype {labels.dtype}"
        raise fault(path, "the labels cannot be used", got=got, allowed="one axis of whole numbers")
    return labels.astype(np.int64)
