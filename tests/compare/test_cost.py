"""Of a small comparison that was really made."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from qgan.compare.comparison import Compared, Comparison
from qgan.compare.cost import WIRES, Cost, cost_of, over_wires
from qgan.compare.hardware import of_rows
from qgan.compare.parts import PARTS
from qgan.compare.planning import declaration_of
from qgan.compare.simulating import Growth, circuit_of, simulated_operations
from qgan.compare.speed import Speed
from qgan.compare.stored import read, write
from qgan.compare.timeline import arrivals, median_steps, step_seconds

if TYPE_CHECKING:
    from conftest import Comparing

SMALL: dict[str, Any] = {
    "train.steps": 6,
    "evaluate.every": 2,
    "evaluate.metrics": ["kl", "ks"],
    "evaluate.samples": 60,
    "train.batch_size": 8,
}
GROWTH = Growth((4, 6), (1.0, 1.0), overhead=0.25, seconds_per_operation=1e-9)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, compare_here: "Comparing") -> Compared:
    path = tmp_path_factory.mktemp("cost") / "it"
    declaration = declaration_of(
        ["bimodal"], seeds=(0, 1, 2), baselines=("mlp",), controls=("untrained",), trials=0, changes=SMALL
    )
    (recipe,) = compare_here(path, declaration).recipes
    return replace(recipe, speed={model: speed_of(model) for model in ("subject", "mlp", "untrained")})


def speed_of(model: str, **changes: Any) -> Speed:
    step = 0.0 if model == "untrained" else 0.01
    usual: dict[str, Any] = {
        "model": model,
        "contended": None,
        "load": 0.0,
        "threads": 1,
        "compiled": None,
        "seconds_per_step": step,
        "split": dict(zip(PARTS, (0.4 * step, 0.3 * step, 0.2 * step, 0.1 * step), strict=True)),
        "samples_per_second": 1.0,
        "steps": 1,
        "executions": 3,
        "shots": 0,
        "operations": {},
        "peak_bytes": 1,
        "cpu_seconds_per_step": 2 * step,
    }
    return Speed(**(usual | changes))


def lines(where: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (where / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()]


def by_hand(compared: Compared, model: str, skill: float) -> list[tuple[float, float] | None]:
    """Steps and seconds of each seed."""
    found: list[tuple[float, float] | None] = []
    for result in compared.results[model].values():
        timing, there = lines(result.where, "timing"), None
        for line in lines(result.where, "evaluations"):
            if there is None and line["scores"]["kl"]["skill"] >= skill:
                spent = sum(
                    each["seconds"][part]
                    for each in timing
                    for part in ("generator", "discriminator", "rest")
                    if each["step"] <= line["step"]
                )
                there = (line["step"], spent)
        found.append(there)
    return found


def skills(compared: Compared, model: str) -> list[float]:
    """The best of each seed, ascending."""
    return sorted(
        max(line["scores"]["kl"]["skill"] for line in lines(result.where, "evaluations"))
        for result in compared.results[model].values()
    )


def claiming(compared: Compared, skill: float) -> Compared:
    return replace(compared, claim=compared.claim.model_copy(update={"skill": skill}))


def test_arrivals_are_those_of_the_runs_where_models_were_not_timed_alone(compared: Compared) -> None:
    busy = {**compared.speed, "mlp": speed_of("mlp", contended="others were there")}
    for speed in ({}, busy, {"subject": compared.speed["subject"]}):
        assert step_seconds(replace(compared, speed=speed)) is None
    compared = replace(compared, speed=busy)
    for skill in (skills(compared, "mlp")[0], skills(compared, "mlp")[1], 2.0, -1e9):
        found, expected = arrivals(compared, "mlp", metric="kl", skill=skill), by_hand(compared, "mlp", skill)
        assert found is not None
        there = [each for each in expected if each is not None]
        assert found.steps.count == found.seconds.count == len(there)
        assert found.steps.n == 3
        if len(there) == 3:
            assert found.steps.median == median(step for step, _ in there)
            assert found.seconds.median == pytest.approx(median(seconds for _, seconds in there))
    assert arrivals(compared, "gaussian", metric="kl", skill=0.5) is None
    at_once = arrivals(compared, "mlp", metric="kl", skill=-1e9)
    assert at_once is not None
    assert at_once.seconds.median == 0


def test_where_all_models_were_timed_alone_seconds_are_their_paces(compared: Compared) -> None:
    speed = {**compared.speed, "mlp": speed_of("mlp", seconds_per_step=0.25)}
    compared = replace(compared, speed=speed)
    assert step_seconds(compared) == {"subject": 0.01, "mlp": 0.25}
    assert cost_of(compared, growth=GROWTH).timed_alone
    for model, pace in (("subject", 0.01), ("mlp", 0.25)):
        for skill in skills(compared, model):
            found = arrivals(compared, model, metric="kl", skill=skill)
            assert found is not None
            assert found.seconds.times == tuple(pace * step for step in found.steps.times)
            assert found.seconds.shares == found.steps.shares


def test_a_run_that_left_nothing_is_censored_at_its_beginning(compared: Compared, tmp_path: Path) -> None:
    first, *others = compared.results["mlp"].values()
    gone = replace(first, state="failed", where=tmp_path / "never")
    changed = replace(compared, results={"mlp": {result.seed: result for result in (gone, *others)}})
    found = arrivals(changed, "mlp", metric="kl", skill=-1e9)
    assert found is not None
    assert (found.steps.n, found.steps.count) == (3, 2)
    assert median_steps(changed, "mlp") == 6


def test_whole_runs_cost_their_steps(compared: Compared) -> None:
    found = cost_of(compared, growth=GROWTH)
    assert found.cpu_seconds == {"subject": pytest.approx(0.12), "mlp": pytest.approx(0.12), "untrained": 0.0}
    assert found.gpu_seconds == found.joules == {}
    assert found.parameters == {
        entry.name: entry.parameters for entry in compared.book.entries if entry.left_out is None
    }
    speed = {"mlp": speed_of("mlp", gpu="H100", joules_per_step=0.5)}
    on_gpu = cost_of(replace(compared, speed=speed), growth=GROWTH)
    assert on_gpu.gpu_seconds == {"mlp": pytest.approx(0.06)}
    assert on_gpu.joules == {"mlp": pytest.approx(3.0)}


def test_hardware_is_of_the_whole_training(compared: Compared) -> None:
    """The circuit of three wires has two layers after a first one, nine weights, and is run once for a batch."""
    found = cost_of(compared, growth=GROWTH).hardware
    assert found is not None
    assert found.shots == 1024
    assert found.executions == 6 * (1 + 1 + 2 * 9) * 1024
    assert found.jobs == 6 * 2
    assert found.qpu_seconds == pytest.approx(2 * found.jobs + 0.00035 * found.executions)
    few = cost_of(compared, shots=16, growth=GROWTH).hardware
    assert few is not None
    assert few.executions * 64 == found.executions


def test_the_tie_is_with_the_opponents_time(compared: Compared) -> None:
    """At a skill that both have after some steps, or one of them never."""
    skill = 0.999 * min(skills(compared, "subject")[1], skills(compared, "mlp")[1])
    found = cost_of(claiming(compared, skill), growth=GROWTH).break_even
    subject = arrivals(compared, "subject", metric="kl", skill=skill)
    other = arrivals(compared, "mlp", metric="kl", skill=skill)
    assert found is not None
    assert subject is not None
    assert other is not None
    assert (found.wires, found.skill) == (3, skill)
    assert found.subject_steps == subject.steps.median
    assert found.classical_seconds == other.seconds.median
    # Discriminator and rest are 0.3 of a step.
    assert subject.seconds.median is not None
    assert found.seconds_elsewhere == pytest.approx(0.3 * subject.seconds.median)
    never = cost_of(claiming(compared, 1.5), growth=GROWTH)
    assert never.break_even is not None
    assert never.break_even.why_not is not None
    assert never.break_even.executions is None
    # Their circuits are then of a whole run.
    assert {each.subject_steps for each in never.over_wires} == {6}


def test_without_a_trained_opponent_there_is_nothing_to_tie_with(compared: Compared) -> None:
    other = replace(compared, claim=compared.claim.model_copy(update={"opponent": "mean", "skill": 1e-9}))
    found = cost_of(replace(other, speed={}), growth=GROWTH).break_even
    assert found is not None
    assert found.clock is None
    assert found.why_not is not None


def test_on_more_wires_circuits_are_held_against_their_simulation(compared: Compared) -> None:
    row = of_rows(compared.subject.config(0))
    assert row is not None
    found = over_wires(row, GROWTH, updates=1, steps=5.0, shots=100, skill=0.5)
    assert tuple(each.wires for each in found) == WIRES
    for each in found:
        circuit = circuit_of(row.options, each.wires)
        assert circuit is not None
        weights = circuit.n_weights
        assert each.executions == 5 * (2 + 2 * weights) * 100
        seconds = 5 * (0.25 + 1e-9 * simulated_operations(circuit, rows=1, updates=1))
        assert each.classical_seconds == pytest.approx(seconds)
        assert each.clock == pytest.approx((each.executions or 0.0) / seconds)
        assert each.seconds_elsewhere == 0
    orders = [each.orders or 0.0 for each in found]
    # Once the overhead is nothing, a wire more halves the clock, and its weights hardly raise it.
    assert all(later < earlier for earlier, later in pairwise(orders[8:]))
    whole = cost_of(compared, growth=GROWTH).over_wires
    again = over_wires(
        row, GROWTH, updates=1, steps=whole[0].subject_steps or 0.0, shots=1024, skill=compared.claim.skill
    )
    assert whole == again


def test_a_cost_is_kept_and_read_again(compared: Compared, tmp_path: Path) -> None:
    found = cost_of(compared, growth=GROWTH)
    write(tmp_path / "cost.json", found)
    assert read(tmp_path / "cost.json", Cost) == found
    write(compared.places.cost, found)
    try:
        (again,) = Comparison(compared.places.root).recipes
        assert again.cost == found
    finally:
        compared.places.cost.unlink()
