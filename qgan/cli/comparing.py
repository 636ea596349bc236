"""``qgan compare``."""

__all__ = ["compare"]

import re
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgan.cli.options import AsJson, Plugins, Sets, print_json, say
from qgan.errors import ConfigError

if TYPE_CHECKING:
    from qgan.compare.declaration import Declaration


def compare(
    recipes: Annotated[list[str] | None, typer.Argument(metavar="RECIPE...", help="Quantum ones")] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="N|LIST", help="How many, or which: 3,5,8; 10 if not given")
    ] = None,
    baselines: Annotated[str | None, typer.Option(metavar="LIST", help="matched, ladder, families by name")] = None,
    controls: Annotated[
        str | None, typer.Option(metavar="all|none|LIST", help="Opponents that differ in one respect")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(metavar="N", help="Settings tried for every model; 8 if not given")
    ] = None,
    untuned: Annotated[bool, typer.Option("--untuned", help="Try no settings: nothing will be claimed")] = False,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Runs side by side; measured if not given")] = None,
    sets: Sets = None,
    plugin: Plugins = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="A new directory for all of it")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on; with other options, amend what was declared")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print runs, time and disk, and write nothing")] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress")] = False,
) -> None:
    """Compare quantum recipes with classical opponents and controls, over seeds, as a reviewer would.

    qgan compare ring                              ten seeds, tuned, all opponents

    qgan compare digits ring --seeds 5 --controls none --dry-run

    qgan compare --resume comparisons/20261126-101500-ring
    """
    from qgan.plugins import load_plugins

    if resume is not None and out is not None:
        raise ConfigError(
            "A comparison that is gone on with stays where it is", got=f"--out {out}", cure="Leave it out"
        )
    if trials is not None and (untuned or trials < 1):
        raise ConfigError(
            "The number of trials cannot be used",
            got=f"--trials {trials}{' and --untuned' if untuned else ''}",
            allowed="1 or more, or --untuned alone",
        )
    load_plugins(plugin or [])
    from qgan.compare.asking import asked

    declaration = asked(
        recipes or [],
        resume=resume,
        seeds=None if seeds is None else seeds_of(seeds),
        baselines=_parts(baselines),
        controls=_parts(controls),
        trials=0 if untuned else trials,
        changes=_changes(sets) if sets else None,
    )
    from qgan.compare.engine import LocalEngine

    engine = LocalEngine(workers=workers, plugins=plugin or [])
    if dry_run:
        _dry_run(declaration, workers, plugin or [], as_json=as_json, quiet=quiet)
        return
    from qgan.cli.watching import watching
    from qgan.compare.campaign import carry_out, fresh
    from qgan.compare.speed import timed_together

    timing = partial(timed_together, plugins=plugin or [])
    path = resume or out or fresh(declaration)
    try:
        with watching(path, quiet=quiet) as watcher:
            comparison = carry_out(
                path, declaration, engine=engine, timing=timing, begins=watcher.begins, told=watcher.told
            )
    except KeyboardInterrupt as stop:
        say(f"{stop or 'Stopped at once'}. Go on with: qgan compare --resume {shlex.quote(str(path))}")
        raise typer.Exit(getattr(stop, "exit_code", 130)) from None
    from qgan import show
    from qgan.cli.verdicts import document, tell
    from qgan.report import report_comparison

    page = report_comparison(path).page
    if as_json:
        print_json({**document(comparison), "page": str(page)})
    else:
        tell(comparison)
        show.note(f"Page: {page}")


def seeds_of(text: str) -> tuple[int, ...]:
    """``"10"`` for the seeds 0 to 9, ``"3,5,8"`` for these.

    Raises:
        ConfigError: If it is neither.
    """
    known = re.fullmatch(r"[0-9]{1,18}(,|(,[0-9]{1,18})+)?", text)
    numbers = [int(part) for part in text.split(",") if part] if known else []
    single = "," not in text
    if not numbers or len(set(numbers)) < len(numbers) or (single and not 1 <= numbers[0] <= 1000):
        raise ConfigError(
            "These seeds cannot be used",
            got=f"--seeds {text}",
            allowed="how many, 1 to 1000, or different seeds parted by commas, such as 3,5,8",
            cure="For one seed in particular write a comma behind it: --seeds 7,",
        )
    return tuple(range(numbers[0])) if single else tuple(numbers)


def _parts(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def _changes(sets: list[str]) -> dict[str, Any]:
    from qgan.documents import assignment

    changes = dict(assignment(text) for text in sets)
    if "seed" in changes:
        raise ConfigError(
            "Models are compared on all seeds",
            got=f"--set seed={changes['seed']}",
            cure=f"Write --seeds {changes['seed']},",
        )
    return changes


def _dry_run(
    declaration: "Declaration", workers: int | None, plugins: list[str], *, as_json: bool, quiet: bool
) -> None:
    from dataclasses import asdict

    from qgan import show
    from qgan.compare.forecast import forecast
    from qgan.compare.workers import cores

    # As many as there are cores, which is the most that the measurement can say.
    count = workers or cores()
    found = forecast(
        declaration,
        workers=count,
        plugins=plugins,
        probing=lambda name: None if quiet else show.note(f"Probing {name}"),
    )
    if as_json:
        print_json({"declaration": declaration.document(), **asdict(found)})
        return
    from qgan.cli.verdicts import tell_forecast

    tell_forecast(declaration, found)
