"""What a run has written down, as experiment trackers want it: numbers by name, a flat configuration, notes."""

__all__ = ["Held", "History", "Note", "Point", "history_of"]

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias, final

from qgan import layout
from qgan._typing import Json
from qgan.documents import read_toml
from qgan.errors import CheckpointError, ConfigError
from qgan.layout import LINES

# How the parts of a record are called.
GROUPS = {"losses": "loss", "scores": "score", "grad_norms": "gradient", "generator": "generator"}
Held: TypeAlias = Mapping[str, list[tuple[int, float]]]


class Point(NamedTuple):
    """One number: at which step, and when, in seconds since 1970."""

    step: int
    value: float
    time: float


class Note(NamedTuple):
    """One event: at which step, when, and in what words."""

    step: int
    time: float
    text: str


@final
@dataclass(frozen=True)
class History:
    """All that a run has to show.

    Attributes:
        name: Of its directory.
        state: As in ``status.json``.
        config: Dotted keys and plain values; lists are JSON.
        numbers: By name, in order of the steps: losses, scores, gradient norms, circuits, evaluations.
        notes: Its events, in order.
        pictures: PNG files by name.
    """

    name: str
    state: str
    config: dict[str, bool | int | float | str]
    numbers: dict[str, list[Point]]
    notes: list[Note]
    pictures: dict[str, Path]

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return sum(map(len, self.numbers.values()))

    def beyond(self, held: Held) -> dict[str, list[Point]] | None:
        """The numbers that a tracker does not hold yet; None where it holds others, of a run that went another way."""
        rest = {}
        for name, pairs in held.items():
            if pairs != [(point.step, point.value) for point in self.numbers.get(name, [])[: len(pairs)]]:
                return None
        for name, points in self.numbers.items():
            if new := points[len(held.get(name, [])) :]:
                rest[name] = new
        return rest


def history_of(path: Path) -> History:
    """What a run has written so far; it may still be going on.

    Raises:
        ConfigError: If there is no run at that path.
        CheckpointError: If one of its files is damaged.
    """
    if not (path / "run.json").is_file():
        raise ConfigError(f"{path} is not a run", cure="`qgan runs` lists the runs there are")
    try:
        config = read_toml(path / "config.toml")
    except ConfigError as error:
        raise CheckpointError(f"{path} has no usable configuration", got=error) from None
    status = layout.read(path / "status.json", layout.Status)
    logs = {kind: layout.lines(path / f"{kind}.jsonl", model) for kind, model in LINES.items()}
    notes = _notes(logs["events"])
    clock = _clock(logs["timing"], notes[0].time if notes else 0.0)
    latest = max(clock.values())
    numbers: dict[str, list[Point]] = {}
    for line in (*logs["records"], *logs["evaluations"]):
        step = line["step"]
        for name, value in _numbers(line):
            numbers.setdefault(name, []).append(Point(step, float(value), clock.get(step, latest)))
    picture = path / "samples.png"
    return History(
        name=path.resolve().name,
        state=status["state"],
        config=dict(_flat(config)),
        numbers=numbers,
        notes=notes,
        pictures={"samples": picture} if picture.is_file() else {},
    )


def _numbers(line: Json) -> Iterator[tuple[str, float]]:
    """Of a line of the records or of the evaluations."""
    if "losses" not in line:
        for metric, score in line["scores"].items():
            for kind in ("value", "skill"):
                if score.get(kind) is not None:
                    yield f"{'validation' if kind == 'value' else kind}/{metric}", score[kind]
        if line.get("spread") is not None:
            yield "validation/spread", line["spread"]
        return
    for part, group in GROUPS.items():
        for name, value in line.get(part, {}).items():
            yield f"{group}/{name}", value
    for name in ("executions", "shots"):
        yield f"circuits/{name}", line[name]


def _clock(timing: list[Json], began: float) -> dict[int, float]:
    """When each step ended, from how long each took; time in which nothing was trained is left out."""
    clock, now = {0: began}, began
    for line in timing:
        now += line["seconds"].get("all", 0.0)
        clock[line["step"]] = now
    return clock


def _notes(events: list[Json]) -> list[Note]:
    notes, step = [], 0
    for line in events:
        step = line.get("step", step)
        details = {key: value for key, value in line.items() if key not in ("time", "event", "step")}
        text = line["event"]
        if "message" in details:
            text = f"{text}: {details['message']}"
        elif details:
            text = f"{text}: {', '.join(f'{key} = {json.dumps(value)}' for key, value in details.items())}"
        notes.append(Note(step, _seconds(line["time"]), text))
    return notes


def _seconds(stamp: str) -> float:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _flat(document: Json, path: str = "") -> Iterator[tuple[str, bool | int | float | str]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            plain = isinstance(value, bool | int | float | str)
            yield f"{path}{key}", value if plain else json.dumps(value, default=str)
