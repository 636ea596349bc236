from functools import partial
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from torch import nn

from circuits import from_function, hardware_efficient
from qgan.build import build
from qgan.config import RunConfig, load, to_toml
from qgan.data.arrays import from_array
from qgan.documents import parse_toml as parse
from qgan.errors import BackendError, ConfigError, DataError, ResourceError
from qgan.experiment import Experiment
from qgan.loop import train
from qgan.losses import NonSaturating
from qgan.objects import OBJECT, Objects
from qgan.optimizers import _known
from qgan.samples import DataSet, Part
from qgan.seeding import Key
from qgan.validation import validate

DATA = np.random.default_rng(0).random((24, 4))
SMALL = {"train.batch_size": 3, "discriminator.hidden": [5], "run.device": "cpu", "generator.n_wires": 3}
SMALL |= {"generator.layers": 2}
MLP = {"generator.name": "mlp", "generator.parameters": 31, "generator.latent_dim": 4}
MLP |= {key: value for key, value in SMALL.items() if not key.startswith("generator")}


def make(changes: dict[str, Any] | None = None, /, *, base: dict[str, Any] = SMALL, **objects: Any) -> Experiment:
    config = load("digits-patch", changes={**base, **(changes or {})}.items())
    return build(config, Objects(**{"data": DATA, **objects}))


def step(experiment: Experiment) -> Any:
    return next(train(experiment.state, experiment.game, experiment.batches, steps=1))


def values(experiment: Experiment) -> torch.Tensor:
    return experiment.generator.sample(3, Key(0, "look")).values


def own_circuit(latent: Any, weights: Any) -> None:
    for wire in range(3):
        qml.RX(latent[..., wire] + weights["w"][..., 0, wire], wires=wire)
        qml.RY(weights["w"][..., 1, wire], wires=wire)
    qml.CNOT(wires=[0, 1])
    qml.CNOT(wires=[1, 2])


class Scaled(NonSaturating):  # type: ignore[misc]
    def __init__(self, scale: float) -> None:
        self.scale = scale

    def generator(self, **inputs: torch.Tensor) -> torch.Tensor:
        return self.scale * super().generator(**inputs)


@pytest.mark.parametrize("name", ["digits-patch", "digits-patch-classical"])
def test_a_resolved_configuration_builds_the_same_again(name: str) -> None:
    first = build(load(name, changes=[("run.device", "cpu")]))
    second = build(validate(RunConfig, parse(to_toml(first.config), source="it")))
    assert second.config == first.config
    assert second.data.sha256 == first.data.sha256
    assert torch.equal(values(first), values(second))


@pytest.mark.parametrize("optimizer", sorted(_known()))
def test_every_optimizer_survives_being_written(optimizer: str) -> None:
    sides = {f"optimizer.{side}.name": optimizer for side in ("generator", "discriminator")}
    first = make(sides, base=MLP)
    config = validate(RunConfig, parse(to_toml(first.config), source="it"))
    second = build(config, Objects(data=DATA))
    assert second.config == first.config
    assert config.optimizer.generator.options.keys() >= {"lr"}
    for one, other in zip(first.state.optimizers.values(), second.state.optimizers.values(), strict=True):
        assert one.defaults == other.defaults
    assert step(first).numbers() == step(second).numbers()


def test_every_option_is_written_down() -> None:
    config = make().config
    assert config.generator.options == {
        "circuit": "hardware-efficient",
        "n_wires": 3,
        "n_ancillas": 1,
        "layers": 2,
        "entangled": True,
        "pattern": "ring",
        "initial": "own",
        "latent": "uniform",
        "scale": "maximum",
        "latent_low": 0.0,
        "latent_high": 0.6,
    }
    assert config.run.device == "cpu"
    assert config.optimizer.generator.options["eps"] == 1e-8


def test_facts_are_those_of_the_objects() -> None:
    facts = make().facts
    assert facts["parameters"] == {"generator": 6, "discriminator": 4 * 5 + 5 + 5 + 1}
    assert facts["circuit"]["patches"] == 1
    assert facts["data"]["rows"] == {"train": 12, "validation": 5, "test": 7}
    assert facts["gradient"]["method"] == "adjoint"
    classical = make(base=MLP).facts
    assert classical["backend"] is None
    assert classical["circuit"] is None


@pytest.mark.parametrize("entangled", [True, False])
def test_the_control_without_entanglement_has_as_many_parameters(entangled: bool) -> None:
    facts = make({"generator.entangled": entangled}).facts
    assert facts["parameters"]["generator"] == 6
    assert (facts["circuit"]["two_wire_gates"] > 0) == entangled


def test_building_counts_nothing_and_leaves_random_states_alone() -> None:
    before, kept = torch.get_rng_state(), str(np.random.get_state())  # noqa: NPY002
    experiment = make()
    assert (experiment.generator.counts.executions, experiment.state.step) == (0, 0)
    assert torch.equal(torch.get_rng_state(), before)
    assert str(np.random.get_state()) == kept  # noqa: NPY002


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("generator.name", "pach", "Did you mean 'patch'"),
        ("generator.layer", 3, "There is no setting 'generator.layer'.*Did you mean 'layers'"),
        ("generator.n_wires", "3", "'generator.n_wires' cannot be used.*Got: '3'"),
        ("generator.n_wires", True, "'generator.n_wires' cannot be used"),
        ("generator.latent_low", float("inf"), "'generator.latent_low' cannot be used"),
        ("generator.n_ancillas", 3, "leaves none of n_wires"),
        ("generator.patches", 2, "Set generator.patches=1"),
        ("generator.circuit", "hardware", "Did you mean 'hardware-efficient'"),
        ("discriminator.name", "mpl", "Did you mean 'mlp'"),
        ("discriminator.hiden", [3], "Did you mean 'hidden'"),
        ("discriminator.hidden", [2.5], "'discriminator.hidden.0' cannot be used"),
        ("loss.name", "saturating", "Did you mean 'non-saturating'"),
        ("loss.x", 1, "There is no setting 'loss.x'"),
        ("backend.shot", 3, "Did you mean 'shots'"),
        ("backend.shots", 0, "'backend.shots' cannot be used"),
        ("backend.gradient", "backprop", "does not go with batched.qubit"),
        ("optimizer.generator.name", "adm", "Did you mean 'adam'"),
        ("optimizer.discriminator.beta", 1, "Did you mean 'betas'"),
        ("evaluate.metric", "sliced", "There is no metric"),
        ("evaluate.metrics", ["mmd"], "evaluate.metric is not among evaluate.metrics"),
        ("evaluate.metrics", ["sliced-wasserstein", "mdm"], "Did you mean 'mmd'"),
    ],
)
def test_a_mistake_in_a_part_is_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        make({key: value})
    assert caught.value.exit_code == 2


def test_a_data_option_is_checked_too() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'classes'"):
        build(load("digits-patch", changes=[("data.clases", [1])]))


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(BackendError, match=r"Did you mean 'default.qubit'"):
        make({"backend.name": "default.qbit"})


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(BackendError, match="no CUDA device"):
        make({"run.device": "cuda"})


@pytest.mark.parametrize("part", ["data", "discriminator", "loss"])
def test_a_configuration_of_objects_asks_for_them(part: str) -> None:
    with pytest.raises(ConfigError, match=rf"Give it again from Python: qgan.fit\(..., {part}=...\)"):
        build(load("digits-patch", changes={**SMALL, f"{part}.name": OBJECT}.items()))


def test_a_users_circuit_is_used() -> None:
    function, circuit = make(circuit=own_circuit), make(circuit=from_function(own_circuit, n_wires=3, weight_shapes=W))
    assert torch.equal(values(function), values(circuit))
    assert not torch.equal(values(function), values(make()))
    assert step(function).losses.keys() == {"discriminator", "generator"}


W = {"w": (2, 3)}


def test_a_circuit_of_its_own_size_overrules_the_configuration() -> None:
    experiment = make(circuit=hardware_efficient(n_wires=2, layers=1))
    assert experiment.facts["circuit"]["patches"] == 2
    assert experiment.facts["parameters"]["generator"] == 4


def broken_circuit(latent: Any, weights: Any) -> None:
    qml.RX(latent[..., 0] * weights["v"][..., 0], wires=0)


def test_a_broken_circuit_is_refused_before_training() -> None:
    with pytest.raises((ConfigError, BackendError)) as caught:
        make(circuit=broken_circuit)
    assert "v" in str(caught.value)


def test_a_users_data_is_used() -> None:
    experiment = make()
    assert experiment.data.sample_shape == (4,)
    assert experiment.config.data.name == OBJECT
    ready = from_array(DATA, seed=0)
    assert make(data=ready).data is ready
    assert make(data=DATA.tolist()).data.sha256 == experiment.data.sha256


@pytest.mark.parametrize("data", [DATA[:3], np.full((20, 4), np.nan), np.array([["a"] * 4] * 20)])
def test_data_that_cannot_be_used_is_refused(data: Any) -> None:
    with pytest.raises(DataError):
        make(data=data)


@pytest.mark.parametrize("last", [nn.Identity(), nn.Flatten(0)], ids=["(n, 1)", "(n,)"])
def test_a_users_discriminator_is_used_in_its_mode(last: nn.Module) -> None:
    first = nn.Linear(4, 3)
    module = nn.Sequential(first, nn.Dropout(0.5), nn.Linear(3, 1), last)
    experiment = make(discriminator=module)
    used = experiment.discriminator
    assert used.training
    assert experiment.config.discriminator.name == OBJECT
    assert all(torch.equal(value, module.state_dict()[name]) for name, value in used.state_dict().items())
    before = first.weight.clone()
    step(experiment)
    assert torch.equal(first.weight, before)
    assert not torch.equal(used.get_parameter("0.weight"), before)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Linear(5, 1), "cannot take samples of shape"),
        (nn.Linear(4, 2), r"one logit for each sample.*shape \(3, 2\)"),
        (nn.Flatten(0), "one logit for each sample"),
    ],
)
def test_a_discriminator_that_does_not_fit_is_refused(module: nn.Module, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make(discriminator=module)


def test_a_users_loss_is_used() -> None:
    plain, same, doubled = (step(make(base=MLP, **loss)) for loss in ({}, {"loss": Scaled(1)}, {"loss": Scaled(2)}))
    assert plain.losses == same.losses
    assert doubled.losses["generator"] == pytest.approx(2 * plain.losses["generator"], rel=1e-6)


def test_a_loss_without_both_sides_is_refused() -> None:
    with pytest.raises(ConfigError, match="no function 'discriminator'"):
        make(loss=object())


def other_circuit(latent: Any, weights: Any) -> None:
    own_circuit(latent, weights)
    qml.CNOT(wires=[0, 2])


class OtherLinear(nn.Linear):
    pass


def unhashed(scale: float) -> DataSet:
    part = Part(scale * DATA)
    return DataSet("own", part, part, part, 0.0, 1.0)


DIFFERENT: list[tuple[str, Any, Any]] = [
    ("circuit", lambda: own_circuit, lambda: other_circuit),
    ("circuit", partial(hardware_efficient, n_wires=3, layers=2), partial(hardware_efficient, n_wires=3, layers=3)),
    (
        "circuit",
        partial(hardware_efficient, n_wires=3, layers=2),
        partial(hardware_efficient, n_wires=3, layers=2, entangled=False),
    ),
    ("data", DATA.copy, lambda: DATA + 1e-12),
    ("data", DATA.copy, lambda: DATA.reshape(24, 2, 2)),
    ("data", DATA.copy, lambda: DATA.astype(np.float32)),
    ("data", DATA.tolist, lambda: (DATA + 1).tolist()),
    ("data", lambda: torch.from_numpy(DATA), lambda: torch.from_numpy(DATA + 1)),
    ("data", lambda: from_array(DATA, seed=0), lambda: from_array(DATA, seed=1)),
    ("data", lambda: unhashed(1.0), lambda: unhashed(2.0)),
    ("discriminator", lambda: nn.Linear(4, 1), lambda: nn.Linear(5, 1)),
    ("discriminator", lambda: nn.Linear(4, 1), lambda: OtherLinear(4, 1)),
    ("loss", lambda: Scaled(1.0), lambda: Scaled(2.0)),
    ("loss", lambda: Scaled(1.0), NonSaturating),
]


@pytest.mark.parametrize(("name", "one", "other"), DIFFERENT)
def test_objects_are_told_apart_by_what_they_are(name: str, one: Any, other: Any) -> None:
    first, same, second = (Objects(**{name: make()}) for make in (one, one, other))
    assert first.hashes() == same.hashes()
    assert first.hashes() != second.hashes()
    first.require(same.hashes(), "runs/x")
    with pytest.raises(ConfigError, match=f"The {name} is not the one that the run runs/x was made of"):
        second.require(first.hashes(), "runs/x")


def test_a_missing_object_is_asked_for() -> None:
    recorded = Objects(data=DATA, loss=NonSaturating()).hashes()
    with pytest.raises(ConfigError, match=r'qgan.fit\(resume="runs/x", data=..., loss=...\)'):
        Objects(data=DATA).require(recorded, "runs/x")


def test_an_object_too_many_is_refused() -> None:
    with pytest.raises(ConfigError, match="none: the run has it by name"):
        Objects(data=DATA).require({}, "runs/x")


def test_nothing_given_is_nothing_to_hash() -> None:
    assert Objects().hashes() == {}
    Objects().require({}, "runs/x")


def test_an_own_circuit_loses_its_entanglement_or_refuses_to() -> None:
    off = {"generator.entangled": False}
    assert make(circuit=hardware_efficient(n_wires=3, layers=2)).facts["circuit"]["two_wire_gates"] == 4
    assert make(off, circuit=hardware_efficient(n_wires=3, layers=2)).facts["circuit"]["two_wire_gates"] == 0
    with pytest.raises(ConfigError, match="cannot be switched off"):
        make(off, circuit=own_circuit)


def test_a_configuration_says_that_its_circuit_was_an_object() -> None:
    resolved = make(circuit=own_circuit).config
    assert resolved.generator.options["circuit"] == OBJECT
    with pytest.raises(ConfigError, match="was an object"):
        build(resolved.model_copy(update={"data": load("digits-patch").data}))


def test_a_circuit_that_nobody_uses_is_refused() -> None:
    with pytest.raises(ConfigError, match="no use for a circuit"):
        make(base=MLP, circuit=own_circuit)


@pytest.mark.parametrize("wrong", [nn.Linear, lambda values: values.sum(1)])
def test_a_discriminator_is_a_module(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="no torch module"):
        make(discriminator=wrong)


def test_parts_of_a_discriminator_keep_their_mode() -> None:
    module = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4), nn.Linear(4, 1))
    module[1].eval()
    make(discriminator=module)
    assert (module.training, module[1].training) == (True, False)


def test_what_is_never_evaluated_cannot_converge() -> None:
    with pytest.raises(ConfigError, match="never evaluated"):
        make({"train.until": "converged", "evaluate.every": 0})


def test_a_circuit_of_ones_own_brings_its_wires() -> None:
    circuit = from_function(own_circuit, n_wires=3, weight_shapes={"w": (2, 3)})
    experiment = make({"generator.n_wires": 1, "generator.n_ancillas": 0}, circuit=circuit)
    assert experiment.config.generator.options["n_wires"] == 3
    assert make({"generator.n_wires": 2, "generator.n_ancillas": 2}, circuit=circuit).generator.patches == 2  # pyright: ignore[reportAttributeAccessIssue]


def test_a_metric_that_decides_must_be_measurable() -> None:
    asked = {"evaluate.metric": "recognised", "evaluate.metrics": ["recognised"]}
    with pytest.raises(ConfigError, match=r"cannot be measured.*recognised"):
        make({**asked, "train.until": "converged"})
    make({**asked, "evaluate.checkpoint": "last"})


def test_a_network_beyond_memory_is_refused() -> None:
    with pytest.raises(ResourceError, match="not enough memory"):
        make({"discriminator.hidden": [2**20, 2**20]})


def test_a_discriminator_that_cannot_be_copied_is_refused() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 1))
    module[1].extra = torch.ones(1, requires_grad=True) * 2  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, match="cannot be copied"):
        make(discriminator=module)
