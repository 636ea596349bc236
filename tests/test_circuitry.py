"""Names, files and objects into circuits, and what is refused of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pennylane as qml
import pytest

from circuits import CIRCUITS, Circuit, from_function, hardware_efficient
from qgan.build import build
from qgan.circuitry import make_circuit
from qgan.config import load
from qgan.errors import ConfigError
from qgan.experiment import Experiment
from qgan.objects import OBJECT, Objects

QASM = "OPENQASM 3; input float z; input float w; qubit[2] q; rx(z + w) q[0]; cx q[0], q[1]; ry(w) q;"


def own(latent: Any, weights: Any) -> None:
    for wire in range(3):
        qml.RY(latent[..., wire] + weights["w"][..., 0, wire], wires=wire)


def made(name: str = "", /, *, circuit: Any = None, **options: Any) -> Circuit:
    return make_circuit(circuit, name, **{"n_wires": 3, "layers": 2, **options})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.qasm"
    path.write_text(QASM, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", CIRCUITS)
def test_a_name_makes_the_circuit_of_the_table(name: str) -> None:
    expected = CIRCUITS[name](n_wires=3, layers=2)
    assert made(name).fingerprint() == expected.fingerprint()
    assert made(name, entangled=False).fingerprint() == expected.without_entanglement().fingerprint()


def test_names_that_are_none_are_refused() -> None:
    match = r"no circuit called 'stile'.*Allowed: .*zoufal, or qasm:FILE.*Did you mean 'style'.*--plugin"
    with pytest.raises(ConfigError, match=match):
        made("stile")
    with pytest.raises(ConfigError, match=r"was an object.*Give it again from Python"):
        made(OBJECT)


def test_a_circuit_without_patterns_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(*, n_wires: int, layers: int, entangled: bool = True) -> Circuit:
        return hardware_efficient(n_wires=n_wires, layers=layers, entangled=entangled)

    monkeypatch.setitem(CIRCUITS, "plain", plain)
    with pytest.raises(ConfigError, match=r"'plain' leaves no choice of pattern.*ring.*generator\.pattern=own"):
        made("plain", pattern="ring")
    assert made("plain").n_wires == 3


@pytest.mark.parametrize(("option", "value"), [("latent_dim", 2), ("state", "normal")])
def test_what_a_circuit_has_no_choice_of_is_refused(option: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"'iqp' leaves no choice of {option}.*Leave generator\.{option} out"):
        made("iqp", **{option: value})
    assert made("style", latent_dim=7).latent_dim == 7
    assert made("zoufal", state="normal").resources().gates["CNOT"]


def test_what_a_circuit_refuses_is_a_mistake_in_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"no pattern called 'rink'.*Did you mean 'ring'"):
        made("iqp", pattern="rink")
    monkeypatch.setitem(CIRCUITS, "mine", lambda **_: None)
    with pytest.raises(ConfigError, match=r"'mine' makes no circuit.*Got: NoneType"):
        made("mine")


@pytest.mark.parametrize("given", [hardware_efficient(n_wires=3, layers=2), own], ids=["circuit", "function"])
def test_the_users_own_takes_the_place_of_a_name(given: Any) -> None:
    expected = given if isinstance(given, Circuit) else from_function(given, n_wires=3, weight_shapes={"w": (2, 3)})
    assert made("whatever", circuit=given, pattern="ring").fingerprint() == expected.fingerprint()


@pytest.mark.parametrize("options", [{"circuit": hardware_efficient(n_wires=3, layers=2)}, {}], ids=["own", "named"])
def test_weights_begin_as_asked(options: dict[str, Any]) -> None:
    begun = {name: made("hardware-efficient", initial=name, **options) for name in ("own", "uniform", "normal")}
    largest = {name: each.initial_weights(np.random.default_rng(1))["w"].max() for name, each in begun.items()}
    assert largest["normal"] < 0.5 < largest["own"] < 1 < largest["uniform"]
    with pytest.raises(ConfigError, match=r"no way to begin called 'unifrom'.*Allowed: own, uniform.*Did you mean"):
        made("hardware-efficient", initial="unifrom", **options)
    with pytest.raises(ConfigError, match="has no weights"):
        made("real-amplitudes", initial="identity-block")


def test_a_file_brings_its_own_wires_and_gates(file: Path) -> None:
    name = f"qasm:{file}"
    circuit = made(name)
    assert (circuit.n_wires, circuit.latent_dim, circuit.n_weights) == (2, 1, 1)
    assert made(name, entangled=False).resources().two_wire_gates == 0
    assert made(name, initial="normal").initial_weights(np.random.default_rng(1))["w"].max() < 0.5
    with pytest.raises(ConfigError, match=r"leaves no choice of pattern.*Set generator\.pattern=own"):
        made(name, pattern="ring")
    file.write_text("OPENQASM 2.0;\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.qasm, line 1: It does not begin"):
        made(name)
    with pytest.raises(ConfigError, match="There is no file"):
        made("qasm:nowhere")


def experiment(changes: dict[str, Any]) -> Experiment:
    small = {"train.batch_size": 3, "discriminator.hidden": [5], "run.device": "cpu", "generator.pattern": "own"}
    data = np.random.default_rng(0).random((24, 4))
    return build(load("digits-patch", changes={**small, "generator.layers": 2, **changes}.items()), Objects(data=data))


def test_a_configuration_asks_for_all_of_it(file: Path) -> None:
    from_file = experiment({"generator.circuit": f"qasm:{file}"})
    assert from_file.config.generator.options["n_wires"] == 2
    assert (from_file.generator.latent_dim, from_file.facts["parameters"]["generator"]) == (1, 2)
    sha256 = from_file.facts["circuit"]["sha256"]
    file.write_text(QASM.replace("cx", "cz"), encoding="utf-8")
    assert experiment({"generator.circuit": f"qasm:{file}"}).facts["circuit"]["sha256"] != sha256
    styled = experiment(
        {"generator.circuit": "style", "generator.latent_dim": 7, "generator.initial": "identity-block"}
    )
    assert styled.generator.latent_dim == 7
    assert "sha256" not in styled.facts["circuit"]
    shifts = dict(styled.generator.named_parameters())["weights.shift"].detach()
    assert (shifts == 0).any(dim=1).all()
    assert (shifts != 0).any(dim=1).all()
