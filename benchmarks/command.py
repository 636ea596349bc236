"""A command that measures figures by name and writes them down."""

__all__ = ["Figures", "command"]

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from benchmarks.evidence import ROOT, Figure, Workplace, environment, say, write, write_index
from qgan._typing import Json

Figures: TypeAlias = Mapping[str, Callable[[Workplace], Figure]]


def command(
    figures: Figures,
    *,
    folder: str,
    heading: str,
    make: str | None = None,
    facts: Callable[[], Json] = environment,
    missing: Callable[[], str] = str,
) -> Callable[[list[str] | None, bool], None]:
    """``python -m benchmarks.FOLDER [--only NAME ...] [--quick]``.

    Args:
        figures: What there is to measure, in order.
        folder: Below ``evidence/``, and the module's and the make target's name.
        heading: Of the index.
        make: The make target, if it is not ``evidence-FOLDER``.
        facts: Of the machine, taken before each figure.
        missing: Says what this machine lacks; nothing is measured then.
    """

    def main(
        only: Annotated[list[str] | None, typer.Option(metavar="NAME", help=f"One of: {', '.join(figures)}")] = None,
        quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes, into a temporary directory")] = False,
    ) -> None:
        names = only or list(figures)
        if unknown := [name for name in names if name not in figures]:
            raise typer.BadParameter(f"{', '.join(unknown)}: there is no such figure. Allowed: {', '.join(figures)}")
        if lacks := missing():
            say(f"Nothing measured, nothing written: {lacks}.")
            return
        place = Workplace(work=ROOT / ".evidence", out=ROOT / "evidence" / folder)
        if quick:
            scratch = Path(tempfile.mkdtemp(prefix="qgan-evidence-"))
            place = Workplace(work=scratch / "work", out=scratch / folder, quick=True)
        for name in [name for name in figures if name in names]:
            say(f"{name}: measuring")
            known = facts()
            figure = figures[name](place)
            asked = f"python -m benchmarks.{folder} --only {name}{' --quick' if quick else ''}"
            write(name, figure, place=place, command=asked, facts=known)
            write_index(place.out, heading=heading, make=f"make {make or f'evidence-{folder}'}")
            say(f"{name}: written to {place.out / name}.md")

    main.__doc__ = f"Measure, and write evidence/{folder}/."
    return main
