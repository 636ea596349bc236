"""Quantum computers far away: ``qgan plan``, ``submit``, ``jobs``, ``collect`` and ``cancel``."""

__all__ = ["cancel", "collect", "jobs", "plan", "submit"]

from pathlib import Path
from typing import Annotated

import typer

from qgan.cli.options import AsJson, Budget, Checkpoint, Plugins, RunPath, Sets, print_json
from qgan.errors import ConfigError

Out = Annotated[Path, typer.Option(metavar="DIR", help="Where runs are kept")]
Where = Annotated[
    str, typer.Option(metavar="NAME", help="ibm:ibm_torino, ibm:least-busy; fake:NAME or aer for a rehearsal")
]
JobName = Annotated[str, typer.Argument(metavar="JOB", help="Its id, or the beginning of its key")]
SECONDS_BETWEEN_LOOKS = 5.0


def plan(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE|RUN", help="A recipe, or a run to go on with")],
    backend: Where,
    budget: Budget = None,
    shots: Annotated[
        int | None, typer.Option(metavar="N", help="For each circuit; several are shown without it")
    ] = None,
    sets: Sets = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """What of a training fits into a budget: batch, shots, steps, executions, jobs, and seconds of the computer.

    qgan plan ibm-first --backend ibm:ibm_torino --budget 120s
    """
    from qgan import show
    from qgan.backends.jobs.budgets import seconds_of
    from qgan.documents import assignment
    from qgan.plans import planned_rows, text_of
    from qgan.plugins import load_plugins

    load_plugins(plugin or [])
    seconds = None if budget is None else seconds_of(budget)
    made = planned_rows(
        recipe, backend=backend, budget=seconds, shots=shots, changes=[assignment(text) for text in sets or []]
    )
    if as_json:
        print_json(made.document())
    else:
        show.table(f"{made.name} on {backend}", made.lines(), text_of(made))


def submit(
    run: RunPath,
    backend: Where,
    shots: Annotated[int, typer.Option(metavar="N", help="For each circuit")],
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many samples")] = 64,
    budget: Budget = None,
    checkpoint: Checkpoint = None,
    resubmit_in_doubt: Annotated[
        bool, typer.Option("--resubmit-in-doubt", help="Send a job again of which it is not known whether it arrived")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would take, and send nothing")] = False,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Have a trained generator sampled on a quantum computer; returns at once. `qgan collect` brings the samples.

    qgan submit RUN --backend ibm:ibm_torino --shots 4096 -n 256 --budget 60s
    """
    from qgan import show
    from qgan.api import load
    from qgan.backends.jobs.budgets import seconds_of
    from qgan.plugins import load_plugins
    from qgan.sending import Terms
    from qgan.submissions import document
    from qgan.submissions import submit as hand_in

    if n < 1:
        raise ConfigError("There must be samples to draw", got=n, allowed="1 or more")
    load_plugins(plugin or [])
    terms = Terms(None if budget is None else seconds_of(budget), resubmit_in_doubt)
    done = hand_in(load(run), backend=backend, shots=shots, n=n, checkpoint=checkpoint, terms=terms, dry_run=dry_run)
    if as_json:
        print_json({"run": str(run), **document(done)})
        return
    cost = done.cost
    show.note(
        f"{n} samples: {cost.jobs} job(s), {cost.circuits:,} circuits, {cost.executions:,} executions, "
        f"{cost.seconds:.1f} s by the formula"
    )
    for entry in done.entries:
        show.note(f"Sent: {entry.job_id} to {done.asked.backend}")
    show.note("Nothing was sent." if dry_run else f"Collect them with: qgan collect all --out {run.parent}")


def jobs(
    out: Out = Path("runs"),
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until all have ended")] = False,
    as_json: AsJson = False,
) -> None:
    """List the jobs of all runs: where they are, how far, and what they took."""
    from time import sleep

    from qgan import show
    from qgan.cli.jobtables import show_jobs
    from qgan.jobs import Services, known_jobs, told

    services = Services()
    while True:
        rows = [told(job, services) for job in known_jobs(out)]
        waits = any(row["state"] in ("queued", "running", "submitted", "intended") for row in rows)
        if as_json:
            print_json({"jobs": rows, "problem": None if services.problem is None else str(services.problem)})
        else:
            show_jobs(rows, out)
            if services.problem is not None:
                show.note(f"As far as is known here. {services.problem}")
        if not watch or not waits:
            return
        sleep(SECONDS_BETWEEN_LOOKS)


def collect(
    job: Annotated[str, typer.Argument(metavar="[JOB|all]", help="Its id, or the beginning of its key")] = "all",
    out: Out = Path("runs"),
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Bring home what is done, and make samples and their scores of it. What still waits is left alone."""
    from qgan import show
    from qgan.api import load
    from qgan.cli.jobtables import show_collected
    from qgan.jobs import Services, find, known_jobs
    from qgan.plugins import load_plugins
    from qgan.submissions import bring_home

    load_plugins(plugin or [])
    services, one = Services(), None if job == "all" else find(out, job)
    runs = dict.fromkeys(each.run for each in known_jobs(out)) if one is None else [one.run]
    brought = [bring_home(load(run), services, only=None if one is None else one.entry.key) for run in runs]
    states = {name: state for each in brought for name, state in each.states.items()}
    made = [each for one_run in brought for each in one_run.samples]
    if as_json:
        print_json({"jobs": states, "samples": [{"folder": str(each.folder), **each.report} for each in made]})
    else:
        for name, state in states.items():
            show.note(f"{name}: {state}")
        for each in made:
            show_collected(each)
        if not states and not made:
            show.note("There is nothing to collect")
    for each in brought:
        if each.problems:
            raise each.problems[0]


def cancel(job: JobName, out: Out = Path("runs"), as_json: AsJson = False) -> None:
    """Stop a job that waits or runs. What it has taken until then is paid."""
    from qgan import show
    from qgan.jobs import Services, find
    from qgan.jobs import cancel as stop

    found = find(out, job)
    view = stop(found, Services())
    if as_json:
        print_json({"job": found.name, "state": view.state, "qpu_seconds": view.usage})
    else:
        show.note(f"{found.name}: {view.state}")
