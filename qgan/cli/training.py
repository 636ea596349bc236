"""``qgan train``."""

__all__ = ["train"]

import re
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from qgan.cli.options import AsJson, Budget, Plugins, Sets, print_json, say
from qgan.errors import ConfigError


def train(
    recipe: Annotated[str | None, typer.Argument(help="See `qgan recipes`; digits if none is given")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML laid over the recipe")] = None,
    sets: Sets = None,
    backend: Annotated[str | None, typer.Option(metavar="NAME", help="See `qgan backends`")] = None,
    shots: Annotated[int | None, typer.Option(metavar="N", help="For each circuit; exact without it")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of all random numbers")] = None,
    steps: Annotated[str | None, typer.Option(metavar="N", help="How many; +N with --resume for N more")] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"] | None,
        typer.Option(help="Of the classical networks; cuda: of batched.qubit's exact circuits too"),
    ] = None,
    plugin: Plugins = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where runs are kept; runs if not given")] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with a run, bit for bit")] = None,
    budget: Budget = None,
    resubmit_in_doubt: Annotated[
        bool, typer.Option("--resubmit-in-doubt", help="Send a job again of which it is not known whether it arrived")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, print the plan, write nothing")] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress")] = False,
) -> None:
    """Train a recipe, or go on with a run.

    qgan train                                     the default recipe

    qgan train digits-classical --seed 7           its classical baseline

    qgan train --backend lightning.qubit --set generator.layers=4

    qgan train --resume runs/20261123-224501-digits-s7-3fa9 --steps +500

    qgan train --resume RUN --backend ibm:ibm_torino --steps +5 --shots 256 --budget 120s
    """
    from qgan.backends.jobs.budgets import seconds_of
    from qgan.documents import assignment

    if resume is not None and (recipe is not None or config is not None):
        raise ConfigError(
            "A run that is resumed has its configuration already",
            got=recipe or config,
            cure="Leave out the recipe and --config",
        )
    if resume is not None and out is not None:
        raise ConfigError("A run that is resumed stays where it is", got=f"--out {out}", cure="Leave out --out")
    seconds = None if budget is None else seconds_of(budget)
    changes = [assignment(text) for text in sets or []]
    changes += [("train.steps", _steps(steps, resume))] if steps is not None else []
    flags = (("backend.name", backend), ("backend.shots", shots), ("seed", seed), ("run.device", device))
    changes += [(key, value) for key, value in flags if value is not None]

    from qgan import layout, show
    from qgan.api import configured, open_session
    from qgan.objects import Objects
    from qgan.plugins import load_plugins
    from qgan.run import Run
    from qgan.sending import Terms, forecast

    load_plugins(plugin or [])
    if dry_run:
        from qgan.build import build
        from qgan.config import to_toml
        from qgan.opening import planned
        from qgan.runs import RunDirectory

        begun = None if resume is None else RunDirectory.open(resume)
        plan = (
            build(configured(recipe, config, changes, Objects()))
            if begun is None
            else planned(begun, changes, Objects())[1]
        )
        told = forecast(plan, steps=plan.config.train.steps - (0 if begun is None else begun.status["step"]))
        if as_json:
            hardware = {} if told is None else {"hardware": told.document()}
            print_json({"config": plan.config.document(), **plan.facts, **hardware})
        else:
            sys.stdout.write(to_toml(plan.config))
            show.plan(plan.facts)
            if told is not None:
                show.note(told.text())
        if told is not None and seconds is not None:
            told.require_within(seconds)
        return
    session = open_session(
        recipe,
        config=config,
        changes=changes,
        objects=Objects(),
        out=out or Path("runs"),
        resume_from=resume,
        plugins=plugin or [],
        terms=Terms(seconds, resubmit_in_doubt),
    )
    try:
        show.progress(session, quiet=quiet)
    except KeyboardInterrupt as stop:
        # Typer would make a silent 130 of it.
        again = f"Go on from the last checkpoint with: qgan train --resume {shlex.quote(str(session.run.path))}"
        say(str(stop) or f"Stopped at once. {again}")
        raise typer.Exit(getattr(stop, "exit_code", 130)) from None
    run = Run(session.run, session.experiment)
    report = layout.read(run.path / "metrics.json", layout.Report, cure=f"Measure it again: qgan evaluate {run.path}")
    if as_json:
        print_json(
            {"run": str(run.path), "status": run.directory.status, **report, "samples": str(run.path / "samples.png")}
        )
    else:
        show.finished(run, report)


def _steps(text: str, resume: Path | None) -> Any:
    if not re.fullmatch(r"\+?[0-9]{1,17}", text) or (text.startswith("+") and resume is None):
        raise ConfigError(
            "The number of steps cannot be used", got=text, allowed="a number, or +N together with --resume"
        )
    return text if text.startswith("+") else int(text)
