"""What a person sees: progress on stderr, results on stdout, colour only where it is wanted."""

__all__ = [
    "advice",
    "backends",
    "circuit",
    "finished",
    "metrics",
    "note",
    "plan",
    "progress",
    "runs",
    "stderr",
    "table",
]

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from qgan._typing import Json
from qgan.backends.hints import hint

if TYPE_CHECKING:
    from qgan.backends.advice import Timing
    from qgan.loop import StepRecord
    from qgan.run import Run
    from qgan.session import Session

SECONDS_BETWEEN_LINES = 5.0
# The lines of drawings, for terminals that know no others.
ASCII = str.maketrans("─│╭╰├┤╮╯●○", "-|/\\+|\\/*o")


def _out() -> Console:
    return _console(sys.stdout, width=None if sys.stdout.isatty() else 120)


def _err() -> Console:
    return _console(sys.stderr)


def _console(stream: TextIO, *, width: int | None = None) -> Console:
    # Rich leaves bold and italic under NO_COLOR.
    return Console(file=stream, highlight=False, width=width, color_system=None if os.getenv("NO_COLOR") else "auto")


def stderr() -> Console:
    """Where progress is shown."""
    return _err()


def note(text: str) -> None:
    """One line for whoever watches."""
    _err().print(escape(text), soft_wrap=True)


def progress(session: "Session", *, quiet: bool) -> None:
    """Trains, showing step, losses, one metric, speed and time left: a bar on a terminal, else a line now and then."""
    console, config = _err(), session.run.config
    if quiet:
        for _ in session.records():
            pass
        return
    facts = session.experiment.facts
    console.print(f"Run [bold]{escape(str(session.run.path))}[/bold]", soft_wrap=True)
    console.print(
        f"{config.generator.name} generator with {facts['parameters']['generator']} parameters on "
        f"{facts['backend'] or session.experiment.device.type}; gradient: {facts['gradient']['method']} "
        f"({facts['gradient']['why']}); {config.run.threads} torch thread(s)"
    )
    if told := _hint(facts):
        console.print(f"Hint: {escape(told)}.", soft_wrap=True)
    if not console.is_terminal:
        for line in _lines(session):
            console.print(line, soft_wrap=True)
        return
    _bar(session, console)


def _bar(session: "Session", console: Console) -> None:
    # What a narrow terminal cuts off is the end of the words, and not where one is and for how long.
    columns = (
        BarColumn(bar_width=min(40, console.width // 6)),
        MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=9)),
        TimeRemainingColumn(table_column=Column(no_wrap=True, min_width=7)),
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
    )
    with Progress(*columns, console=console) as bar:
        start, began = session.run.status["step"], monotonic()
        task = bar.add_task("", total=session.run.config.train.steps, completed=start)
        for record in session.records():
            speed = (record.step - start) / max(monotonic() - began, 1e-9)
            bar.update(task, completed=record.step, description=_described(session, record, speed))


def _lines(session: "Session") -> Iterator[str]:
    start, began = session.run.status["step"], monotonic()
    latest, steps = began, session.run.config.train.steps
    for record in session.records():
        now = monotonic()
        if now - latest >= SECONDS_BETWEEN_LINES or record.step == steps:
            latest = now
            speed = (record.step - start) / max(now - began, 1e-9)
            left = (steps - record.step) / speed
            yield f"step {record.step}/{steps}  {_described(session, record, speed)}  {left:.0f} s left"


def _described(session: "Session", record: "StepRecord", speed: float) -> str:
    losses = "  ".join(f"{name[0].upper()} {value:.3f}" for name, value in record.losses.items())
    name = session.run.config.evaluate.metric
    score = session.scores.get(name)
    quality = f"  {name} {score.value:.3f}" if score is not None and score.value is not None else ""
    return f"{speed:.1f} steps/s{quality}  {losses}"


def finished(run: "Run", report: Json) -> None:
    """Where the run is, how it ended, its metrics between floor and trivial value, and where its picture is."""
    status = run.directory.status
    out = _out()
    out.print(
        f"\n[bold]{escape(str(run.path))}[/bold]: {status['state']} at step {status['step']} ({status.get('reason')})"
    )
    metrics(report)
    for warning in status.get("warnings", []):
        out.print(f"[bold]Warning[/bold], since step {warning['step']}: {escape(warning['message'])}.", soft_wrap=True)
    out.print(f"Pictures: {escape(str(run.path / 'samples.png'))}", soft_wrap=True)


def metrics(report: Json) -> None:
    """Each metric's value with floor, trivial value and skill."""
    point = f"checkpoint {report['checkpoint']} (step {report['step']})"
    title = f"Metrics on the {report['part']} part, {report['n']} samples on each side, {point}"
    grid = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("metric", "better", "value", "floor (5-95 %)", "trivial", "skill"):
        grid.add_column(column, justify="left" if column in ("metric", "better") else "right", overflow="fold")
    notes: dict[str, list[str]] = {}
    for metric, score in report["metrics"].items():
        value, trivial, skill = _number(score["value"]), _number(score["trivial"]), _number(score["skill"], digits=2)
        grid.add_row(metric, score["direction"], value, _range(score), trivial, skill)
        if score["reason"]:
            notes.setdefault(score["reason"], []).append(metric)
    out = _out()
    out.print(grid)
    out.print(
        "floor: real against real. trivial: the best that learned nothing. skill: 0 is trivial, 1 is real.", style="dim"
    )
    for reason, names in notes.items():
        out.print(f"No skill for {', '.join(names)}: {escape(reason)}.", style="dim")


def _range(score: Json) -> str:
    if score["floor"] is None:
        return "-"
    return f"{_number(score['floor'])} ({_number(score['floor_low'])} to {_number(score['floor_high'])})"


def _number(value: float | None, *, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def plan(facts: Json) -> None:
    """What a run would do."""
    parameters, gradient = facts["parameters"], facts["gradient"]
    note(f"# {parameters['generator']} parameters against {parameters['discriminator']}")
    note(f"# gradient: {gradient['method']} ({gradient['why']})")
    if estimator := gradient.get("estimator"):
        note(f"# estimator: {estimator['name']}, {_bias(estimator)} ({estimator['why']})")
        if estimator["warning"]:
            note(f"# warning: {estimator['warning']}")
    if facts["circuit"]:
        shape = facts["circuit"]
        gates = f"depth {shape['depth']}, {shape['two_wire_gates']} two-qubit gates"
        note(f"# {shape['patches']} circuit(s) of {shape['wires']} qubits, {gates}")
        if told := _hint(facts):
            note(f"# hint: {told}")
    note("# Everything fits; nothing was written.")


def _bias(estimator: Json) -> str:
    smallest = estimator["smallest_shots"]
    where = "on every circuit tried" if estimator["everywhere"] else "on half of the circuits tried"
    sensible = (
        "no number of shots tried is enough" if smallest is None else f"sensible from {smallest} shots on, {where}"
    )
    return f"{'unbiased' if estimator['unbiased'] else 'biased'}, {sensible}"


def _hint(facts: Json) -> str | None:
    return hint(facts["backend"], facts["circuit"]["wires"]) if facts["backend"] and facts["circuit"] else None


def runs(rows: Sequence[Json], directory: Path) -> None:
    """A line for each run."""
    if not rows:
        _out().print(f"No runs in {escape(str(directory))}. Make one with: qgan train", soft_wrap=True)
        return
    keys = ("run", "state", "step", "reason")
    lines = [{key: "" if row.get(key) is None else row[key] for key in keys} for row in rows]
    table("runs", lines, f"{len(rows)} runs in {directory}")


def table(title: str, rows: Sequence[Json], caption: str) -> None:
    """Rows with the same keys."""
    grid = Table(title=title, title_justify="left", caption=escape(caption), caption_justify="left")
    for key in rows[0] if rows else []:
        grid.add_column(key, overflow="fold")
    for row in rows:
        grid.add_row(*(escape(str(value)) for value in row.values()))
    _out().print(grid)


def circuit(row: Json) -> None:
    """A circuit's drawing and what it takes."""
    out = _out()
    out.print(f"[bold]{escape(row['name'])}[/bold]: {escape(row['about'])}\n{escape(row['reference'])}\n")
    drawing = row["drawing"] if out.encoding.startswith("utf") else row["drawing"].translate(ASCII)
    out.print(escape(drawing), soft_wrap=True)
    resources = ", ".join(f"{key} {value}" for key, value in row["resources"].items())
    size = "as it is in the file" if row["name"].startswith("qasm:") else "with 4 qubits and 2 layers"
    out.print(f"\n{size}: {escape(resources)}")


def backends(rows: Sequence[Json], *, whole: bool) -> None:
    """A line for each backend, or all there is to say of one."""
    if whole:
        for key, value in rows[0].items():
            _out().print(f"{key}: {escape(_plain(key, value))}", soft_wrap=True)
        return
    lines = [
        {
            "name": row["name"],
            "installed": "yes" if row["installed"] else f"no: {row['install']}",
            "gradient": row["gradient"]["name"],
            "with shots": row["gradient_with_shots"]["name"],
            "whole batches": "yes" if row["broadcasting"] else "no",
            "memory for 10 / 20 qubits": " / ".join(_bytes(row["bytes_for_qubits"][n]) for n in ("10", "20")),
        }
        for row in rows
    ]
    table("backends", lines, "Memory: training, batch 32, 20 gates a qubit. More on one: qgan backends NAME")


def advice(title: str, timings: Sequence["Timing"], text: str, warnings: Sequence[str] = ()) -> None:
    """A line for each backend that was timed, what to take, and what not."""
    lines = [
        {
            "backend": timing.backend,
            "gradient": timing.gradient,
            "forward and backward": "-"
            if timing.milliseconds is None
            else f"{'about ' if timing.estimated else ''}{timing.milliseconds:.3g} ms",
            "why not": timing.problem,
        }
        for timing in timings
    ]
    table(title, lines, "Medians on this machine as it is now; about: one row, times the rows")
    out = _out()
    out.print(escape(text))
    for warning in warnings:
        out.print(f"[bold]Warning[/bold]: {escape(warning)}", soft_wrap=True)


def _plain(key: str, value: Any) -> str:
    if key == "bytes_for_qubits":
        return ", ".join(f"{n}: {_bytes(size)}" for n, size in value.items())
    return f"{value['name']} ({value['why']})" if isinstance(value, dict) else str(value)


def _bytes(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.0f} TiB"
