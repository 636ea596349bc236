"""A class-conditional run from its configuration to its files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import qgan
from qgan import opening
from qgan._registry import Entry, NoOptions
from qgan.build import build
from qgan.config import load
from qgan.data.arrays import from_array
from qgan.discriminators import DISCRIMINATORS
from qgan.errors import ConfigError
from qgan.experiment import Experiment
from qgan.generators import ConditionalGenerator
from qgan.loop import train
from qgan.objects import Objects
from qgan.seeding import Key

SMALL: dict[str, Any] = {
    "generator.parameters": 150,
    "data.classes": [3, 7],
    "train.conditional": True,
    "train.steps": 6,
    "train.batch_size": 8,
    "run.checkpoint_every": 2,
    "run.threads": 1,
    "run.device": "cpu",
    "evaluate.every": 3,
    "evaluate.metrics": ["energy-distance", "recognised"],
    "evaluate.metric": "energy-distance",
}
QUANTUM: dict[str, Any] = {"generator.n_wires": 3, "generator.layers": 1, "discriminator.hidden": [5]}
DATA = np.random.default_rng(0).random((40, 2, 2))
LABELS = np.repeat([-5, 90], 20)


def make(changes: dict[str, Any], recipe: str = "digits-patch-classical", **objects: Any) -> Experiment:
    return build(load(recipe, changes={**SMALL, **changes}.items()), Objects(**objects))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> qgan.Run:
    return qgan.fit("digits-patch-classical", overrides=SMALL, out=tmp_path_factory.mktemp("runs"))


def test_batches_are_numbered_and_samples_carry_the_datas_own_labels() -> None:
    experiment = make({"generator.parameters": 20}, data=from_array(DATA, LABELS, seed=0))
    real, fake = experiment.batches.at(0), experiment.generator.sample(30, Key(0, "look"))
    assert real.labels is not None
    assert fake.labels is not None
    assert real.labels.unique().tolist() == [0, 1]
    assert fake.labels.unique().tolist() == [-5, 90]
    rows = {row.tobytes(): label for row, label in zip(DATA.astype(np.float32), LABELS, strict=True)}
    assert [rows[value.numpy().tobytes()] for value in real.values] == [[-5, 90][label] for label in real.labels]


@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
@pytest.mark.parametrize("recipe", ["digits-patch", "digits-patch-classical"])
def test_generator_and_discriminator_learn_by_class(recipe: str, discriminator: str) -> None:
    options = QUANTUM if recipe == "digits-patch" else {}
    changes = {**SMALL, **options, "discriminator.name": discriminator}
    if recipe == "digits-patch":
        del changes["generator.parameters"]
    experiment = build(load(recipe, changes=changes.items()))
    assert isinstance(experiment.generator, ConditionalGenerator)
    before = experiment.generator.embedding.detach().clone()
    for record in train(experiment.state, experiment.game, experiment.batches, steps=2):
        assert np.isfinite(record.losses["generator"])
    assert (experiment.generator.embedding != before).any(dim=1).all()
    assert experiment.facts["parameters"]["generator"] == sum(p.numel() for p in experiment.generator.parameters())
    assert (experiment.facts["circuit"] is not None) == (recipe == "digits-patch")


def test_a_run_gone_on_with_ends_as_the_straight_one(run: qgan.Run, tmp_path: Path) -> None:
    session = opening.begin(load("digits-patch-classical", changes=SMALL.items()), out=tmp_path)
    records = session.records()
    for _ in range(3):
        next(records)
    records.close()
    for _ in opening.resume(session.run.path).records():
        pass
    for file in ("records.jsonl", "evaluations.jsonl", "checkpoints/step-000006/tensors.safetensors"):
        assert (session.run.path / file).read_bytes() == (run.path / file).read_bytes()


def test_one_class_is_drawn_or_all(run: qgan.Run) -> None:
    for label in (3, 7):
        samples = run.sample(5, label=label)
        assert samples.labels is not None
        assert samples.labels.tolist() == [label] * 5
    assert not torch.equal(run.sample(5, label=3).values, run.sample(5, label=7).values)
    both = run.sample(60).labels
    assert both is not None
    assert both.unique().tolist() == [3, 7]
    with pytest.raises(ConfigError, match="3, 7"):
        run.sample(5, label=0)


def test_recognised_means_as_the_class_that_was_asked_for(run: qgan.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A perfect generator scores 1; one that gives every class's images to the other scores 0."""
    data = run.data
    assert data.train.labels is not None
    images = {label: torch.from_numpy(data.train.values[data.train.labels == label]) for label in (3, 7)}

    def perfect(swapped: bool) -> float | None:
        def sample(self: ConditionalGenerator, n: int, key: Key) -> Any:
            from qgan.samples import Samples

            labels = self.classes[self.draw(n, key).labels]
            shown = [10 - int(label) if swapped else int(label) for label in labels]
            values = torch.stack([images[label][row % len(images[label])] for row, label in enumerate(shown)])
            return Samples.uniform(values, labels)

        monkeypatch.setattr(ConditionalGenerator, "sample", sample)
        return run.metrics()["recognised"].value

    assert perfect(swapped=False) == pytest.approx(1, abs=0.05)
    assert perfect(swapped=True) == pytest.approx(0, abs=0.05)


def test_its_files_carry_labels(run: qgan.Run) -> None:
    with np.load(run.path / "samples.npz", allow_pickle=False) as archive:
        assert {*archive["labels"].tolist()} <= {3, 7}
        assert len(archive["labels"]) == len(archive["values"])


def test_an_unconditional_run_draws_no_class(tmp_path: Path) -> None:
    plain = {**SMALL, "train.conditional": False, "train.steps": 1, "evaluate.every": 0}
    run = qgan.fit("digits-patch-classical", overrides=plain, out=tmp_path)
    assert run.sample(3).labels is None
    with pytest.raises(ConfigError, match="conditional=true"):
        run.sample(3, label=3)


def test_data_without_labels_are_refused() -> None:
    with pytest.raises(ConfigError, match="no labels"):
        make({"generator.parameters": 20}, data=DATA)


class Told(nn.Module):
    """A user's module, with weights as torch draws them."""

    def __init__(self, _options: NoOptions, *, shape: tuple[int, ...], classes: int, key: Key) -> None:  # noqa: ARG002
        super().__init__()
        self.layer = nn.Linear(int(np.prod(shape)) + classes, 1)

    def forward(self, values: Tensor, labels: Tensor | None = None) -> Tensor:
        told = [] if labels is None else [nn.functional.one_hot(labels, 2)]
        return self.layer(torch.cat([values.flatten(1), *told], dim=1))


def test_a_users_object_must_take_labels() -> None:
    data = {"generator.parameters": 20}
    plain = nn.Sequential(nn.Flatten(), nn.Linear(4, 1))
    with pytest.raises(ConfigError, match="takes no labels"):
        make(data, data=from_array(DATA, LABELS, seed=0), discriminator=plain)
    told = Told(NoOptions(), shape=(2, 2), classes=2, key=Key(0, ""))
    experiment = make(data, data=from_array(DATA, LABELS, seed=0), discriminator=told)
    assert next(train(experiment.state, experiment.game, experiment.batches, steps=1)).step == 1


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("entry", [Told, Entry(Told)], ids=["class", "entry"])
def test_a_plugins_plain_module_is_trained(monkeypatch: pytest.MonkeyPatch, entry: Any, conditional: bool) -> None:
    monkeypatch.setitem(DISCRIMINATORS, "told", entry)
    before, weights = torch.get_rng_state(), []
    for seed in (0, 0, 1):
        config = load(
            changes={"seed": seed, **SMALL, "train.conditional": conditional}.items(), default="digits-patch-classical"
        )
        document = config.model_copy(update={"discriminator": config.discriminator.model_validate({"name": "told"})})
        experiment = build(document)
        weights.append(experiment.discriminator.get_parameter("layer.weight").detach().clone())
        assert next(train(experiment.state, experiment.game, experiment.batches, steps=1)).step == 1
    # It draws from torch's global stream, which is the run's own while the module is made.
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_plugins_module_that_cannot_be_made_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DISCRIMINATORS, "plain", nn.Linear)
    config = load("digits-patch-classical", changes=SMALL.items())
    document = config.model_copy(update={"discriminator": config.discriminator.model_validate({"name": "plain"})})
    with pytest.raises(ConfigError, match=r"'plain' cannot be made.*shape=, classes=, key="):
        build(document)


PLUGIN = '''
"""A plugin."""
import math
from torch import nn
from qgan.discriminators import DISCRIMINATORS

class Own(nn.Module):
    """A user's own."""

    def __init__(self, options, *, shape, classes, key):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), 1))

    def forward(self, values, labels=None):
        return self.layers(values)

DISCRIMINATORS["own"] = Own
'''


def test_a_module_from_a_plugin_is_trained_sampled_and_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugin_with_a_module.py").write_text(PLUGIN)
    (tmp_path / "own.toml").write_text('[discriminator]\nname = "own"\n')
    overrides = {key: value for key, value in SMALL.items() if key != "train.conditional"}
    try:
        run = qgan.fit(
            config="own.toml", recipe="digits-patch-classical", overrides=overrides, plugins=["plugin_with_a_module"]
        )
        assert run.sample(2).values.shape == (2, 8, 8)
        assert type(run.discriminator()).__name__ == "Own"
    finally:
        DISCRIMINATORS.pop("own", None)
