"""MNIST's format, gzipped or not: ``idx:FILE``.

A big-endian magic number of two zero bytes, a type and a number of axes; the lengths of the axes; then the numbers.
LeCun, Cortes and Burges, The MNIST database of handwritten digits, http://yann.lecun.com/exdb/mnist.
"""

__all__ = ["IdxOptions", "idx_file"]

import gzip
import io
import math
import zlib
from pathlib import Path

import numpy as np

from qgan.data.reading import FileOptions, existing, fault, finished, require_unpackable, require_whole
from qgan.data.scaling import Source
from qgan.samples import DataSet

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_CURE = "Download or write it anew"


class IdxOptions(FileOptions):
    """Options of a file in MNIST's format.

    Attributes:
        labels: Another such file, with a whole number for each row.
    """

    labels: str | None = None


def idx_file(options: IdxOptions, seed: int, *, argument: str) -> DataSet:
    """Images of shape (height, width), or rows of numbers; many of them stay on disk, if it is not gzipped.

    Raises:
        DataError: For whatever is wrong with it.
    """
    path = existing(argument)
    rows = _array(path)
    if rows.ndim < 2:
        cure = "Give the file of images as data.name, and that of labels as data.labels"
        raise fault(path, "the file holds no rows", got=f"shape {rows.shape}", allowed="two or three axes", cure=cure)
    labels = None
    if options.labels is not None:
        other = existing(options.labels)
        labels = _array(other)
        if labels.ndim != 1 or labels.dtype.kind == "f":
            got = f"shape {labels.shape}, dtype {labels.dtype}"
            raise fault(other, "the file holds no labels", got=got, allowed="one axis of whole numbers")
        labels = labels.astype(np.int64)
    source = Source(rows, labels, kind="image" if rows.ndim == 3 else "points")
    return finished(path, source, options, kind="idx", seed=seed)


def _array(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    size = path.stat().st_size
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            dtype, shape = _header(path, file)
            needed = math.prod(shape) * dtype.itemsize
            if not packed:
                start = file.tell()
                require_whole(path, what="the file", needed=needed, there=size - start)
                return np.memmap(path, dtype, "r", offset=start, shape=shape)
            require_unpackable(path, what="the file", needed=needed, packed=size)
            content = file.read(needed + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise fault(path, "the file cannot be unpacked", got=error, cure=_CURE) from None
    require_whole(path, what="the file", needed=needed, there=len(content))
    return np.frombuffer(content, dtype).reshape(shape)


def _header(path: Path, file: io.BufferedIOBase) -> tuple[np.dtype, tuple[int, ...]]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= 3:
        allowed = "two zero bytes, a type and 1 to 3 axes"
        raise fault(path, "this is not MNIST's format", got=f"magic number {magic.hex()}", allowed=allowed, cure=_CURE)
    lengths = file.read(4 * magic[3])
    require_whole(path, what="the header", needed=4 * magic[3], there=len(lengths))
    shape = tuple(int(length) for length in np.frombuffer(lengths, ">u4"))
    if 0 in shape:
        raise fault(path, "the file holds nothing", got=f"shape {shape}")
    return np.dtype(_TYPES[magic[2]]), shape
