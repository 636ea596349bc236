"""What a circuit refuses, and what it leaves alone."""

import copy
import dataclasses
from typing import Any

import numpy as np
import pennylane as qml
import pytest

from circuits import Circuit, from_function, hardware_efficient

FITTING = {"latent": np.zeros(3), "weights": {"w": np.zeros((2, 3))}}


@pytest.fixture
def circuit() -> Circuit:
    return hardware_efficient(n_wires=3, layers=2)


@pytest.mark.parametrize("shape", [(2,), (4,), (3, 1), (5, 4), (2, 5, 3), ()])
def test_latents_that_do_not_fit_are_refused(circuit: Circuit, shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"The shape of 'latent'.*Got: \(.*\)\. Allowed: \(3,\) or \(batch, 3\)\. Change"
    ):
        circuit.gates(np.zeros(shape), FITTING["weights"])


@pytest.mark.parametrize("shape", [(3, 2), (3,), (2, 4), (1, 1, 2, 3), ()])
def test_weights_that_do_not_fit_are_refused(circuit: Circuit, shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"The shape of 'w' of the weights.*Allowed: \(2, 3\) or \(batch, 2, 3\)\. Change"
    ):
        circuit.gates(FITTING["latent"], {"w": np.zeros(shape)})


@pytest.mark.parametrize("names", [[], ["v"], ["w", "v"]])
def test_names_of_weights_that_do_not_fit_are_refused(circuit: Circuit, names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"The names of the weights are wrong\. Got: .*\. Allowed: w\. Give one array"):
        circuit.gates(FITTING["latent"], {name: np.zeros((2, 3)) for name in names})


def test_values_are_nobodys_business(circuit: Circuit) -> None:
    circuit.gates(np.full(3, np.nan), {"w": np.full((2, 3), np.inf)})


def test_initial_weights_that_do_not_fit_are_refused(circuit: Circuit, rng: np.random.Generator) -> None:
    wrong = dataclasses.replace(circuit, initial=lambda _: {"w": np.zeros((3, 2))})
    with pytest.raises(ValueError, match="of the initial weights is wrong"):
        wrong.initial_weights(rng)


def test_a_circuit_cannot_be_changed_but_copied(circuit: Circuit) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        circuit.n_wires = 4  # type: ignore[misc]
    assert copy.deepcopy(circuit).weight_shapes == circuit.weight_shapes
    assert len({circuit, circuit.without_entanglement()}) == 2


def test_shapes_are_the_circuits_own() -> None:
    given: dict[str, Any] = {"w": [2]}
    circuit = Circuit(name="x", n_wires=1, latent_dim=0, weight_shapes=given, queue=lambda *_: None)
    given["w"].append(3)
    given["v"] = (1,)
    assert circuit.weight_shapes == {"w": (2,)}


def test_no_switch_means_it_cannot_be_made_switched_off(circuit: Circuit) -> None:
    with pytest.raises(ValueError, match="cannot be switched off"):
        dataclasses.replace(circuit, has_switch=False, entangled=False)


def test_an_unknown_style_is_refused(circuit: Circuit) -> None:
    with pytest.raises(ValueError, match=r"no style 'svg'\. Got: 'svg'\. Allowed: mpl, text\. Use"):
        circuit.draw("svg")  # type: ignore[arg-type]


def test_an_unknown_basis_or_beginning_is_refused(circuit: Circuit) -> None:
    with pytest.raises(ValueError, match=r"no basis called 'W'\. Got: 'W'\. Allowed: X, Y, Z\. "):
        circuit.in_basis("W")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"no way to begin called 'narmal'.*Allowed: own, .*Did you mean 'normal'\?"):
        circuit.with_initial("narmal")


def test_a_users_circuit_can_be_turned_too_and_z_is_as_it_is(circuit: Circuit) -> None:
    assert circuit.in_basis("Z") is circuit
    turned = from_function(_first, n_wires=2, weight_shapes={"w": (2,)}).in_basis("X")
    assert turned.resources().gates == {"RY": 2, "Hadamard": 2}
    with pytest.raises(ValueError, match="cannot be switched off"):
        turned.without_entanglement()


def test_gates_share_a_time_slot_where_they_can() -> None:
    # One slot for the latents and one for the weights of a layer, then CZ one after the other along the line.
    assert hardware_efficient(n_wires=4, layers=1).resources().depth == 2 + 3
    assert hardware_efficient(n_wires=4, layers=1, entangled=False).resources().depth == 2


def test_circuits_that_do_the_same_have_one_fingerprint_and_others_another() -> None:
    same, other = (from_function(queue, n_wires=2, weight_shapes={"w": (2,)}) for queue in (_first, _second))
    assert same.fingerprint() == from_function(_first, n_wires=2, weight_shapes={"w": (2,)}).fingerprint()
    assert same.fingerprint() != other.fingerprint()


def _first(latent: Any, weights: Any) -> None:
    qml.RY(latent[..., 0], wires=0)
    qml.RY(weights["w"][..., 0], wires=1)


def _second(latent: Any, weights: Any) -> None:
    qml.RY(latent[..., 0], wires=0)
    qml.RX(weights["w"][..., 0], wires=1)
