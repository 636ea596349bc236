"""Figures on disk: one JSON and one Markdown file for each, with the command, versions and machine they came from."""

__all__ = ["ROOT", "Figure", "Workplace", "environment", "number", "qgan", "say", "table", "write", "write_index"]

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import final

from rich.console import Console

from qgan._typing import Json
from qgan.files import atomic_write, read_json
from qgan.machine import fingerprint, git_commit

ROOT = Path(__file__).resolve().parent.parent


@final
@dataclass(frozen=True)
class Workplace:
    """Where a figure is measured, and how large.

    Attributes:
        work: Runs and other files that are not evidence; they stay, so that a measurement can be gone on with.
        out: Where the evidence goes.
        quick: Whether everything is as small as will still run. Such figures show nothing and are kept nowhere.
    """

    work: Path
    out: Path
    quick: bool = False


@final
@dataclass(frozen=True)
class Figure:
    """What was measured.

    Attributes:
        title: One line.
        results: All numbers, for the JSON file.
        body: Markdown, for people.
    """

    title: str
    results: Json
    body: str


def environment() -> Json:
    """Versions, processor, cores, the load before anything was measured, date and commit."""
    return {
        **fingerprint(),
        "load": os.getloadavg()[0],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "git": git_commit(),
    }


def number(value: float | None) -> str:
    """Three significant digits, or all before the point, or a dash for what is not there."""
    if value is None:
        return "-"
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers are right-aligned because all columns but the first are."""
    lines = [head, [":--", *("--:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def write(name: str, figure: Figure, *, place: Workplace, command: str, facts: Json) -> None:
    """Replaces ``NAME.json`` and ``NAME.md`` in the evidence's directory.

    Args:
        name: Of the files.
        figure: What was measured.
        place: Whose ``out`` is written to.
        command: What makes the figure again.
        facts: Of :func:`environment`, taken before measuring.
    """
    place.out.mkdir(parents=True, exist_ok=True)
    document = {
        "figure": name,
        "title": figure.title,
        "command": command,
        "quick": place.quick,
        "environment": facts,
        "results": figure.results,
    }
    origin = _origin(command, facts, place.quick)
    text = f"# {figure.title}\n\n{figure.body.strip()}\n\n## Where this came from\n\n{origin}"
    atomic_write(place.out / f"{name}.json", _pretty(document))
    atomic_write(place.out / f"{name}.md", text.encode())


def write_index(out: Path, *, heading: str, make: str) -> None:
    """``README.md`` of the evidence's directory: what is there, from its JSON files, with the commit of each."""
    rows = []
    for path in sorted(out.glob("*.json")):
        document = read_json(path)
        facts = document["environment"]
        files = f"[{path.stem}.md]({path.stem}.md), [{path.name}]({path.name})"
        rows.append((document["title"], files, f"`{document['command']}`", facts["date"][:10], _commit(facts)))
    listing = table(("figure", "files", "command", "date", "commit"), rows)
    how = f"Written by `{make}`; [benchmarks/README.md](../../benchmarks/README.md) says what each measures."
    atomic_write(out / "README.md", f"# {heading}\n\n{how}\n\n{listing}\n".encode())


def qgan(*arguments: str) -> str:
    """What ``qgan`` with these arguments writes to stdout, in a process of its own.

    Raises:
        RuntimeError: If it fails.
    """
    command = [sys.executable, "-c", "from qgan.cli import main; main()", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"qgan {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def say(text: str) -> None:
    """One line about how far things are, on stderr."""
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def _origin(command: str, facts: Json, quick: bool) -> str:
    machine = facts["machine"]
    versions = ", ".join(f"{library} {version}" for library, version in facts["versions"].items())
    lines = [
        f"- Command: `{command}`",
        f"- Date: {facts['date']}; commit: {_commit(facts)}",
        f"- Processor: {machine['cpu']}, {machine['cores']} cores, {machine['system']}",
        f"- Load of the machine before: {facts['load']:.1f}",
        f"- Versions: {versions}",
    ]
    if facts.get("gpu"):
        lines.append(f"- GPU: {facts['gpu']}")
    if quick:
        lines.append("- Made with `--quick`: this shows that the measurement runs, and nothing else.")
    return "\n".join(lines) + "\n"


def _commit(facts: Json) -> str:
    git = facts["git"]
    return "none" if git is None else git["commit"][:12] + (" with changes" if git["changed"] else "")


def _pretty(document: Json) -> bytes:
    return json.dumps(document, indent=2, allow_nan=False).encode() + b"\n"
