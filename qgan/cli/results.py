"""What became of runs: ``qgan sample``, ``evaluate``, ``runs`` and ``track``."""

__all__ = ["evaluate", "runs", "sample", "track"]

from pathlib import Path
from typing import Annotated

import typer

from qgan.cli.options import AsJson, Checkpoint, Plugins, RunPath, print_json
from qgan.errors import ConfigError


def sample(
    run: RunPath,
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many")] = 64,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .npz, .npy, .csv or .png")] = Path("samples.npz"),
    checkpoint: Checkpoint = None,
    backend: Annotated[str | None, typer.Option(metavar="NAME", help="Run the circuits elsewhere")] = None,
    shots: Annotated[int | None, typer.Option(metavar="N", help="For each circuit")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of the latents; the run's own without it")] = None,
    label: Annotated[int | None, typer.Option(metavar="N", help="One class of a conditional run only")] = None,
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
    samples = source.sample(n, checkpoint=checkpoint, seed=seed, backend=backend, shots=shots, label=label)
    write(samples, out, source.data)
    if as_json:
        print_json({"run": str(run), "n": n, "checkpoint": checkpoint or source.directory.chosen(), "file": str(out)})
    else:
        show.note(f"{n} samples of shape {source.data.sample_shape} in {out}")


def evaluate(
    run: RunPath,
    samples: Annotated[
        int | None, typer.Option(metavar="N", help="On each side; the whole test part without it")
    ] = None,
    checkpoint: Checkpoint = None,
    noise_sweep: Annotated[
        str | None, typer.Option(metavar="NAME,...", help="How it degrades on other backends: fake:torino,fake:fez")
    ] = None,
    shots_sweep: Annotated[
        str | None, typer.Option(metavar="N,...", help="... and with shots: 128,1024,8192,exact")
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(metavar="N", help="Evaluations of each, with latents and shots of their own; 5")
    ] = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress")] = False,
) -> None:
    """Measure a trained generator on the test part: values, floors, trivial values, skill."""
    from qgan import show
    from qgan.api import load
    from qgan.cli import sweeping
    from qgan.plugins import load_plugins

    if samples is not None and samples < 2:
        raise ConfigError("There are too few samples to evaluate", got=samples, allowed="2 or more")
    backends, shots = sweeping.names_of(noise_sweep), sweeping.shots_of(shots_sweep)
    if not backends and not shots and (noise_sweep, shots_sweep, repeats) != (None, None, None):
        raise ConfigError("There is nothing to sweep over", cure="Give --noise-sweep NAME,... or --shots-sweep N,...")
    load_plugins(plugin or [])
    if backends or shots:
        more = {} if repeats is None else {"repeats": repeats}
        with sweeping.watching(quiet=quiet or as_json) as told:
            swept = load(run).sweep(
                backends=backends, shots=shots, samples=samples, checkpoint=checkpoint, told=told, **more
            )
        place = swept.save(run)
        if as_json:
            print_json({"run": str(run), "picture": str(place / "sweep.png"), **swept.document})
        else:
            sweeping.tell(swept.document, place)
        return
    report, _ = load(run).evaluate(samples=samples, checkpoint=checkpoint)
    if as_json:
        print_json({"run": str(run), **report})
    else:
        show.metrics(report)


def runs(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where runs are kept")] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List runs, oldest first."""
    from qgan import show
    from qgan.runlist import list_runs, status_of

    rows = [{"run": str(path), **status_of(path)} for path in list_runs(directory)]
    if as_json:
        print_json({"runs": rows})
    else:
        show.runs(rows, directory)


def track(
    run: RunPath,
    to: Annotated[str, typer.Option(metavar="NAME", help="tensorboard, wandb (offline) or mlflow")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where it is kept; tracked/NAME if not given")] = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Copy a run into an experiment tracker, during training or after it; again whenever there is more."""
    from qgan import show
    from qgan._registry import NoOptions
    from qgan.plugins import load_plugins
    from qgan.trackers import TRACKERS, history_of

    load_plugins(plugin or [])
    entry = TRACKERS.lookup(to)
    history = history_of(run)
    kept = entry.make(NoOptions(), Path("tracked") / to if out is None else out).keep(history)
    if as_json:
        numbers = {"series": len(history.numbers), "numbers": history.count}
        print_json({"run": str(run), "tracker": to, **numbers, "place": str(kept.place), "look": kept.look})
    else:
        show.note(f"{history.count} numbers of {run} are in {kept.place}. Go on with: {kept.look}")
