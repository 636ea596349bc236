from typing import TYPE_CHECKING, Any

import pytest

from qgan.compare.parts import PARTS
from qgan.compare.stopwatch import FEWEST, Stopwatch
from qgan.errors import ConfigError, DivergedError

if TYPE_CHECKING:
    from conftest import Maker

PATCH = {"name": "patch", "n_wires": 5, "layers": 1}


@pytest.mark.parametrize(
    ("changes", "compiled", "executions", "shots"),
    [
        ({}, None, 0, 0),
        ({"generator": PATCH}, True, 48, 0),
        ({"generator": PATCH, "backend": {"name": "default.qubit"}}, False, 32, 0),
        ({"generator": PATCH, "backend": {"name": "batched.qubit", "shots": 3}}, True, 2 * 16 + 16 * 10, 3 * 192),
        ({"generator": PATCH, "twin": {"name": "dequantised"}}, None, 0, 0),
    ],
)
def test_a_turn_is_of_real_steps(
    make: "Maker", changes: dict[str, Any], compiled: bool | None, executions: int, shots: int
) -> None:
    stopwatch = Stopwatch(make.config(**changes))
    assert stopwatch.warm.compiled is compiled
    assert stopwatch.warm.threads == 1
    assert stopwatch.warm.gpu is None
    turn = stopwatch.turn(0.0)
    assert turn.steps == FEWEST
    assert (turn.executions, turn.shots) == (executions, shots)
    assert turn.seconds_per_step > 0
    assert turn.cpu_seconds_per_step > 0
    assert turn.samples_per_second > 0
    assert turn.peak_bytes > 50 * 2**20
    assert tuple(turn.parts) == PARTS
    assert min(turn.parts.values()) > 0
    assert stopwatch.turn(0.2).seconds >= 0.2


def test_a_training_that_is_over_begins_anew(make: "Maker") -> None:
    """A cosine schedule would have no rate left after its last step, and a record of step 13 would be of none."""
    stopwatch = Stopwatch(make.config(train__steps=3))
    records = [stopwatch._step() for _ in range(7)]
    steps = [record.step for record in records]
    assert set(steps) == {1, 2, 3}
    again = {record.step: record.numbers() for record in records[-3:]}
    assert {record.step: record.numbers() for record in records[:3]} == again


def test_of_what_is_not_trained_samples_are_timed(make: "Maker") -> None:
    turn = Stopwatch(make.config(train__steps=0)).turn(0.0)
    assert (turn.steps, turn.seconds_per_step, turn.cpu_seconds_per_step) == (0, 0, 0)
    assert turn.samples_per_second > 0
    assert turn.joules is None


def test_threads_have_to_be_known(make: "Maker") -> None:
    config = make.config()
    unknown = config.model_copy(update={"run": config.run.model_copy(update={"threads": "auto"})})
    with pytest.raises(ConfigError, match="threads"):
        Stopwatch(unknown)


def test_what_diverges_says_so(make: "Maker") -> None:
    wild = make.config(optimizer__generator__lr=1e30, optimizer__discriminator__lr=1e30)
    with pytest.raises(DivergedError):
        Stopwatch(wild).turn(0.0)
