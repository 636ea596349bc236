"""A user's own function as a circuit: what works, and what is refused before anything is trained."""

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane.tape import make_qscript

from circuits import from_function, hardware_efficient

SHAPES = {"w": (2,)}


def good(latent: Any, weights: Any) -> None:
    """Two wires.

    And more to say about them.
    """
    for wire in range(2):
        qml.RY(latent[..., wire], wires=wire)
        qml.RZ(weights["w"][..., wire] * 2, wires=wire)
    qml.CNOT(wires=[0, 1])


@settings(deadline=None)
@given(n_wires=st.integers(1, 4), layers=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_built_in_circuit_written_as_a_function_is_that_circuit(
    n_wires: int, layers: int, seed: int, unitary
) -> None:
    built_in = hardware_efficient(n_wires=n_wires, layers=layers)
    mine = from_function(built_in.gates, n_wires=n_wires, weight_shapes=built_in.weight_shapes)
    rng = np.random.default_rng(seed)
    latent, weights = rng.uniform(0, 7, n_wires), mine.initial_weights(rng)
    assert np.array_equal(unitary(mine, latent, weights), unitary(built_in, latent, weights))
    assert mine.resources() == built_in.resources()


def test_what_is_not_said_is_taken_from_the_function() -> None:
    circuit = from_function(good, n_wires=2, weight_shapes=SHAPES)
    assert (circuit.name, circuit.doc, circuit.latent_dim, circuit.n_weights) == ("good", "Two wires.", 2, 2)
    assert from_function(good, n_wires=2, weight_shapes=SHAPES, name="mine").name == "mine"


def test_initial_weights_are_whole_turns_unless_given(rng: np.random.Generator) -> None:
    shapes = {"w": (1000,)}
    weights = from_function(good, n_wires=2, weight_shapes=shapes).initial_weights(rng)["w"]
    assert 0 <= weights.min() < 0.1
    assert 2 * np.pi - 0.1 < weights.max() < 2 * np.pi
    ones = from_function(good, n_wires=2, weight_shapes=SHAPES, initial=lambda _: {"w": np.ones(2)})
    assert ones.initial_weights(rng)["w"].tolist() == [1, 1]


def test_a_circuit_without_latents_is_allowed() -> None:
    def born(latent: Any, weights: Any) -> None:  # noqa: ARG001
        qml.RY(weights["w"][..., 0], wires=0)

    assert from_function(born, n_wires=1, latent_dim=0, weight_shapes={"w": (1,)}).resources().latents == 0


def test_templates_of_pennylane_are_counted_by_their_gates() -> None:
    def template(latent: Any, weights: Any) -> None:
        qml.AngleEmbedding(latent, wires=range(3))
        qml.StronglyEntanglingLayers(weights["w"], wires=range(3))

    resources = from_function(template, n_wires=3, weight_shapes={"w": (2, 3, 3)}).resources()
    assert resources.gates == {"RX": 3, "Rot": 6, "CNOT": 6}
    assert resources.two_wire_gates == 6


def test_it_has_no_entanglement_switch() -> None:
    circuit = from_function(good, n_wires=2, weight_shapes=SHAPES)
    assert not circuit.has_switch
    with pytest.raises(
        ValueError, match=r"'good' cannot be switched off\. Got: .* Allowed: .* Write a second function"
    ):
        circuit.without_entanglement()


def test_weights_read_from_the_left_work_but_for_batches_of_them() -> None:
    def left(latent: Any, weights: Any) -> None:
        qml.RY(latent[..., 0] + weights["w"][1], wires=0)

    circuit = from_function(left, n_wires=1, weight_shapes=SHAPES)
    tape = make_qscript(circuit.gates)(np.zeros((3, 1)), {"w": np.array([5.0, 7.0])})
    assert tape.operations[0].data[0].tolist() == [7.0, 7.0, 7.0]
    with pytest.raises(ValueError, match=r"'left' cannot take a batch of weights.*weights\[\"w\"\]\[\.\.\., i\]"):
        circuit.gates(np.zeros((3, 1)), {"w": np.zeros((3, 2))})


def latent_from_the_left(latent: Any, weights: Any) -> None:  # noqa: ARG001
    qml.RY(latent[1], wires=0)


def gates_that_depend_on_values(latent: Any, weights: Any) -> None:  # noqa: ARG001
    qml.RY(latent[..., 0], wires=0)
    if np.all(latent > 3):
        qml.PauliX(wires=0)


def python_numbers(latent: Any, weights: Any) -> None:  # noqa: ARG001
    qml.RY(float(latent[..., 0]), wires=0)


@pytest.mark.parametrize("function", [latent_from_the_left, gates_that_depend_on_values, python_numbers])
def test_rows_of_a_batch_that_are_mixed_up_are_found_out(function) -> None:
    match = rf"'{function.__name__}' does not give for a batch .*\. Got: .*\. Allowed: .*latent\[\.\.\., i\]"
    with pytest.raises(ValueError, match=match):
        from_function(function, n_wires=2, weight_shapes=SHAPES)


def test_a_function_that_fails_is_refused_with_its_error() -> None:
    with pytest.raises(
        ValueError, match=r"failed with latent_dim=2.*\(1,\).*Got: IndexError: .*Allowed: .*weight_shapes="
    ) as caught:
        from_function(good, n_wires=2, weight_shapes={"w": (1,)})
    assert isinstance(caught.value.__cause__, IndexError)
    with pytest.raises(ValueError, match="Got: KeyError: 'w'"):
        from_function(good, n_wires=2, weight_shapes={"v": (1,)})


@pytest.mark.parametrize("measure", [lambda: qml.probs(wires=0), lambda: qml.expval(qml.Z(0)), lambda: qml.measure(0)])
def test_a_function_that_measures_is_refused(measure) -> None:
    def measuring(latent: Any, weights: Any) -> Any:
        good(latent, weights)
        return measure()

    with pytest.raises(
        ValueError, match=r"'measuring' measures\. Got: .*\. Allowed: gates only.*Take the measurement out"
    ):
        from_function(measuring, n_wires=2, weight_shapes=SHAPES)


def test_wires_that_are_not_there_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"Got: wires \[1\] with n_wires=1\. Allowed: wires 0 to 0\. Give a larger n_wires"
    ):
        from_function(good, n_wires=1, latent_dim=2, weight_shapes=SHAPES)


@pytest.mark.parametrize("shape", [3, "w", (0,), (2.5,), (True,), None])
def test_impossible_shapes_of_weights_are_refused(shape: Any) -> None:
    with pytest.raises(
        ValueError, match=r"The shape of 'w' is wrong\. Got: .*\. Allowed: .*\. Give the shape of every array"
    ):
        from_function(good, n_wires=2, weight_shapes={"w": shape})


@pytest.mark.parametrize("number", [-1, 1.0, "2", True])
def test_impossible_numbers_of_latents_are_refused(number: Any) -> None:
    with pytest.raises(ValueError, match=r"latent_dim is wrong\. Got: .*\. Allowed: an integer, 0 or more\. Give"):
        from_function(good, n_wires=2, latent_dim=number, weight_shapes=SHAPES)


def test_a_latent_may_be_the_amplitudes_of_a_state() -> None:
    def amplitudes(latent: Any, weights: Any) -> None:
        qml.AmplitudeEmbedding(latent, wires=range(2), normalize=True)
        for wire in range(2):
            qml.RY(weights["w"][..., wire], wires=wire)

    circuit = from_function(amplitudes, n_wires=2, latent_dim=4, weight_shapes={"w": (2,)})
    assert circuit.resources().weights == 2
    assert "RY" in circuit.draw("text")
