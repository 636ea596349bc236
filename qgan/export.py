"""Samples into files: whole or absent."""

__all__ = ["WRITERS", "write"]

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from qgan.errors import ResourceError
from qgan.files import atomic_write
from qgan.samples import DataSet, Samples


def _npz(samples: Samples, _data: DataSet) -> bytes:
    file = io.BytesIO()
    arrays: dict[str, Any] = {"values": samples.numpy(), "weights": samples.weights.detach().cpu().numpy()}
    if samples.labels is not None:
        arrays["labels"] = samples.labels.detach().cpu().numpy()
    np.savez(file, **arrays)
    return file.getvalue()


def _npy(samples: Samples, _data: DataSet) -> bytes:
    file = io.BytesIO()
    np.save(file, samples.numpy(), allow_pickle=False)
    return file.getvalue()


def _csv(samples: Samples, _data: DataSet) -> bytes:
    file = io.BytesIO()
    values = samples.numpy().reshape(len(samples), -1)
    names, formats = [f"feature_{column}" for column in range(values.shape[1])], ["%.9g"] * values.shape[1]
    if samples.labels is not None:
        values = np.column_stack([values, samples.labels.detach().cpu().numpy()])
        names, formats = [*names, "label"], [*formats, "%d"]
    np.savetxt(file, values, delimiter=",", header=",".join(names), comments="", fmt=formats)
    return file.getvalue()


def _png(samples: Samples, data: DataSet) -> bytes:
    from qgan.pictures import samples_figure

    file = io.BytesIO()
    panels = {f"real: {data.name}": data.train.values, "generated": samples.numpy()}
    samples_figure(panels, low=data.low, high=data.high).savefig(file)
    return file.getvalue()


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
