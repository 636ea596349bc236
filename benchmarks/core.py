"""Measures, on a CPU, what the README states: ``python -m benchmarks.core [--only NAME ...] [--quick]``."""

__all__ = ["FIGURES", "main"]

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import code, gradients, quality, resume, speed
from benchmarks.evidence import ROOT, Figure, Workplace, environment, say, write, write_index

# In this order: the speed of a whole training is taken from the runs of quality.
FIGURES: dict[str, Callable[[Workplace], Figure]] = {
    "quality": quality.measure,
    "gradients": gradients.measure,
    "resume": resume.measure,
    "speed": speed.measure,
    "code": code.measure,
}


def main(
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help=f"One of: {', '.join(FIGURES)}")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes, into a temporary directory")] = False,
) -> None:
    """Measure, and write evidence/core/."""
    names = only or list(FIGURES)
    if unknown := [name for name in names if name not in FIGURES]:
        raise typer.BadParameter(f"{', '.join(unknown)}: there is no such figure. Allowed: {', '.join(FIGURES)}")
    place = Workplace(work=ROOT / ".evidence", out=ROOT / "evidence" / "core")
    if quick:
        scratch = Path(tempfile.mkdtemp(prefix="qgan-evidence-"))
        place = Workplace(work=scratch / "work", out=scratch / "core", quick=True)
    for name in [name for name in FIGURES if name in names]:
        say(f"{name}: measuring")
        facts = environment()
        figure = FIGURES[name](place)
        command = f"python -m benchmarks.core --only {name}{' --quick' if quick else ''}"
        write(name, figure, place=place, command=command, facts=facts)
        write_index(place.out, heading="Evidence, measured on a CPU", make="make evidence-core")
        say(f"{name}: written to {place.out / name}.md")


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
