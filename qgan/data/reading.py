"""The user's own files: what all of them are asked, and how a mistake in one is told."""

__all__ = [
    "MOST",
    "MOST_UNPACKED",
    "FileOptions",
    "existing",
    "fault",
    "finished",
    "require_unpackable",
    "require_whole",
]

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import Field

from qgan.data.arrays import FEWEST_ROWS
from qgan.data.options import OwnOptions
from qgan.data.scaling import Source, scaled
from qgan.errors import DataError
from qgan.samples import DataSet, Part
from qgan.seeding import Key, stream

# What may be unpacked into memory, in bytes; and how far DEFLATE, of gzip and zip, can shrink anything at all.
MOST_UNPACKED, _MOST_SHRUNK = 2**31, 1032
# Beyond this, sums of squares leave single precision.
MOST = 1e15
_QUOTED = 200


class FileOptions(OwnOptions):
    """Options of every file.

    Attributes:
        limit: Rows to use at most, drawn by the seed; None for all.
    """

    limit: int | None = Field(default=None, ge=FEWEST_ROWS)


def fault(
    path: Path,
    what: str,
    *,
    row: int | None = None,
    column: object = None,
    got: object = None,
    allowed: object = None,
    cure: str | None = None,
) -> DataError:
    """One message for a mistake in a file: where it is, and the other three parts."""
    place = [str(path), f"row {row}" if row is not None else "", f"column {column}" if column is not None else ""]
    if len(str(got)) > _QUOTED:
        got = f"{str(got)[:_QUOTED]}..."
    return DataError(f"{', '.join(part for part in place if part)}: {what}", got=got, allowed=allowed, cure=cure)


def existing(argument: str, *, folder: bool = False) -> Path:
    """The path of a file that can be read and is not empty, or of a folder.

    Raises:
        DataError: If there is none.
    """
    path, kind = Path(argument), "folder" if folder else "file"
    try:
        path = path.expanduser()
        if not (path.is_dir() if folder else path.is_file()):
            found = "nothing" if not path.exists() else f"no {kind}"
            raise fault(path, f"there is {found} there", allowed=f"a {kind}", cure=f"Paths start from {Path.cwd()}")
        if folder:
            return path
        with path.open("rb") as file:
            if not file.read(1):
                raise fault(path, "the file is empty")
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, DataError):
            raise
        raise fault(path, f"the {kind} cannot be read", got=error) from None
    return path


def require_whole(path: Path, *, what: str, needed: int, there: int) -> None:
    """Sees that a file holds as many bytes as it says.

    Raises:
        DataError: If it is truncated, or something follows.
    """
    if needed != there:
        problem = "is truncated" if there < needed else "has bytes behind its end"
        raise fault(path, f"{what} {problem}", got=f"{there} bytes", allowed=f"{needed}", cure="Write it anew")


def require_unpackable(path: Path, *, what: str, needed: int, packed: int) -> None:
    """Sees that unpacking can give what a header says, before any memory is taken for it.

    Raises:
        DataError: If it cannot, or would take more than 2 GiB.
    """
    if needed > packed * _MOST_SHRUNK:
        got = f"{needed} bytes said to be in {packed}"
        raise fault(path, f"{what} cannot hold what it says", got=got, cure="Write it anew")
    if needed > MOST_UNPACKED:
        cure = "Unpack it: files that are not compressed stay on disk"
        raise fault(path, f"{what} is too large to unpack", got=f"{needed} bytes", allowed=MOST_UNPACKED, cure=cure)


def finished(path: Path, source: Source, options: FileOptions, *, kind: str, seed: int) -> DataSet:
    """The data set of what was read from a file, once it is seen to be usable.

    Raises:
        DataError: If rows are too few, or something is not finite, enormous, or constant.
    """
    if options.limit is not None and options.limit < len(source.rows):
        chosen = np.sort(stream(Key(seed, "limit")).permutation(len(source.rows))[: options.limit])
        labels = None if source.labels is None else source.labels[chosen]
        source = replace(source, rows=source.rows[chosen], labels=labels)
    if source.labels is not None and source.labels.shape != (len(source.rows),):
        got = f"{source.labels.size} labels for {len(source.rows)} rows"
        raise fault(path, "the labels do not fit", got=got, allowed="one for each row")
    if len(source.rows) < FEWEST_ROWS:
        got = f"{len(source.rows)} of them"
        raise fault(path, "there are too few rows to be split", got=got, allowed=f"{FEWEST_ROWS} or more")
    _require_numbers(path, source)
    _require_variety(path, source)
    return scaled(
        f"{kind} {path.name}",
        source,
        split=options.split,
        scaling=options.scaling,
        classes=options.classes,
        seed=seed,
    )


def _require_numbers(path: Path, source: Source) -> None:
    start = 0
    for piece in Part(source.rows).pieces():
        flat = piece.reshape(len(piece), -1)
        short = piece.dtype.kind in "biu" and piece.dtype.itemsize <= 4
        bad = [] if short else np.argwhere(~(np.abs(flat.astype(np.float64)) <= MOST))
        if len(bad):
            row, column = bad[0]
            raise fault(
                path,
                f"a value is {'too large' if np.isfinite(flat[row, column]) else 'not finite'}",
                row=start + int(row),
                column=_column(source, int(column)),
                got=flat[row, column],
                allowed=f"finite numbers up to {MOST:g}; rows and columns count from 0",
                cure="Drop these rows or fill them in",
            )
        start += len(piece)


def _require_variety(path: Path, source: Source) -> None:
    shape = source.rows.shape[1:]
    low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
    for piece in Part(source.rows).pieces():
        low, high = np.minimum(low, piece.min(axis=0)), np.maximum(high, piece.max(axis=0))
    constant = np.flatnonzero((low == high).ravel())
    # A pixel at the edge of all images may well be black; a column that never varies is a mistake.
    if len(constant) == math.prod(shape) or (len(constant) and source.kind == "points"):
        raise fault(
            path,
            "all rows hold the same value, of which nothing can be learned",
            column=_column(source, int(constant[0])),
            got=f"{low.ravel()[constant[0]]:g} everywhere",
            cure="Leave that column out",
        )


def _column(source: Source, column: int) -> str:
    return f"'{source.names[column]}'" if source.names else str(column)
