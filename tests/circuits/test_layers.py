"""Circuits cut where their layers end."""

import numpy as np
import pennylane as qml
import pytest

from circuits import CIRCUITS, begun_in_bits, begun_uniform, from_function, layers_of, with_basis_angle

EXACT = 1e-12
# Rotations that close a circuit are a layer of their own; zoufal begins with one.
CLOSED = {"real-amplitudes", "efficient-su2", "style", "brickwork", "iqp", "matrix-product", "zoufal"}


def inputs(circuit, rng):
    weights = {name: rng.uniform(0, 2 * np.pi, shape) for name, shape in circuit.weight_shapes.items()}
    return rng.uniform(0, 2 * np.pi, circuit.latent_dim), weights


@pytest.mark.parametrize("entangled", [True, False])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("name", CIRCUITS)
def test_layers_after_each_other_are_the_circuit(name, layers, entangled, unitary, rng) -> None:
    circuit = CIRCUITS[name](n_wires=3, layers=layers, entangled=entangled)
    parts = layers_of(circuit)
    assert len(parts) == layers + (name in CLOSED)
    latent, weights = inputs(circuit, rng)
    product = np.eye(8)
    for part in parts:
        product = unitary(part, latent, weights) @ product
    assert product == pytest.approx(unitary(circuit, latent, weights), abs=EXACT)


@pytest.mark.parametrize("name", CIRCUITS)
def test_each_layer_of_a_table_has_weights_of_its_own(name, unitary, rng) -> None:
    """Those of another layer do not turn it."""
    circuit = CIRCUITS[name](n_wires=2, layers=2)
    latent, weights = inputs(circuit, rng)
    moves = np.zeros((len(parts := layers_of(circuit)), circuit.n_weights), dtype=bool)
    before = [unitary(part, latent, weights) for part in parts]
    column = 0
    for array, values in weights.items():
        for index in np.ndindex(values.shape):
            moved = {**weights, array: values.copy()}
            moved[array][index] += 1.0
            after = [unitary(part, latent, moved) for part in parts]
            moves[:, column] = [not np.allclose(a, b) for a, b in zip(after, before, strict=True)]
            column += 1
    assert (moves.sum(0) == 1).all()
    # The Hadamard gates that close an IQP circuit have none.
    assert moves.any(1).tolist() == [True] * (len(parts) - (name == "iqp")) + [False] * (name == "iqp")


def test_what_is_put_before_belongs_to_the_first_layer_and_what_comes_after_is_one_more(unitary, rng) -> None:
    circuit = CIRCUITS["strongly-entangling"](n_wires=2, layers=2)
    assert len(layers_of(begun_uniform(circuit))) == 2
    turned = with_basis_angle(circuit)
    latent, weights = inputs(turned, rng)
    *_, last = layers_of(turned)
    assert len(layers_of(turned)) == 3
    expected = qml.matrix(qml.RY(latent[-1], 0) @ qml.RY(latent[-1], 1), wire_order=[0, 1])
    assert unitary(last, latent, weights) == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("name", ["hardware-efficient", "zoufal"])
def test_begun_in_bits_is_a_column_of_the_matrix(name, unitary, state, rng) -> None:
    circuit = CIRCUITS[name](n_wires=3, layers=2)
    latent, weights = inputs(circuit, rng)
    begun, matrix = begun_in_bits(circuit), unitary(circuit, latent, weights)
    for string in range(8):
        bits = np.pi * np.array([string >> 2 & 1, string >> 1 & 1, string & 1])
        assert state(begun, np.concatenate([latent, bits]), weights) == pytest.approx(matrix[:, string], abs=EXACT)


def test_a_function_without_barriers_has_no_layers_and_one_with_them_has() -> None:
    def silent(latent, weights) -> None:
        qml.RY(latent[..., 0] + weights["w"][..., 0], wires=0)
        qml.Barrier(wires=0)

    def said(latent, weights) -> None:
        silent(latent, weights)
        qml.Barrier(wires=[1, 0])
        qml.RX(weights["w"][..., 0], wires=1)

    with pytest.raises(ValueError, match=r"'silent' does not say where.*Queue qml\.Barrier\(wires=range\(2\)\)"):
        layers_of(from_function(silent, n_wires=2, latent_dim=1, weight_shapes={"w": (1,)}))
    assert len(layers_of(from_function(said, n_wires=2, latent_dim=1, weight_shapes={"w": (1,)}))) == 2


@pytest.mark.parametrize("name", CIRCUITS)
def test_an_end_of_a_layer_is_no_gate(name) -> None:
    circuit = CIRCUITS[name](n_wires=2, layers=2)
    assert "Barrier" not in circuit.resources().gates
    assert "||" not in circuit.draw("text")
