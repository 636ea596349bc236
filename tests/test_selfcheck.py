"""A gradient that points the right way passes; none, or one that points another way, is never paid for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from qgan.backends.jobs.journal import Journal
from qgan.backends.primitives.target import Exact
from qgan.backends.primitives.targets import target_of
from qgan.build import build
from qgan.config import load
from qgan.errors import BackendError
from qgan.experiment import Experiment
from qgan.generators.remotes import remotes
from qgan.selfcheck import DRAWS, require_right_gradient

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "born": ("lognormal", {}),
    "patch": ("digits-patch", {"generator.n_wires": 3, "generator.layers": 1}),
    "xz": (
        "digits-patch-classical",
        {"generator": {"name": "expectation", "n_wires": 2, "layers": 1, "observables": "xz", "head": "affine"}},
    ),
}


def make(kind: str = "born", *, shots: int = 400, gradient: str = "auto") -> Experiment:
    name, changes = KINDS[kind]
    backend = {"name": "ibm:nowhere", "shots": shots, "gradient": gradient}
    asked = {"train.batch_size": 2, "discriminator.hidden": [4], "run.device": "cpu", "backend": backend, **changes}
    return build(load(name, changes=asked.items()))


class Wrong(Exact[Any]):
    """A simulator that is right but for what it makes of the probabilities."""

    name, max_qubits = "wrong", 5

    def __init__(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__()
        self._right: Any = target_of("aer")
        self._change = change

    def probabilities(self, requests: Sequence[Any]) -> list[np.ndarray]:
        return [self._change(each) for each in self._right.probabilities(requests)]

    def _prepare(self, template: Any) -> Any:
        raise NotImplementedError


def events(folder: Path) -> list[Any]:
    return Journal(folder).ledger.events


@pytest.mark.parametrize("target", ["aer", "fake:manila"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_right_gradient_passes_and_is_written_down(kind: str, target: str, tmp_path: Path) -> None:
    experiment = make(kind)
    told = require_right_gradient(experiment, target_of(target), Journal(tmp_path))
    # A computer's noise leaves less of it.
    assert told["cosine"] > (0.7 if target == "aer" else 0)
    assert told["ratio"] > (0.5 if target == "aer" else 0.05)
    (event,) = events(tmp_path)
    expected = {"event": "checked", "draws": DRAWS, "shots": 400, "simulator": target, **told}
    assert {key: event[key] for key in expected} == expected


def test_more_shots_bring_it_nearer_to_the_exact_one(tmp_path: Path) -> None:
    few, many = (
        require_right_gradient(make(shots=shots), target_of("aer"), Journal(tmp_path)) for shots in (100, 50_000)
    )
    assert 1 - many["cosine"] < (1 - few["cosine"]) / 10
    assert many["ratio"] == pytest.approx(1, abs=0.02)


def test_spsa_passes_too(tmp_path: Path) -> None:
    """With four directions it is rough, and it points the same way."""
    assert require_right_gradient(make(gradient="spsa"), target_of("aer"), Journal(tmp_path))["cosine"] > 0


def evenly(probabilities: np.ndarray) -> np.ndarray:
    return np.full_like(probabilities, 1 / probabilities.shape[1])


def always_nothing(probabilities: np.ndarray) -> np.ndarray:
    return np.eye(1, probabilities.shape[1]).repeat(len(probabilities), axis=0)


def flipped(probabilities: np.ndarray) -> np.ndarray:
    """Every bit read as its opposite."""
    return probabilities[:, ::-1]


def negated(probabilities: np.ndarray) -> np.ndarray:
    """Each shifted circuit in its partner's place: the values are right, and the slopes have the other sign."""
    rows = len(probabilities)
    # Of the Born generator: one circuit, and two by two those of its shifts.
    places = [0, *(place + (1 if place % 2 else -1) for place in range(1, rows))]
    return probabilities[places]


@pytest.mark.parametrize("kind", ["born", "xz"])
def test_a_gradient_that_is_zero_in_all_places_is_refused(kind: str, tmp_path: Path) -> None:
    """Though that of a classical head is not."""
    with pytest.raises(BackendError, match="Got: zero in all places") as caught:
        require_right_gradient(make(kind), Wrong(always_nothing), Journal(tmp_path))
    assert caught.value.exit_code == 4
    assert "ibm:nowhere is wrong: nothing was sent" in str(caught.value)
    assert events(tmp_path) == []


@pytest.mark.parametrize(("kind", "change"), [("born", negated), ("xz", flipped)])
def test_a_gradient_that_points_the_other_way_is_refused(kind: str, change: Any, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"a cosine of -[01]\.[0-9]+ to the exact one") as caught:
        require_right_gradient(make(kind, shots=4000), Wrong(change), Journal(tmp_path))
    assert "more shots than 4000" in str(caught.value)
    assert events(tmp_path) == []


def test_a_computer_that_answers_by_chance_never_seems_right(tmp_path: Path) -> None:
    """By chance alone it may point a little the same way; the cosine that is written down says how little."""
    try:
        told = require_right_gradient(make(shots=4000), Wrong(evenly), Journal(tmp_path))
    except BackendError:
        return
    assert told["cosine"] < 0.7 or told["ratio"] < 0.3


def test_nothing_is_sent_counted_or_changed(tmp_path: Path) -> None:
    experiment = make("patch")
    before = experiment.state.state_dict()[0]
    torch_state = torch.get_rng_state()
    first = require_right_gradient(experiment, target_of("aer"), Journal(tmp_path))
    assert first == require_right_gradient(experiment, target_of("aer"), Journal(tmp_path))
    assert [event["event"] for event in events(tmp_path)] == ["checked", "checked"]
    assert (experiment.generator.counts.executions, experiment.generator.counts.shots) == (0, 0)
    assert {each.way for each in remotes(experiment.generator)} == {"closed"}
    assert all(torch.equal(value, before[name]) for name, value in experiment.state.state_dict()[0].items())
    assert all(parameter.grad is None for parameter in experiment.generator.parameters())
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_of_a_generator_that_has_no_gradient_nothing_can_be_said(tmp_path: Path) -> None:
    """Where a head makes nothing of what is measured."""
    experiment = make("xz")
    with torch.no_grad():
        for name, parameter in experiment.generator.named_parameters():
            if not name.startswith("weights"):
                parameter.zero_()
    told = require_right_gradient(experiment, target_of("aer"), Journal(tmp_path))
    assert told == {"cosine": None, "ratio": None}
    assert events(tmp_path)[0]["cosine"] is None
