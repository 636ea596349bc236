"""Controls as configurations, and the ranks that say what they really change."""

from pathlib import Path
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from pennylane.tape import make_qscript

import qgan
from qgan.build import build
from qgan.compare import controls
from qgan.compare.controls import CONTROLS, SHOTS, Reach, jacobian, rank, reach_of
from qgan.config import Component, RunConfig, load, to_toml
from qgan.documents import parse_toml
from qgan.errors import ConfigError
from qgan.generators.base import CircuitGenerator
from qgan.validation import validate

QUICK = {"run.threads": 1, "run.device": "cpu"}


def config(recipe: str, **changes: Any) -> RunConfig:
    return load(recipe, changes={**QUICK, **{key.replace("__", "."): value for key, value in changes.items()}}.items())


def patch(*, n_wires: int, layers: int, pattern: str, entangled: bool = True, circuit: str = "hardware-efficient"):
    """A patch generator whose circuit has no ancilla."""
    options = {"n_wires": n_wires, "layers": layers, "pattern": pattern, "circuit": circuit, "entangled": entangled}
    changes = {f"generator__{name}": value for name, value in {**options, "n_ancillas": 0}.items()}
    return config("digits-patch", **changes, backend__c_dtype="complex128")


def circuit_generator(asked: RunConfig) -> CircuitGenerator[Any]:
    (found,) = (part for part in build(asked).generator.modules() if isinstance(part, CircuitGenerator))
    return found


def flat(document: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(document, dict):
        return {path: document}
    return {key: value for name, each in document.items() for key, value in flat(each, f"{path}.{name}").items()}


@pytest.mark.parametrize("recipe", ["digits-patch", "bimodal", "ring", "digits-pca", "digits-conditional", "series"])
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("unentangled", {".generator.entangled"}),
        ("dephased", {".twin.name"}),
        ("dequantised", {".twin.name"}),
        ("frozen", {".twin.name"}),
        ("untrained", {".train.steps"}),
        ("trained-with-shots", {".backend.shots", ".backend.gradient"}),
        ("trained-with-noise", {".twin.name"}),
    ],
)
def test_a_control_differs_in_one_respect_and_can_be_written_down(recipe: str, name: str, changed: set[str]) -> None:
    subject = config(recipe)
    before = subject.model_copy(deep=True)
    control = CONTROLS[name].of(subject)
    if recipe == "digits-pca" and name == "unentangled":
        changed = {".generator.inner.entangled"}
    one, other = flat(subject.document()), flat(control.document())
    assert {key for key in {*one, *other} if one.get(key) != other.get(key)} == changed
    assert subject == before
    assert CONTROLS[name].changes.endswith(".")
    assert validate(RunConfig, parse_toml(to_toml(control), source="it")).sha256() == control.sha256()


def test_an_inner_generator_that_was_not_named_is_the_one_that_would_be_made() -> None:
    asked = config("digits-pca").model_copy(update={"generator": Component(name="latent")})
    assert CONTROLS["unentangled"].of(asked).generator.options == {"inner": {"name": "expectation", "entangled": False}}


def test_classical_generators_have_no_entanglers_and_no_rank() -> None:
    with pytest.raises(ConfigError, match="'mlp' has no circuit"):
        CONTROLS["unentangled"].of(config("ring-classical"))
    with pytest.raises(ConfigError, match="without circuits has no controls"):
        reach_of(config("ring-classical"))


@pytest.mark.parametrize(
    ("pattern", "n_wires", "of_states", "of_the_group"),
    [("line", 3, 6, 12), ("line", 4, 10, 20), ("ring", 3, 7, 15), ("ring", 4, 12, 24)],
)
def test_ranks_of_ry_and_cz_are_the_dimensions_of_their_lie_algebra(
    pattern: str, n_wires: int, of_states: int, of_the_group: int
) -> None:
    """At the latent 0 those of the reachable states, over all latents those of the unitaries; no layer adds any."""
    for layers in (n_wires + 3, n_wires + 4):
        generator = circuit_generator(patch(n_wires=n_wires, layers=layers, pattern=pattern))
        assert rank(jacobian(generator, latent=np.zeros(n_wires))) == of_states
        assert rank(jacobian(generator)) == of_the_group


@pytest.mark.parametrize("layers", [1, 4])
def test_without_entanglers_the_rotations_of_a_wire_are_one(layers: int) -> None:
    generator = circuit_generator(patch(n_wires=3, layers=layers, pattern="ring", entangled=False))
    assert rank(jacobian(generator)) == 3


@pytest.mark.parametrize("circuit", ["efficient-su2", "style"])
def test_the_rank_is_that_of_the_whole_jacobian(circuit: str) -> None:
    """By PennyLane and torch, output by output, for many latents."""
    generator = circuit_generator(patch(n_wires=2, layers=2, pattern="ring", circuit=circuit))
    shapes = generator.circuit.weight_shapes
    rng = np.random.default_rng(4)
    weights = [torch.tensor(rng.uniform(0, 6, shape)) for shape in shapes.values()]

    def whole(latent: torch.Tensor):
        @qml.qnode(qml.device("default.qubit", wires=2), interface="torch", diff_method="backprop")
        def node(*values: torch.Tensor):
            for gate in make_qscript(generator.circuit.gates)(latent, dict(zip(shapes, values, strict=True))):
                qml.apply(gate)
            return qml.probs(wires=[0, 1])

        parts = torch.autograd.functional.jacobian(node, tuple(weights))
        return torch.cat([part.reshape(4, -1) for part in parts], dim=1).numpy()

    rows = [whole(torch.tensor(rng.uniform(0, 6, generator.circuit.latent_dim))) for _ in range(40)]
    assert rank(np.concatenate(rows)) == rank(jacobian(generator))


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        # Eight outcomes that sum to 1; three bits; three bits, as CZ does nothing between dephasings; and all of it.
        ("bimodal", {"": (9, 9, 7), "unentangled": (9, 9, 3), "dephased": (9, 9, 3), "dequantised": (9, 9, 7)}),
        # Four patches of 5 wires; of a dephased one the encoding's angle and the product of what follows are two.
        ("digits-patch", {"unentangled": (120, 120, 20), "dephased": (120, 120, 40), "dequantised": (120, 120, 116)}),
        # A head of 6 observables for 6 features.
        ("series", {"frozen": (42, 0, 0)}),
    ],
)
def test_what_a_control_changes_is_counted(recipe: str, expected: dict[str, tuple[int, int, int]]) -> None:
    for name, counted in expected.items():
        asked = CONTROLS[name].of(config(recipe)) if name else config(recipe)
        assert reach_of(asked) == Reach(*counted), name


def test_no_more_circuits_are_run_at_once_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dephased twin of a circuit of 12 wires was ended by the system for want of memory."""
    asked, rows = CONTROLS["dephased"].of(config("bimodal")), []
    block = controls._block

    def watched(generator: CircuitGenerator[Any], latent: torch.Tensor, *of: Any) -> Any:
        rows.append(len(latent))
        return block(generator, latent, *of)

    monkeypatch.setattr(controls, "_block", watched)
    whole = reach_of(asked)
    assert rows == [19]
    executor = circuit_generator(asked).executor
    monkeypatch.setattr(controls, "AMPLITUDES", 8 * 5 * executor.rows_for_one)
    assert reach_of(asked) == whole
    assert rows[1:] == [5, 5, 5, 4]
    monkeypatch.setattr(controls, "AMPLITUDES", 1)
    assert reach_of(asked) == whole
    assert set(rows[5:]) == {1}


def test_shots_and_another_backend_do_not_blur_it() -> None:
    assert reach_of(config("bimodal", backend__shots=10, backend__name="lightning.qubit")) == Reach(9, 9, 7)


@pytest.mark.parametrize("name", ["best", "last"])
def test_an_untrained_generator_is_a_run_like_others(name: str, tmp_path: Path) -> None:
    control = CONTROLS["untrained"].of(config("bimodal", evaluate__metrics=["kl"], evaluate__checkpoint=name))
    path = tmp_path / "run.toml"
    path.write_text(to_toml(control))
    run = qgan.fit(config=path, out=tmp_path)
    assert run.records() == []
    assert (run.metrics()["kl"].value or 0) > 0


def test_what_takes_long_is_there_by_name_only() -> None:
    assert [name for name, control in CONTROLS.items() if control.by_name_only] == [
        "trained-with-shots",
        "trained-with-noise",
    ]


@pytest.mark.parametrize(("name", "counted"), [("trained-with-shots", True), ("trained-with-noise", False)])
def test_retraining_under_shots_or_noise_is_a_run_like_others(name: str, counted: bool, tmp_path: Path) -> None:
    small = {"train__steps": 2, "train__batch_size": 2, "generator__layers": 1, "evaluate__samples": 10}
    metrics = {"evaluate__every": 2, "evaluate__metrics": ["energy-distance"], "evaluate__metric": "energy-distance"}
    control = CONTROLS[name].of(config("ring", **small, **metrics))
    path = tmp_path / "run.toml"
    path.write_text(to_toml(control))
    run = qgan.fit(config=path, out=tmp_path)
    assert (run.counts.shots == SHOTS * run.counts.executions) is counted
    untrained = build(control).generator.state_dict()
    assert any(not torch.equal(untrained[key], value) for key, value in run.generator().state_dict().items())
