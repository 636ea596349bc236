"""The files of a run that people can read and edit, and what each must hold to be used."""

__all__ = ["LINES", "LOGS", "Evaluation", "Identity", "References", "Report", "Status", "lines", "read"]

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qgan._typing import Json
from qgan.errors import CheckpointError
from qgan.files import read_json


class _Part(BaseModel):
    """The keys that are relied on; others may stand beside them."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class _Warning(_Part):
    check: str
    step: int
    message: str


class Status(_Part):
    """``status.json``."""

    state: Literal["created", "running", "interrupted", "diverged", "failed", "done"]
    step: int = Field(ge=0)
    exact: bool = True
    warnings: list[_Warning] = []


class _Parent(_Part):
    run: str
    step: int
    configs: list[str]


class Identity(_Part):
    """``run.json``."""

    objects: dict[str, str] = {}
    plugins: list[str] = []
    data: Mapping[str, Any] = {}
    parent: _Parent | None = None


class _Value(_Part):
    value: float | None


class Evaluation(_Part):
    """A line of ``evaluations.jsonl``."""

    step: int
    best: bool
    gained: bool
    at_floor: bool
    scores: dict[str, _Value]
    spread: float | None = None


class _Record(_Part):
    """A line of ``records.jsonl``."""

    step: int
    losses: dict[str, float]
    scores: dict[str, float]
    executions: int
    shots: int


class _Timing(_Part):
    """A line of ``timing.jsonl``."""

    step: int
    seconds: dict[str, float]


class _Event(_Part):
    """A line of ``events.jsonl``."""

    time: str
    event: str


LINES: Mapping[str, type[BaseModel]] = {
    "records": _Record,
    "evaluations": Evaluation,
    "timing": _Timing,
    "events": _Event,
}
# Those that are cut back to a checkpoint when a run goes on from it.
LOGS = ("records", "evaluations", "timing")


class _Yardstick(_Part):
    floor: float | None
    floor_low: float | None
    floor_high: float | None
    trivial: float | None
    trivial_name: str | None


class References(_Part):
    """``references.json``."""

    metrics: dict[str, _Yardstick]


class _Score(_Yardstick):
    value: float | None
    direction: Literal["lower", "higher"]
    skill: float | None
    reason: str | None


class Report(_Part):
    """``metrics.json``."""

    part: str
    n: int
    checkpoint: str
    step: int
    metrics: dict[str, _Score]


def read(path: Path, model: type[BaseModel], *, cure: str = "Restore it from a copy") -> Json:
    """The document in a file of a run.

    Raises:
        CheckpointError: If it cannot be read, or lacks something; the message names the key.
    """
    document = read_json(path)
    _require(document, model, str(path), cure)
    return document


def lines(path: Path, model: type[BaseModel]) -> list[Json]:
    """All whole lines of a log; none where there is no log yet.

    Raises:
        CheckpointError: If a line cannot be used; the message says which.
    """
    data = path.read_bytes() if path.exists() else b""
    documents = []
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            documents.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise CheckpointError(
                f"Line {number} of {path} is damaged", got=error, cure="Restore it from a copy"
            ) from None
        _require(documents[-1], model, f"Line {number} of {path}", "Restore it from a copy")
    return documents


def _require(document: Any, model: type[BaseModel], what: str, cure: str) -> None:
    try:
        model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(map(str, first["loc"])) or "it"
        raise CheckpointError(f"{what} is damaged", got=f"{key}: {first['msg']}", cure=cure) from None
