"""Jobs and what came of them, for people."""

__all__ = ["show_collected", "show_jobs"]

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qgan import show
from qgan._typing import Json

if TYPE_CHECKING:
    from qgan.submissions import Collected


def show_jobs(rows: Sequence[Json], directory: Path) -> None:
    """A line for each job."""
    lines = [
        {
            "job": row["job"],
            "run": row["run"],
            "for": row["for"],
            "on": row["on"],
            "state": row["state"] + (f": {row['reason']}" if row["reason"] else ""),
            "circuits x shots": f"{row['circuits']:,} x {row['shots']:,}",
            "QPU seconds": _seconds(row),
            "sent": row["sent"][:19].replace("T", " "),
        }
        for row in rows
    ]
    if not lines:
        show.note(f"No run in {directory} has sent a job")
        return
    spent = sum(row["estimate"] if row["qpu_seconds"] is None else row["qpu_seconds"] for row in rows)
    show.table("jobs", lines, f"{spent:.1f} s of computers in all. about: by the formula, until the service says more")


def _seconds(row: Json) -> str:
    return f"about {row['estimate']:.1f}" if row["qpu_seconds"] is None else f"{row['qpu_seconds']:.1f}"


def show_collected(made: "Collected") -> None:
    """Scores of what was measured beside those of what was simulated, with floor and trivial value."""

    def number(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    lines = [
        {
            "metric": name,
            "better": score["direction"],
            made.asked.backend: number(score["value"]),
            "simulated": number(made.report["simulated"][name]["value"]),
            "floor": number(score["floor"]),
            "trivial": number(score["trivial"]),
        }
        for name, score in made.report["metrics"].items()
    ]
    asked = made.asked
    title = f"{asked.n} samples with {asked.shots} shots, checkpoint {asked.checkpoint} (step {asked.step})"
    show.table(title, lines, f"On the test part, {made.report['n']} on each side. Samples and picture: {made.folder}")
