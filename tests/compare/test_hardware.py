import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.build import build
from qgan.circuitry import make_circuit
from qgan.compare.hardware import CLOCK, StepCircuits, hardware, jobs_for, of_rows, qpu_seconds, shifted
from qgan.config import load, recipe_text
from qgan.errors import ConfigError
from qgan.loop import train

if TYPE_CHECKING:
    from conftest import Maker

LIMIT = 10_000_000
circuits, shots = st.integers(0, 10**7), st.integers(1, LIMIT)


@pytest.mark.parametrize(
    ("weights", "batch", "shots", "one", "each"),
    [(8, 8, 512, 26, 296), (8, 64, 16, 8, 2182), (24, 32, 64, 37, 3171), (60, 8, 512, 175, 2109)],
)
def test_the_table_of_a_generator_step(weights: int, batch: int, shots: int, one: int, each: int) -> None:
    """Seconds of QPU as one job, and as one for each circuit: (2P + 1) B circuits of S shots."""
    count = (2 * weights + 1) * batch
    assert jobs_for(count, shots) == 1
    assert round(qpu_seconds(jobs=1, executions=count * shots)) == one
    assert round(qpu_seconds(jobs=count, executions=count * shots)) == each


@given(circuits, shots)
def test_jobs_are_as_few_as_carry_whole_circuits(count: int, shots: int) -> None:
    jobs = jobs_for(count, shots)
    most = LIMIT // shots
    assert (jobs - 1) * most < count <= jobs * most or jobs == count == 0
    assert jobs >= count * shots / LIMIT


def test_a_job_is_split_after_ten_million_executions() -> None:
    assert jobs_for(10_000, 1000) == 1
    assert jobs_for(10_001, 1000) == 2
    assert jobs_for(3, LIMIT) == 3
    for impossible in (0, LIMIT + 1):
        with pytest.raises(ConfigError, match="shots"):
            jobs_for(1, impossible)


@given(
    st.builds(StepCircuits, st.integers(1, 10**4), st.integers(1, 10**5)), st.integers(0, 1000), st.integers(1, 4096)
)
def test_a_training_grows_with_steps_and_shots(step: StepCircuits, steps: int, shots: int) -> None:
    one, more = hardware(step, steps=steps, shots=shots), hardware(step, steps=steps, shots=2 * shots)
    assert more.executions == 2 * one.executions
    assert more.jobs >= one.jobs >= 2 * steps
    assert more.qpu_seconds >= one.qpu_seconds
    assert hardware(step, steps=2 * steps, shots=shots).qpu_seconds == pytest.approx(2 * one.qpu_seconds)
    assert one.qpu_seconds >= one.executions / CLOCK
    assert "estimate" in one.source
    assert "0.00035" in one.formula


def test_two_jobs_a_step() -> None:
    found = hardware(StepCircuits(8, 136), steps=3, shots=512)
    assert (found.jobs, found.executions) == (6, 3 * 144 * 512)
    assert found.qpu_seconds == pytest.approx(6 * 2 + 0.00035 * 3 * 144 * 512)


@pytest.mark.parametrize(
    ("name", "options", "weights", "latents"),
    [
        # 8 rotations by a weight each, and 4 by a latent.
        ("hardware-efficient", {}, 2 * 8, 2 * 12),
        # 36 rotations and 8 controlled ones, each by w z + b: 88 weights, 44 angles.
        ("style", {"latent_dim": 2}, 2 * 36 + 4 * 8, 2 * 36 + 4 * 8),
    ],
)
def test_shifted_circuits_by_hand(name: str, options: dict[str, Any], weights: int, latents: int) -> None:
    circuit = make_circuit(None, name, n_wires=4, layers=2, **options)
    assert shifted(circuit) == weights
    assert shifted(circuit, latents=True) == latents


@pytest.mark.parametrize(
    "changes",
    [
        {"generator": {"name": "patch", "n_wires": 5, "layers": 2}},
        {"generator": {"name": "patch", "n_wires": 5, "layers": 1, "circuit": "style", "latent_dim": 3}},
        {"generator": {"name": "patch", "n_wires": 5, "layers": 1}, "train.discriminator_updates": 3},
        {"generator": {"name": "patch", "n_wires": 5, "layers": 1}, "train.conditional": True},
        {"generator": {"name": "expectation", "observables": "xz", "n_wires": 3, "head": "affine", "layers": 1}},
        {"generator": {"name": "implicit", "n_wires": 2, "layers": 1, "circuit": "data-reuploading"}},
        {"data": {"name": "bimodal"}, "generator": {"name": "born", "circuit": "zoufal", "layers": 2}},
    ],
    ids=["patch", "style", "updates", "conditional", "xz", "implicit", "born"],
)
def test_counted_circuits_are_those_that_a_step_with_shots_runs(make: "Maker", changes: dict[str, Any]) -> None:
    named = {key.replace(".", "__"): value for key, value in changes.items()}
    config = make.config(**named, backend={"name": "batched.qubit", "shots": 5}, train__batch_size=2)
    row = of_rows(config)
    assert row is not None
    step = row.in_step(config.train.discriminator_updates)
    experiment = build(config)
    (record,) = train(experiment.state, experiment.game, experiment.batches, steps=1)
    assert record.executions == step.all
    assert record.shots == 5 * step.all
    assert math.gcd(step.shown, step.differentiated) % row.rows == 0


def test_the_first_steps_on_a_computer_are_what_their_recipe_says() -> None:
    config = load("ibm-first")
    row = of_rows(config)
    assert row is not None
    step = row.in_step(config.train.discriminator_updates)
    first = hardware(step, steps=5, shots=256)
    text = " ".join(recipe_text("ibm-first").replace("# ", "").split())
    assert (
        f"Each step runs {step.all} circuits: {step.shown} for the discriminator, and {step.differentiated} for" in text
    )
    assert f"The first 5 steps of 256 shots take {first.qpu_seconds:.0f} s of the 600 that an Open Plan" in text
    assert first.jobs == 10
    # Ten times as many of four times the shots would fit too.
    assert hardware(step, steps=50, shots=1024).qpu_seconds < 600


def test_a_classical_generator_has_none(make: "Maker") -> None:
    assert of_rows(make.config()) is None
