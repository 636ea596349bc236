"""``qgan evaluate --noise-sweep --shots-sweep``: what is asked, a bar while it is measured, and a table."""

__all__ = ["names_of", "shots_of", "tell", "watching"]

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from qgan import show
from qgan._typing import Json
from qgan.errors import ConfigError

Told = Callable[[str, int, int], None]

EXACT = "exact"


def names_of(text: str | None) -> list[str]:
    """Backends between commas."""
    return [word for word in (each.strip() for each in (text or "").split(",")) if word]


def shots_of(text: str | None) -> list[int | None]:
    """Numbers of shots between commas; None for ``exact``.

    Raises:
        ConfigError: If a word is no number.
    """
    found: list[int | None] = []
    for word in names_of(text):
        if word != EXACT and not (word.isascii() and word.removeprefix("-").isdigit() and len(word) < 20):
            cure = "Write numbers between commas: --shots-sweep 128,1024,exact"
            raise ConfigError("A number of shots is none", got=word, allowed=f"1 or more, or {EXACT}", cure=cure)
        found.append(None if word == EXACT else int(word))
    return found


@contextmanager
def watching(*, quiet: bool) -> Iterator[Told | None]:
    """Shows how far it is: a bar on a terminal, else a line for each part."""
    if quiet:
        yield None
        return
    console = show.stderr()
    if not console.is_terminal:
        yield lambda what, done, parts: show.note(f"{done + 1}/{parts}: {what}")
        return
    columns = (
        BarColumn(bar_width=min(40, console.width // 6)),
        MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=7)),
        TimeRemainingColumn(table_column=Column(no_wrap=True, min_width=7)),
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")
        yield lambda what, done, parts: bar.update(task, total=parts, completed=done, description=what)


def tell(document: Json, place: Path) -> None:
    """The main metric in every setting, a line for each of the others, and where all of it is."""
    rows, main, repeats = document["rows"], document["metric"], document["repeats"]
    known = rows[0]["metrics"][main]
    title = f"{main} on the {document['part']} part, {known['direction']} is better"
    caption = f"floor {_number(known['floor'])}, trivial {_number(known['trivial'])} ({known['trivial_name']})"
    show.table(title, [_line(row, main) for row in rows], caption)
    if others := [name for name in rows[0]["metrics"] if name != main]:
        show.table("other metrics", [_other(rows, name) for name in others], "All settings of all metrics: sweep.json")
    point = f"checkpoint {document['checkpoint']} (step {document['step']})"
    show.note(
        f"{document['n']} samples on each side, {point}. Medians of {repeats} evaluations, each with latents and shots "
        f"of its own, and their ranges: with a confidence of {document['confidence']:.1%} they hold the median of all "
        "such evaluations. Change: from the first row, with the same latents. Other seeds of training are other runs."
    )
    show.note(f"Picture: {place / 'sweep.png'}")


def _other(rows: Sequence[Json], name: str) -> Json:
    """What it is exactly, and where it changes most."""
    first = rows[0]["metrics"][name]
    most = max(rows[1:], key=lambda row: abs(row["metrics"][name]["change"]["value"] or 0.0), default=rows[0])
    return {
        "metric": name,
        "better": first["direction"],
        "floor": _number(first["floor"]),
        "trivial": _number(first["trivial"]),
        "exact": _range(first),
        "largest change": _range(most["metrics"][name]["change"], sign="+"),
        "there": f"{most['backend']}, {_shots(most)}",
    }


def _line(row: Json, name: str) -> Json:
    score = row["metrics"][name]
    change = score["change"]
    return {
        "backend": row["backend"],
        "shots": _shots(row),
        "value": _range(score),
        "change": _range(change, sign="+"),
        "skill": _number(score["skill"], digits=2),
    }


def _shots(row: Json) -> str:
    return EXACT if row["shots"] is None else str(row["shots"])


def _range(spread: Json, *, sign: str = "") -> str:
    if spread["value"] is None:
        return "-"
    value, low, high = (format(spread[key], f"{sign}.3f") for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _number(value: float | None, *, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
