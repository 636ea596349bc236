"""Everything that the page of plain runs says, as one plain document."""

__all__ = ["document_of_runs", "figures_of_run", "names_of"]

from collections.abc import Sequence

import qgan
from qgan import layout
from qgan._registry import NoOptions
from qgan._typing import Json
from qgan.config import to_toml
from qgan.errors import ConfigError
from qgan.metrics import METRICS
from qgan.report.bibliography import entries_for
from qgan.report.circumstances import environment
from qgan.report.figures.learning import curve
from qgan.report.learning import Trace
from qgan.report.pictures import Picture
from qgan.report.rendering import safe
from qgan.report.tables import Column, Table
from qgan.runs import RunDirectory

SCHEMA = 1


def document_of_runs(runs: Sequence[RunDirectory]) -> Json:
    """Of runs, finished or not."""
    names = names_of(runs)
    return {
        "schema": SCHEMA,
        "kind": "runs",
        "qgan": qgan.__version__,
        "title": ", ".join(names),
        "runs": [_document(name, run) for name, run in zip(names, runs, strict=True)],
        "bibliography": entries_for([run.config.document() for run in runs]),
    }


def names_of(runs: Sequence[RunDirectory]) -> list[str]:
    """The last parts of their paths, as many as tell them apart.

    Raises:
        ConfigError: If one is there twice.
    """
    paths = [run.path.resolve().parts for run in runs]
    for depth in range(1, max(map(len, paths)) + 1):
        names = ["/".join(parts[-depth:]) for parts in paths]
        if len({safe(name) for name in names}) == len(names):
            return names
    raise ConfigError("A run is given twice", got=", ".join(str(run.path) for run in runs))


def figures_of_run(run: Json) -> list[Picture]:
    """Curves of each metric on validation, that which it is judged by first."""
    found = []
    for curves in run["curves"]:
        judged = curves["metric"] == run["metric"]
        for against in ("steps", "seconds") if judged else ("steps",):
            caption = f"{curves['metric']} on the validation part against {against}."
            figure = curve(curves, (run["id"],), against=against, seeds=False)
            if figure is not None:
                place = "curves" if judged else "more-curves"
                found.append(Picture(place, f"{run['id']}-{curves['metric']}-{against}", figure, caption))
    return found


def _document(name: str, run: RunDirectory) -> Json:
    status, config, trace = run.status, run.config, Trace.of(run)
    identity = run.identity
    return {
        "id": name,
        "recipe": config.recipe,
        "seed": config.seed,
        "metric": config.evaluate.metric,
        "state": status["state"],
        "reason": status.get("reason", ""),
        "exact": status.get("exact", True),
        "step": trace.end[0],
        "steps": config.train.steps,
        "seconds": trace.end[1],
        "parameters": identity.get("parameters", {}),
        "gradient": identity.get("gradient", {}),
        "warnings": [f"Since step {each['step']}: {each['message']}." for each in status.get("warnings", [])],
        "tables": {"metrics": _metrics(name, run).document()},
        "curves": _curves(name, run, trace),
        "configuration": to_toml(config),
        "environment": environment([run.path]),
    }


def _metrics(name: str, run: RunDirectory) -> Table:
    path = run.path / "metrics.json"
    report = layout.read(path, layout.Report) if path.exists() else None
    rows = [
        {
            "recipe": run.config.recipe,
            "model": name,
            "metric": metric,
            "seed": run.config.seed,
            "part": "test",
            "better": score["direction"],
            **{key: score[key] for key in ("value", "floor", "floor_low", "floor_high", "trivial", "trivial_name")},
            "skill": score["skill"],
            "reason": score["reason"],
        }
        for metric, score in (report["metrics"].items() if report else ())
    ]
    measured = f"{report['n']} samples on either side, step {report['step']}" if report else ""
    return Table(
        "metrics",
        f"Metrics on the test part: {measured}" if measured else "Metrics on the test part",
        (
            Column("metric", "metric"),
            Column("better", "better"),
            Column("value", "score", testid="score"),
            Column(
                "floor",
                "floor",
                about="Real against real, with 5th and 95th percentile",
                ends=("floor_low", "floor_high"),
            ),
            Column("trivial", "trivial", about="The best that learned nothing"),
            Column("trivial_name", "which is"),
            Column("skill", "skill", about="0 is the trivial value, 1 the floor"),
            Column("reason", "why not"),
        ),
        rows,
        "skill = (trivial \N{MINUS SIGN} score) / (trivial \N{MINUS SIGN} floor): 0 is nothing learned, 1 is real.",
    )


def _curves(name: str, run: RunDirectory, trace: Trace) -> list[Json]:
    """In the form of a comparison's, of one seed."""
    judged = run.config.evaluate.metric
    documents: list[Json] = []
    for metric in (judged, *(each for each in run.config.evaluate.metrics if each != judged)):
        pairs = zip(trace.steps, trace.seconds, trace.values.get(metric, ()), strict=False)
        known = [(step, seconds, value) for step, seconds, value in pairs if value is not None]
        reference = trace.references.get(metric, {})
        line = {
            "model": name,
            "n": 1,
            "steps": [step for step, _, _ in known],
            "seconds": [seconds for _, seconds, _ in known],
            "median": [value for _, _, value in known],
            "low": [None] * len(known),
            "high": [None] * len(known),
            "seeds": [],
        }
        documents.append(
            {
                "metric": metric,
                "part": "validation",
                "better": METRICS.lookup(metric).make(NoOptions()).direction,
                "floor": reference.get("floor"),
                "trivial": reference.get("trivial"),
                "models": [line] if known else [],
            }
        )
    return documents
