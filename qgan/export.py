"""Samples into files, in the units of the data's source: whole or absent."""

__all__ = ["WRITERS", "write"]

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from qgan.errors import ResourceError
from qgan.files import atomic_write
from qgan.samples import DataSet, Samples


def _npz(samples: Samples, data: DataSet) -> bytes:
    arrays: dict[str, Any] = {"values": data.scaling.undone(samples.numpy()), "weights": _weights(samples)}
    if samples.labels is not None:
        arrays["labels"] = samples.labels.detach().cpu().numpy()
    if data.names:
        arrays["names"] = np.array(data.names)
    if data.kind == "text":
        arrays["texts"] = np.array(data.texts(samples.numpy()))
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _npy(samples: Samples, data: DataSet) -> bytes:
    file = io.BytesIO()
    np.save(file, data.scaling.undone(samples.numpy()), allow_pickle=False)
    return file.getvalue()


def _csv(samples: Samples, data: DataSet) -> bytes:
    """A column for each feature; then for weights, labels and texts where there is something to say."""
    values, weights = data.scaling.undone(samples.numpy()).reshape(len(samples), -1), _weights(samples)
    header = list(data.names or (f"feature_{column}" for column in range(values.shape[1])))
    # Nine digits bring single precision back.
    rows: list[list[Any]] = [[f"{value:.9g}" for value in row] for row in values.tolist()]
    more: dict[str, list[Any]] = {}
    if (weights != weights[0]).any():
        more["weight"] = [f"{weight:.9g}" for weight in weights.tolist()]
    if samples.labels is not None:
        more["label"] = samples.labels.tolist()
    if data.kind == "text":
        more["text"] = data.texts(samples.numpy())
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*header, *more])
    writer.writerows([*row, *extra] for row, *extra in zip(rows, *more.values(), strict=True))
    return file.getvalue().encode()


def _png(samples: Samples, data: DataSet) -> bytes:
    from qgan.pictures import samples_figure

    file = io.BytesIO()
    samples_figure(data, {"generated": samples}).savefig(file)
    return file.getvalue()


def _weights(samples: Samples) -> np.ndarray:
    return samples.weights.detach().cpu().numpy()


WRITERS: dict[str, Callable[[Samples, DataSet], bytes]] = {".npz": _npz, ".npy": _npy, ".csv": _csv, ".png": _png}


def write(samples: Samples, path: Path, data: DataSet) -> None:
    """Writes samples in the format that the path ends in.

    Raises:
        ResourceError: If it cannot be written there.
    """
    content = WRITERS[path.suffix](samples, data)
    try:
        atomic_write(path, content)
    except OSError as error:
        raise ResourceError(f"{path} cannot be written", got=error, cure="Give another place with --out") from error
