"""Building for a computer far away: it is asked nothing, and what does not go with it is refused."""

from typing import Any

import numpy as np
import pytest

from qgan.build import build
from qgan.config import load
from qgan.errors import BackendError, ConfigError
from qgan.experiment import Experiment
from qgan.loop import train
from qgan.objects import Objects
from qgan.seeding import Key

DATA = np.random.default_rng(0).random((24, 4))
SMALL = {"train.batch_size": 3, "discriminator.hidden": [5], "run.device": "cpu", "generator.n_wires": 3}
SMALL |= {"generator.layers": 2}
IBM = {"backend.name": "ibm:nowhere", "backend.shots": 16}


def make(changes: dict[str, Any]) -> Experiment:
    return build(load("digits-patch", changes={**SMALL, **changes}.items()), Objects(data=DATA))


def test_building_for_a_quantum_computer_asks_it_nothing_and_keeps_its_options() -> None:
    experiment = make({**IBM, "backend.mode": "batch"})
    assert experiment.config.backend.options == {"shots": 16, "gradient": "auto", "mode": "batch"}
    assert experiment.facts["gradient"]["method"] == "parameter-shift"
    assert experiment.facts["backend"] == "ibm:nowhere"
    assert (experiment.generator.counts.executions, experiment.generator.counts.shots) == (0, 0)
    with pytest.raises(BackendError, match="nobody has allowed"):
        experiment.generator.sample(3, Key(0, "look"))
    with pytest.raises(BackendError, match="nobody has allowed"):
        next(train(experiment.state, experiment.game, experiment.batches, steps=1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backend.name": "ibm:nowhere"}, "nothing of it is exact.*--shots 1024"),
        ({**IBM, "backend.gradient": "adjoint"}, "does not go with ibm:nowhere"),
        ({**IBM, "backend.gradient": "backprop"}, "does not go with ibm:nowhere"),
        ({**IBM, "backend.c_dtype": "complex64"}, "leaves no choice of precision"),
        ({**IBM, "backend.device": "cuda"}, "leaves no choice of where"),
        ({**IBM, "backend.mode": "bulk"}, "'backend.mode' cannot be used"),
        ({"backend.mode": "batch"}, "batched.qubit has no modes"),
        ({"backend.name": "aer", "backend.mode": "session"}, "aer has no modes"),
    ],
)
def test_options_that_do_not_go_with_a_quantum_computer_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        make(changes)
    assert caught.value.exit_code == 2


def test_a_computers_circuits_are_asked_for_together_by_the_discriminator_alone() -> None:
    discriminator, generator = make({**IBM, "train.discriminator_updates": 2}).game.players
    assert discriminator.expect is not None
    assert generator.expect is None
    # Where nothing is sent it does nothing.
    experiment = make({"train.discriminator_updates": 2})
    expect = experiment.game.players[0].expect
    assert expect is not None
    expect([experiment.generator.draw(3, Key(0, "look"))])
    assert experiment.generator.counts.executions == 0
