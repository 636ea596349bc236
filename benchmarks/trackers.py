"""A run logged to each experiment tracker that is installed, and every number read back by the tracker's own means."""

__all__ = ["READERS", "measure", "read_back"]

import json
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.evidence import Figure, Workplace, table
from benchmarks.evidence import qgan as run_qgan
from qgan._registry import NoOptions
from qgan._typing import Json
from qgan.errors import BackendError
from qgan.trackers import TRACKERS, History, history_of, mlflow, tensorboard
from qgan.trackers.tracker import environment, required

Numbers = dict[str, list[tuple[int, float]]]
# The log of Weights & Biases is LevelDB's: blocks of 32 KiB, in them records with heads of 7 bytes.
WANDB_HEAD, BLOCK, HEAD = 7, 32768, 7
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def tensorboard_numbers(out: Path, run: str) -> Numbers:
    """By TensorBoard's EventAccumulator."""
    return tensorboard.numbers_in(out / run)


def mlflow_numbers(out: Path, run: str) -> Numbers:
    """By MLflow's client, of the one run that is not deleted."""
    with environment(**mlflow.QUIET):
        client = required("mlflow", extra="mlflow").MlflowClient(
            tracking_uri=f"sqlite:///{out.resolve() / 'mlflow.db'}"
        )
        number = client.get_experiment_by_name(mlflow.EXPERIMENT).experiment_id
        (found,) = client.search_runs([number], filter_string=f"tags.`{mlflow.TAG}` = '{run}'")
        return mlflow.numbers_in(client, found)


def wandb_numbers(out: Path, _run: str) -> Numbers:
    """By the record type of Weights & Biases, from the one offline run there is."""
    proto = required("wandb.proto.wandb_internal_pb2", extra="wandb")
    (file,) = out.glob("wandb/offline-run-*/*.wandb")
    numbers: Numbers = {}
    for data in _records(file.read_bytes()):
        record = proto.Record()
        record.ParseFromString(data)
        if record.WhichOneof("record_type") != "history":
            continue
        for item in record.history.item:
            if len(item.nested_key) > 1:  # a part of a table or a picture
                continue
            name, value = "".join(item.nested_key) or item.key, json.loads(item.value_json)
            if isinstance(value, int | float) and not name.startswith("_"):
                numbers.setdefault(name, []).append((record.history.step.num, float(value)))
    return numbers


def _records(data: bytes) -> Iterator[bytes]:
    """The records of a log, each checked against its CRC."""
    place, parts = WANDB_HEAD, b""
    while place + HEAD <= len(data):
        left = BLOCK - place % BLOCK
        if left < HEAD:
            place += left
            continue
        checksum, length, kind = struct.unpack("<IHB", data[place : place + HEAD])
        body = data[place + HEAD : place + HEAD + length]
        if zlib.crc32(bytes([kind]) + body) != checksum:
            raise ValueError(f"a record at byte {place} is damaged")
        parts = body if kind in (WHOLE, FIRST) else parts + body
        place += HEAD + length
        if kind in (WHOLE, LAST):
            yield parts


READERS: dict[str, Callable[[Path, str], Numbers]] = {
    "tensorboard": tensorboard_numbers,
    "wandb": wandb_numbers,
    "mlflow": mlflow_numbers,
}


def read_back(name: str, history: History, out: Path) -> Json:
    """Keeps a history twice, and compares what the tracker then holds with it, number by number."""
    _, kept = (TRACKERS[name].make(NoOptions(), out).keep(history) for _ in range(2))
    found = READERS[name](out, history.name)
    wanted = {key: [(point.step, point.value) for point in points] for key, points in history.numbers.items()}
    return {
        "version": metadata.version(name),
        "place": kept.place.name,
        "series": len(found),
        "numbers": sum(map(len, found.values())),
        "differing": sum(1 for key in {*wanted, *found} if wanted.get(key) != found.get(key)),
    }


def measure(place: Workplace) -> Figure:
    """Trains a run, and logs it twice to each tracker."""
    home = place.work / "trackers"
    shutil.rmtree(home, ignore_errors=True)
    steps = ("--steps", "20") if place.quick else ()
    done = json.loads(run_qgan("train", "digits-classical", *steps, "--out", str(home / "runs"), "--quiet", "--json"))
    history = history_of(Path(done["run"]))
    results: Json = {"run": history.name, "series": len(history.numbers), "numbers": history.count, "trackers": {}}
    for name in READERS:
        try:
            results["trackers"][name] = read_back(name, history, home / name)
        except BackendError as error:
            results["trackers"][name] = {"skipped": str(error)}
    return Figure("A run logged to each experiment tracker, and read back", results, _body(results))


def _body(results: Json) -> str:
    rows: list[tuple[Any, ...]] = []
    for name, one in results["trackers"].items():
        if "skipped" in one:
            rows.append((name, "-", "-", "-", one["skipped"]))
        else:
            rows.append((name, one["version"], one["series"], one["numbers"], one["differing"]))
    return "\n\n".join(
        [
            f"One run of `digits-classical`: {results['series']} series, {results['numbers']} numbers (losses, scores, "
            "gradient norms, circuits, evaluations and their skill). Logged twice to each, so that what is logged "
            "twice would show, and read back in double precision.",
            table(("tracker", "version", "series", "numbers read back", "series that differ"), rows),
        ]
    )
