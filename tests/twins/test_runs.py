"""Runs of twins are runs like others: trained, gone on with bit for bit, loaded and sampled from."""

from pathlib import Path
from typing import Any

import pennylane as qml
import pytest
import torch

import qgan
from qgan.build import build
from qgan.config import load
from qgan.errors import ConfigError
from qgan.loop import StepRecord, train
from qgan.objects import Objects
from qgan.seeding import Key

SMALL: dict[str, Any] = {
    "train.steps": 6,
    "train.batch_size": 4,
    "run.checkpoint_every": 3,
    "run.threads": 1,
    "run.device": "cpu",
    "evaluate.every": 3,
    "evaluate.samples": 8,
    "evaluate.metric": "energy-distance",
    "evaluate.metrics": ["energy-distance"],
}
PATCH = {**SMALL, "generator.n_wires": 3, "generator.n_ancillas": 0, "generator.layers": 2}
# Recipes of which each has its own way to an executor.
RUNS: dict[str, dict[str, Any]] = {
    "digits-patch": PATCH,
    "digits-conditional": {**PATCH, "generator.latent_dim": 2, "generator.layers": 1},
    "ring": {**SMALL, "generator.layers": 1},
    "bimodal": {**SMALL, "evaluate.metric": "kl", "evaluate.metrics": ["kl"]},
    "digits-pca": {**SMALL, "generator.inner.layers": 1},
}


def overrides(recipe: str, twin: str) -> dict[str, Any]:
    return {**RUNS[recipe], "twin.name": twin}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RUNS)
@pytest.mark.parametrize("twin", ["dephased", "dequantised"])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(recipe: str, twin: str, tmp_path: Path) -> None:
    straight = qgan.fit(recipe, seed=5, overrides=overrides(recipe, twin), out=tmp_path)

    def stop(record: StepRecord) -> None:
        if record.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        qgan.fit(recipe, seed=5, overrides=overrides(recipe, twin), out=tmp_path, on_step=stop)
    (left,) = (path for path in tmp_path.iterdir() if path != Path(straight.path))
    resumed = qgan.fit(resume=left)
    assert resumed.records() == straight.records()
    loaded = qgan.load(left)
    assert torch.equal(loaded.sample(5, seed=1).values, straight.sample(5, seed=1).values)
    assert loaded.metrics() == straight.metrics()
    assert all(record["executions"] == 0 for record in straight.records())


@pytest.mark.parametrize("twin", ["none", "dephased", "dequantised"])
def test_a_twin_has_as_many_weights(twin: str) -> None:
    facts = build(load("digits-patch", changes=overrides("digits-patch", twin).items())).facts
    assert facts["parameters"]["generator"] == 8 * 6
    assert facts["circuit"]["weights"] == 6


def test_a_twin_makes_other_samples_of_the_same_weights_and_latents() -> None:
    made = {
        twin: build(load("ring", changes=overrides("ring", twin).items())).generator for twin in ("none", "dephased")
    }
    weights = [[*generator.state_dict().values()] for generator in made.values()]
    assert all(torch.equal(one, other) for one, other in zip(*weights, strict=True))
    one, other = (generator.sample(8, Key(0, "x")).values for generator in made.values())
    assert not torch.allclose(one, other, atol=1e-3)


def test_frozen_weights_stay_and_the_head_learns() -> None:
    changes = {**SMALL, "twin.name": "frozen", "generator.layers": 1}
    experiment = build(load("series", changes=changes.items()))
    before = {name: values.clone() for name, values in experiment.generator.state_dict().items()}
    for _ in train(experiment.state, experiment.game, experiment.batches, steps=2):
        pass
    after = experiment.state.modules["generator"].state_dict()
    assert {name.split(".")[0] for name, values in after.items() if not torch.equal(values, before[name])} == {"head"}
    head = sum(values.numel() for name, values in after.items() if name.startswith("head"))
    assert experiment.facts["parameters"]["generator"] == head


@pytest.mark.parametrize("recipe", ["digits-patch", "bimodal", "digits-pca"])
def test_where_nothing_is_left_to_train_frozen_is_untrained_and_says_so(recipe: str) -> None:
    with pytest.raises(ConfigError, match=r"nothing to train.*set twin\.name=none and train\.steps=0"):
        build(load(recipe, changes=overrides(recipe, "frozen").items()))


def test_the_embedding_of_classes_is_trained_before_a_frozen_circuit() -> None:
    experiment = build(load("digits-conditional", changes=overrides("digits-conditional", "frozen").items()))
    trained = [name for name, each in experiment.generator.named_parameters() if each.requires_grad]
    assert trained == ["embedding"]


@pytest.mark.parametrize("twin", ["dephased", "dequantised", "frozen"])
def test_classical_generators_have_no_twin(twin: str) -> None:
    with pytest.raises(ConfigError, match="without circuits has no twin"):
        build(load("digits-patch-classical", changes=[("twin.name", twin), ("run.device", "cpu")]))


def test_an_unknown_twin_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'dephased'"):
        build(load("ring", changes=[("twin.name", "dephazed")]))


def test_the_users_own_circuit_has_a_twin_if_it_says_where_its_layers_end() -> None:
    def silent(latent: Any, weights: Any) -> None:
        for wire in range(2):
            qml.RY(latent[..., wire] + weights["w"][..., 0, wire], wires=wire)

    def said(latent: Any, weights: Any) -> None:
        silent(latent, weights)
        qml.Barrier(wires=[0, 1])
        for wire in range(2):
            qml.RY(weights["w"][..., 0, wire], wires=wire)

    changes = {**overrides("digits-patch", "dephased"), "generator.n_wires": 2, "generator.layers": 1}
    config = load("digits-patch", changes=changes.items())
    assert build(config, Objects(circuit=said)).facts["parameters"]["generator"] == 16 * 2
    with pytest.raises(ConfigError, match="does not say where its layers end"):
        build(config, Objects(circuit=silent))
