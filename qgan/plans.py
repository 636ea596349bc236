"""What of a training fits into a budget of a quantum computer's time."""

__all__ = ["Plan", "Row", "planned_rows", "text_of"]

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, final

from qgan._typing import Json
from qgan.backends.jobs.costs import EXECUTIONS_IN_A_JOB, FORMULA, SOURCE, Cost, jobs_for
from qgan.build import build
from qgan.config import RunConfig, load
from qgan.documents import override
from qgan.errors import ConfigError
from qgan.experiment import Experiment
from qgan.generators.remotes import remotes
from qgan.runs import RunDirectory
from qgan.sending import Forecast, document_of, forecast
from qgan.validation import validate

SHOTS = (64, 256, 1024, 4096)
BATCHES = (16, 8, 4)
METHODS = ("parameter-shift", "spsa")
# Of IBM Quantum's free plan: ten minutes in any 28 days.
OPEN_PLAN = 600.0


@final
class Row(NamedTuple):
    """One way of training.

    Attributes:
        gradient: How.
        batch: Samples in an update.
        step: What a step takes.
        fits: Steps within the budget; None where there is no budget.
    """

    gradient: str
    batch: int
    step: Cost
    fits: int | None


@final
class Plan(NamedTuple):
    """Ways of training, and the one that the recipe has.

    Attributes:
        name: Of the recipe, or of the run.
        backend: Where.
        budget: Seconds of the computer, or None.
        steps: Left to do by its own account.
        own: What those take with its own batch and the first number of shots.
        rows: All ways.
    """

    name: str
    backend: str
    budget: float | None
    steps: int
    own: Forecast
    rows: list[Row]

    def lines(self) -> list[Json]:
        """For people."""
        return [
            {
                "gradient": row.gradient,
                "batch": row.batch,
                "shots": row.step.shots,
                "jobs a step": row.step.jobs,
                "circuits a step": f"{row.step.circuits:,}",
                "executions a step": f"{row.step.executions:,}",
                "QPU seconds a step": f"{row.step.seconds:,.1f}",
                "steps in the budget": "-" if row.fits is None else row.fits,
            }
            for row in self.rows
        ]

    def document(self) -> Json:
        """For scripts."""
        return {
            "name": self.name,
            "backend": self.backend,
            "budget": self.budget,
            "own": self.own.document(),
            "rows": [
                {"gradient": row.gradient, "batch": row.batch, "step": document_of(row.step), "fits": row.fits}
                for row in self.rows
            ],
        }


def planned_rows(
    recipe: str,
    *,
    backend: str,
    budget: float | None = None,
    shots: int | None = None,
    changes: Iterable[tuple[str, Any]] = (),
) -> Plan:
    """Counts, and runs nothing.

    Args:
        recipe: Its name, or a run directory.
        backend: Where; one that takes jobs.
        budget: Seconds of the computer; None for no budget.
        shots: For each circuit; None for several numbers.
        changes: Dotted keys and their values.

    Raises:
        ConfigError: If its generator has no circuits.
        QganError: If it cannot be built.
    """
    name, steps, experiments = recipe, 0, dict[str, Experiment]()
    tried = SHOTS if shots is None else (shots,)
    for gradient in METHODS:
        where = [("backend", {"name": backend, "shots": tried[0], "gradient": gradient})]
        config, steps = _config(recipe, [*changes, *where])
        experiments[gradient] = build(config, sends=True)
    first = experiments[METHODS[0]]
    if not remotes(first.game.generator):
        raise ConfigError(
            f"The generator of '{name}' has no circuits", got=first.config.generator.name, cure="Train it here"
        )
    own = forecast(first, steps=steps)
    assert own is not None
    largest = first.config.train.batch_size
    batches = [largest, *(each for each in BATCHES if each < largest)]
    rows = [
        Row(gradient, batch, step, None if budget is None else int(budget / step.seconds))
        for gradient, experiment in experiments.items()
        for batch, counted in _by_batch(experiment, batches)
        for step in (_with_shots(counted, number) for number in tried)
    ]
    return Plan(name, backend, budget, steps, own, rows)


def text_of(plan: Plan) -> str:
    """What is to be known before anyone pays."""
    whole = plan.own.all
    largest = max(cost.executions for cost in (plan.own.shown, plan.own.differentiated))
    said = [
        f"The {plan.steps} steps of {plan.name} with {whole.shots} shots take {whole.seconds:,.0f} s in {whole.jobs:,} "
        f"jobs: {whole.seconds / OPEN_PLAN:.2g} times what the Open Plan has for 28 days ({OPEN_PLAN:.0f} s)."
    ]
    if largest > EXECUTIONS_IN_A_JOB:
        said.append(
            f"A gradient of it has {largest:,} executions, and a job takes {EXECUTIONS_IN_A_JOB:,}: it is split."
        )
    fitting = [row for row in plan.rows if row.fits]
    if plan.budget is not None and fitting:
        best = max(fitting, key=_worth)
        # A run keeps its batch: another one must be asked for before the warm start.
        smaller = "" if best.batch == plan.rows[0].batch else f" with `--set train.batch_size={best.batch}`"
        perturbed = "" if best.gradient == METHODS[0] else f" --set backend.gradient={best.gradient}"
        said.append(
            f"In {plan.budget:g} s there is room for {best.fits} step(s) with {best.gradient}, batch {best.batch} and "
            f"{best.step.shots} shots: train on a simulator first{smaller}, then `qgan train --resume RUN --backend "
            f"{plan.backend} --steps +{best.fits} --shots {best.step.shots} --budget {plan.budget:g}s{perturbed}`."
        )
    elif plan.budget is not None:
        said.append(
            f"In {plan.budget:g} s there is room for no step at all. Smaller recipes fit: `qgan plan ibm-first`."
        )
    return "\n".join([*said, f"{FORMULA}. {SOURCE}"])


def _worth(row: Row) -> tuple[bool, int, int]:
    """The recipe's own way of finding gradients before SPSA, and some steps of many executions before many of few."""
    assert row.fits is not None
    return row.gradient == METHODS[0], min(row.fits, 5), row.step.executions


def _config(recipe: str, changes: list[tuple[str, Any]]) -> tuple[RunConfig, int]:
    """And the steps that are left to do."""
    if (Path(recipe) / "run.json").is_file():
        run = RunDirectory.open(Path(recipe))
        config = validate(RunConfig, override(run.config.document(), changes))
        return config, max(config.train.steps - run.status["step"], 0)
    config = load(recipe, changes=changes)
    return config, config.train.steps


def _by_batch(experiment: Experiment, batches: list[int]) -> Iterator[tuple[int, Forecast]]:
    """Counted anew; where the batch makes no difference only the first."""
    seen = set[int]()
    for batch in batches:
        told = forecast(experiment, steps=1, batch=batch)
        assert told is not None
        if told.step.circuits not in seen:
            seen.add(told.step.circuits)
            yield batch, told


def _with_shots(counted: Forecast, shots: int) -> Cost:
    circuits = counted.shown.circuits, counted.differentiated.circuits
    return Cost(sum(jobs_for(each, shots) for each in circuits), sum(circuits), shots)
