"""The command line. Heavy libraries are imported by the commands that need them, and by no other."""

__all__ = ["app", "main"]

import contextlib
import io
import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from typer.exceptions import TyperException

from qgan._typing import Json
from qgan.errors import CheckpointError, ConfigError, QganError, ResourceError

app = typer.Typer(
    name="qgan",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Train quantum GANs, and their classical baselines, in one loop. Start with: [bold]qgan train[/bold]",
)

if TYPE_CHECKING:
    from qgan.backends import Backend

Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting: train.steps=200")
]
Plugins = Annotated[
    list[str] | None, typer.Option("--plugin", metavar="MODULE", help="A module with parts of your own")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, and nothing else there")]
Checkpoint = Annotated[
    str | None, typer.Option(metavar="STEP|best|last", help="Best on validation; by default what the run was judged by")
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory")]


@app.command()
def train(
    recipe: Annotated[str | None, typer.Argument(help="See `qgan recipes`; digits if none is given")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML laid over the recipe")] = None,
    sets: Sets = None,
    backend: Annotated[str | None, typer.Option(metavar="NAME", help="See `qgan backends`")] = None,
    shots: Annotated[int | None, typer.Option(metavar="N", help="For each circuit; exact without it")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of all random numbers")] = None,
    steps: Annotated[str | None, typer.Option(metavar="N", help="How many; +N with --resume for N more")] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"] | None, typer.Option(help="Of the classical networks")] = None,
    plugin: Plugins = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where runs are kept")] = Path("runs"),
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with a run, bit for bit")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, print the plan, write nothing")] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress")] = False,
) -> None:
    """Train a recipe, or go on with a run.

    qgan train                                     the default recipe

    qgan train digits-classical --seed 7           its classical baseline

    qgan train --backend lightning.qubit --set generator.layers=4

    qgan train --resume runs/20261123-224501-digits-s7-3fa9 --steps +500
    """
    from qgan.config import assignment

    if resume is not None and (recipe is not None or config is not None):
        raise ConfigError(
            "A run that is resumed has its configuration already",
            got=recipe or config,
            cure="Leave out the recipe and --config",
        )
    changes = [assignment(text) for text in sets or []]
    changes += [("train.steps", _steps(steps, resume))] if steps is not None else []
    flags = (("backend.name", backend), ("backend.shots", shots), ("seed", seed), ("run.device", device))
    changes += [(key, value) for key, value in flags if value is not None]

    from qgan import show
    from qgan.api import Run, configured, open_session
    from qgan.objects import Objects
    from qgan.plugins import load_plugins

    load_plugins(plugin or [])
    if dry_run:
        from qgan.build import build
        from qgan.config import to_toml
        from qgan.opening import changed
        from qgan.runs import RunDirectory

        plan = build(
            changed(RunDirectory.open(resume), changes, Objects())
            if resume is not None
            else configured(recipe, config, changes, Objects())
        )
        if as_json:
            _print_json({"config": plan.config.document(), **plan.facts})
        else:
            sys.stdout.write(to_toml(plan.config))
            show.plan(plan.facts)
        return
    session = open_session(
        recipe, config=config, changes=changes, objects=Objects(), out=out, resume_from=resume, plugins=plugin or []
    )
    try:
        show.progress(session, quiet=quiet)
    except KeyboardInterrupt as stop:
        # Typer would make a silent 130 of it.
        again = f"Go on from the last checkpoint with: qgan train --resume {shlex.quote(str(session.run.path))}"
        _say(str(stop) or f"Stopped at once. {again}")
        raise typer.Exit(getattr(stop, "exit_code", 130)) from None
    run = Run(session.run, session.experiment)
    report = _metrics_file(run.path)
    if as_json:
        _print_json(
            {"run": str(run.path), "status": run.directory.status, **report, "samples": str(run.path / "samples.png")}
        )
    else:
        show.finished(run, report)


def _steps(text: str, resume: Path | None) -> Any:
    if not text.removeprefix("+").isdecimal() or len(text) > 18 or (text.startswith("+") and resume is None):
        raise ConfigError(
            "The number of steps cannot be used", got=text, allowed="a number, or +N together with --resume"
        )
    return text if text.startswith("+") else int(text)


@app.command()
def sample(
    run: RunPath,
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many")] = 64,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .npz, .npy, .csv or .png")] = Path("samples.npz"),
    checkpoint: Checkpoint = None,
    backend: Annotated[str | None, typer.Option(metavar="NAME", help="Run the circuits elsewhere")] = None,
    shots: Annotated[int | None, typer.Option(metavar="N", help="For each circuit")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of the latents; the run's own without it")] = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Draw samples from a trained generator into a file."""
    from qgan import show
    from qgan.export import WRITERS, write

    if out.suffix not in WRITERS:
        raise ConfigError(
            f"There is no way to write samples into {out}", got=out.suffix or "no ending", allowed=", ".join(WRITERS)
        )
    from qgan.api import load
    from qgan.plugins import load_plugins

    load_plugins(plugin or [])
    source = load(run)
    samples = source.sample(n, checkpoint=checkpoint, seed=seed, backend=backend, shots=shots)
    write(samples, out, source.data)
    if as_json:
        _print_json({"run": str(run), "n": n, "checkpoint": checkpoint or source.directory.chosen(), "file": str(out)})
    else:
        show.note(f"{n} samples of shape {source.data.sample_shape} in {out}")


@app.command()
def evaluate(
    run: RunPath,
    samples: Annotated[
        int | None, typer.Option(metavar="N", help="On each side; the whole test part without it")
    ] = None,
    checkpoint: Checkpoint = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Measure a trained generator on the test part: values, floors, trivial values, skill."""
    from qgan import show
    from qgan.api import load
    from qgan.plugins import load_plugins

    if samples is not None and samples < 2:
        raise ConfigError("There are too few samples to evaluate", got=samples, allowed="2 or more")
    load_plugins(plugin or [])
    report, _ = load(run).evaluate(samples=samples, checkpoint=checkpoint)
    if as_json:
        _print_json({"run": str(run), **report})
    else:
        show.metrics(report)


@app.command()
def runs(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where runs are kept")] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List runs, oldest first."""
    from qgan import show
    from qgan.files import read_json
    from qgan.runlist import list_runs

    def row(path: Path) -> Json:
        try:
            return {"run": str(path), **read_json(path / "status.json")}
        except CheckpointError as error:
            return {"run": str(path), "state": "unreadable", "step": None, "reason": str(error)}

    rows = [row(path) for path in list_runs(directory)]
    if as_json:
        _print_json({"runs": rows})
    else:
        show.runs(rows, directory)


@app.command()
def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this recipe; edit it and give it to --config")] = None,
    as_json: AsJson = False,
) -> None:
    """List recipes, or print one: qgan recipes digits > mine.toml"""
    from qgan import show
    from qgan.config import parse_toml, recipe_names, recipe_text

    if name is not None:
        text = recipe_text(name)
        if as_json:
            _print_json(parse_toml(text, source=name))
        else:
            sys.stdout.write(text)
        return
    rows = [{"name": each, "about": recipe_text(each).partition("\n")[0].removeprefix("# ")} for each in recipe_names()]
    if as_json:
        _print_json({"recipes": rows})
    else:
        show.table("recipes", rows, "Print one: qgan recipes NAME")


@app.command()
def circuits(
    name: Annotated[str | None, typer.Argument(help="Draw this circuit")] = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """List circuits, or draw one and count its gates."""
    from circuits import CIRCUITS
    from qgan import show
    from qgan.errors import did_you_mean
    from qgan.plugins import load_plugins

    load_plugins(plugin or [])
    if name is not None and name not in CIRCUITS:
        raise ConfigError(
            f"There is no circuit called '{name}'",
            allowed=", ".join(CIRCUITS),
            cure=f"{did_you_mean(name, CIRCUITS)}Use one of these",
        )
    rows = []
    for each in [name] if name is not None else CIRCUITS:
        circuit = CIRCUITS[each](n_wires=4, layers=2)
        facts = circuit.resources()._asdict()
        rows.append(
            {
                "name": each,
                "about": circuit.doc,
                "reference": circuit.reference,
                "resources": facts,
                "drawing": circuit.draw("text"),
            }
        )
    if as_json:
        _print_json({"circuits": rows})
    elif name is None:
        show.table(
            "circuits",
            [{key: row[key] for key in ("name", "about", "reference")} for row in rows],
            "Draw one: qgan circuits NAME",
        )
    else:
        show.circuit(rows[0])


@app.command()
def backends(
    name: Annotated[str | None, typer.Argument(help="All there is to say of one")] = None, as_json: AsJson = False
) -> None:
    """List backends: installed or how to install, gradient method, broadcasting, memory."""
    from qgan import show
    from qgan.backends import names, resolve

    rows: list[Json] = [_described(resolve(each)) for each in ([name] if name is not None else names())]
    if as_json:
        _print_json({"backends": rows})
    else:
        show.backends(rows, whole=name is not None)


def _described(backend: "Backend") -> Json:
    status = backend.status()
    exact, sampled = backend.gradient(None), backend.gradient(1000)
    return {
        "name": backend.name,
        "installed": status.installed,
        "missing": status.missing,
        "install": status.cure,
        "gradient": exact._asdict(),
        "gradient_with_shots": sampled._asdict(),
        "broadcasting": backend.broadcasting,
        "bytes_for_qubits": {str(n): backend.memory(n, batch=32, n_gates=20 * n) for n in (5, 10, 15, 20, 25, 30)},
    }


def _metrics_file(path: Path) -> Json:
    from qgan.files import read_json

    return read_json(path / "metrics.json")


def _print_json(document: Json) -> None:
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")


def main() -> None:
    """The entry point: one message and an exit code for every mistake, and no traceback."""
    _prepare_streams()
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except TyperException as error:
        show = getattr(error, "show", None)
        show() if show else _say(f"Error: {error}")
        sys.exit(2)
    except BrokenPipeError:
        _leave_broken_pipe()
    except SystemExit as leaving:
        # Typer and Rich end a broken pipe with 1.
        if isinstance(leaving.__context__, BrokenPipeError):
            _leave_broken_pipe()
        raise
    except KeyboardInterrupt:
        _say("Stopped.")
        sys.exit(130)
    except QganError as error:
        _say(f"Error: {error}")
        sys.exit(error.exit_code)
    except (OSError, MemoryError) as error:
        cause = ResourceError(str(error) or type(error).__name__, cure="Check space, memory and permissions there")
        _say(f"Error: {cause}")
        sys.exit(ResourceError.exit_code)


def _prepare_streams() -> None:
    """A closed stream is written to in vain, and a character that a terminal cannot show becomes a question mark."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _leave_broken_pipe() -> NoReturn:
    """Whoever read our output has gone; nothing more can be said to them."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(141)


def _say(text: str) -> None:
    """To stderr, whatever its encoding, and without the control characters of foreign text."""
    clean = "".join(character if character.isprintable() or character == "\n" else "?" for character in text)
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(clean.encode(encoding, "replace").decode(encoding) + "\n")
