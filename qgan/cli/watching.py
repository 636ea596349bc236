"""How far a comparison is: a bar on a terminal, else a line now and then."""

__all__ = ["Watcher", "watching"]

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, final

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from qgan import show

if TYPE_CHECKING:
    from qgan.compare.campaign import Phase
    from qgan.compare.tasks import Event

SECONDS_BETWEEN_LINES = 5.0


@final
class Watcher:
    """Hears what begins and how runs get on.

    Args:
        bar: On a terminal; None for lines.
        quiet: Whether nothing is to be seen.
    """

    def __init__(self, bar: Progress | None, *, quiet: bool) -> None:
        self._bar, self._quiet = bar, quiet
        self._phase, self._runs, self._over = "", 0, 0
        self._shares: dict[str, float] = {}
        self._row = None if bar is None else bar.add_task("", total=1)
        self._latest = monotonic()

    def begins(self, phase: "Phase") -> None:
        """Another part."""
        self._phase, self._runs, self._over, self._shares = phase.name, phase.runs, 0, {}
        if not self._quiet and self._bar is None:
            show.note(f"{phase.name}{f': {phase.runs} runs' if phase.runs else ''}")
        self._refresh("")

    def told(self, event: "Event") -> None:
        """A run got further, or back."""
        if event.kind in ("done", "diverged", "failed"):
            self._over += 1
            self._shares.pop(event.name, None)
        else:
            self._shares[event.name] = event.step / max(event.steps, 1)
        if event.kind in ("diverged", "failed", "lost") and not self._quiet:
            what = {"lost": "lost its process, and goes on in another"}.get(event.kind, event.kind)
            show.note(f"{event.name} {what}")
        self._refresh(event.name)

    def _refresh(self, name: str) -> None:
        if self._bar is not None and self._row is not None:
            done = self._over + sum(self._shares.values())
            count = f"{self._over}/{self._runs} runs" if self._runs else ""
            text = f"{self._phase}  {count}  {name}"
            self._bar.update(self._row, total=self._runs or None, completed=done, description=text)
        elif not self._quiet and self._runs and monotonic() - self._latest >= SECONDS_BETWEEN_LINES:
            self._latest = monotonic()
            show.note(f"{self._phase}: {self._over} of {self._runs} runs are over; now {name}")


@contextmanager
def watching(path: Path, *, quiet: bool) -> Iterator[Watcher]:
    """A watcher, as long as the comparison goes on."""
    if quiet:
        yield Watcher(None, quiet=True)
        return
    show.note(f"Comparison {path}")
    console = show.stderr()
    if not console.is_terminal:
        yield Watcher(None, quiet=False)
        return
    columns = (
        BarColumn(bar_width=min(40, console.width // 6)),
        TimeElapsedColumn(),
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
    )
    with Progress(*columns, console=console) as bar:
        yield Watcher(bar, quiet=False)
