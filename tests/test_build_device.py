"""Where circuits are run: in kernels on the CPU, or in torch's operations on the device that was asked for."""

from typing import Any

import pytest
import torch

from qgan.backends import resolve
from qgan.build import build
from qgan.config import load
from qgan.errors import BackendError, ConfigError
from qgan.experiment import Experiment
from qgan.loop import train
from qgan.seeding import Key


def make(recipe: str, changes: dict[str, Any]) -> Experiment:
    return build(load(recipe, changes={"train.batch_size": 3, "run.device": "cpu", **changes}.items()))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused_for_circuits_too() -> None:
    with pytest.raises(BackendError, match="no CUDA device"):
        make("words", {"backend.device": "cuda"})


def test_a_backend_that_leaves_no_choice_of_device_says_so() -> None:
    with pytest.raises(ConfigError, match=r"default\.qubit leaves no choice of where circuits are run"):
        make("words", {"backend.name": "default.qubit", "backend.device": "cuda"})


@pytest.fixture
def _a_gpu_that_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be done on a GPU is done on the CPU, in the same operations of torch's."""
    monkeypatch.setattr("qgan.build._device", lambda _: torch.device("cpu"))


@pytest.mark.usefixtures("_a_gpu_that_is_the_cpu")
@pytest.mark.parametrize("recipe", ["digits", "digits-patch", "words"])
def test_circuits_on_a_device_of_torchs_train_as_those_in_kernels(recipe: str) -> None:
    weights = []
    for changes in ({}, {"run.device": "cuda"}):
        experiment = make(recipe, {"backend.c_dtype": "complex128", **changes})
        on_torch = "in torch on cpu" in experiment.facts["gradient"]["why"]
        assert on_torch == bool(changes)
        list(train(experiment.state, experiment.game, experiment.batches, steps=2))
        weights.append(experiment.generator.sample(3, Key(0, "look")).values)
    torch.testing.assert_close(weights[0], weights[1], rtol=0, atol=1e-6)


@pytest.mark.usefixtures("_a_gpu_that_is_the_cpu")
@pytest.mark.parametrize(
    "changes", [{"backend.shots": 10}, {"backend.gradient": "parameter-shift"}], ids=["shots", "shift"]
)
def test_what_a_device_of_torchs_cannot_do_is_done_in_kernels_and_said(changes: dict[str, Any]) -> None:
    why = make("words", {"run.device": "cuda", **changes}).facts["gradient"]["why"]
    assert "on the CPU: on cpu gradients are exact" in why


@pytest.mark.parametrize(
    ("asked", "networks", "found"),
    [
        (None, "auto", "cpu"),
        (None, "cpu", "cpu"),
        (None, "cuda", "cuda"),
        ("cuda", "cpu", "cuda"),
        ("cpu", "cuda", "cpu"),
    ],
)
def test_circuits_go_to_a_gpu_that_was_asked_for_and_not_to_one_that_was_found(
    asked: Any, networks: str, found: str
) -> None:
    assert resolve("batched.qubit").device(asked, networks=networks) == found
    assert resolve("lightning.qubit").device(None, networks=networks) is None
