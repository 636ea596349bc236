"""Circuits of the table against the libraries and papers they are from."""

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane.tape import make_qscript

from circuits import (
    brickwork,
    data_reuploading,
    efficient_su2,
    from_function,
    iqp,
    matrix_product,
    real_amplitudes,
    strongly_entangling,
)

EXACT = 1e-12


@pytest.mark.parametrize("n_wires", [2, 3, 4])
def test_strongly_entangling_is_the_template_of_pennylane(n_wires: int, state, rng: np.random.Generator) -> None:
    layers = 4

    def template(latent: Any, weights: Any) -> None:
        qml.AngleEmbedding(latent, wires=range(n_wires), rotation="Y")
        qml.StronglyEntanglingLayers(weights["w"], wires=range(n_wires))

    theirs = from_function(template, n_wires=n_wires, weight_shapes={"w": (layers, n_wires, 3)})
    latent, weights = rng.uniform(0, 7, n_wires), {"w": rng.uniform(0, 7, (layers, n_wires, 3))}
    ours = strongly_entangling(n_wires=n_wires, layers=layers)
    assert state(ours, latent, weights) == pytest.approx(state(theirs, latent, weights), abs=EXACT)


@pytest.mark.parametrize("make", [real_amplitudes, efficient_su2])
def test_a_line_in_reverse_makes_what_all_pairs_of_cnot_make(make, state, rng: np.random.Generator) -> None:
    few, many = (make(n_wires=4, layers=2, pattern=name) for name in ("reverse-line", "all-to-all"))
    latent, weights = rng.uniform(0, 7, 4), {"w": rng.uniform(0, 7, few.weight_shapes["w"])}
    assert state(few, latent, weights) == pytest.approx(state(many, latent, weights), abs=EXACT)
    assert few.resources().two_wire_gates < many.resources().two_wire_gates


def test_numbers_of_weights_are_those_of_the_papers() -> None:
    # The 84 of the tutorial 04_torch_qgan of qiskit-machine-learning; those of the others follow from their formulas.
    assert efficient_su2(n_wires=6, layers=6).n_weights == 84
    assert real_amplitudes(n_wires=3, layers=2).n_weights == 9
    assert strongly_entangling(n_wires=4, layers=3).n_weights == 36
    assert data_reuploading(n_wires=2, layers=3).n_weights == 36
    assert iqp(n_wires=4, layers=1).n_weights == 4 + 6
    # A brick of any gate has fifteen angles; bricks share the rotations between them.
    assert brickwork(n_wires=2, layers=1).n_weights == 3 * 2 * 3 + 3
    assert matrix_product(n_wires=2, layers=1).n_weights == 15


def test_states_of_real_amplitudes_are_real(state, rng: np.random.Generator) -> None:
    circuit = real_amplitudes(n_wires=3, layers=2)
    found = state(circuit, rng.uniform(0, 7, 3), {"w": rng.uniform(0, 7, (3, 3))})
    assert np.abs(found.imag).max() < EXACT


def test_real_amplitudes_without_latents_are_those_whose_latents_are_zero(state, rng: np.random.Generator) -> None:
    plain, encoded = (real_amplitudes(n_wires=3, layers=2, latent_dim=dim) for dim in (0, 3))
    weights = {"w": rng.uniform(0, 7, (3, 3))}
    assert (plain.latent_dim, plain.resources().gates) == (0, {"RY": 9, "CNOT": 4})
    assert state(plain, np.zeros(0), weights) == pytest.approx(state(encoded, np.zeros(3), weights), abs=EXACT)
    with pytest.raises(ValueError, match=r"on each wire, or none.*latent_dim=2.*0 or 3"):
        real_amplitudes(n_wires=3, layers=2, latent_dim=2)


@pytest.mark.parametrize("make", [brickwork, matrix_product])
def test_a_brick_is_any_gate_on_two_wires(make, unitary, rng: np.random.Generator) -> None:
    """Its derivatives by all its angles span the fifteen directions of SU(4)."""
    circuit = make(n_wires=2, layers=1)
    weights = {name: rng.uniform(0, 7, shape) for name, shape in circuit.weight_shapes.items()}
    start, step, tangents = unitary(circuit, np.zeros(2), weights), 1e-5, []
    for name, values in weights.items():
        for index in np.ndindex(values.shape):
            moved = values.copy()
            moved[index] += step
            change = unitary(circuit, np.zeros(2), {**weights, name: moved}) @ start.conj().T - np.eye(4)
            tangents.append(np.concatenate([change.real.ravel(), change.imag.ravel()]) / step)
    assert np.linalg.matrix_rank(np.array(tangents), tol=1e-3) == 15


@pytest.mark.parametrize("layers", [1, 2])
def test_staircases_bound_the_rank_between_halves(layers: int, state, rng: np.random.Generator) -> None:
    circuit = matrix_product(n_wires=6, layers=layers)
    weights = {name: rng.uniform(0, 7, shape) for name, shape in circuit.weight_shapes.items()}
    found = state(circuit, rng.uniform(0, 7, 6), weights)
    assert np.linalg.matrix_rank(found.reshape(8, 8), tol=1e-9) == 2**layers


def test_bricks_lie_in_two_courses() -> None:
    circuit = brickwork(n_wires=5, layers=1)
    weights = {name: np.ones(shape) for name, shape in circuit.weight_shapes.items()}
    tape = make_qscript(circuit.gates)(np.ones(5), weights)
    pairs = [tuple(gate.wires) for gate in tape.operations if gate.name == "IsingXX"]
    assert pairs == [(0, 1), (2, 3), (1, 2), (3, 4)]


@pytest.mark.parametrize("entangled", [True, False])
def test_iqp_is_its_closed_form(entangled: bool, probabilities, rng: np.random.Generator) -> None:
    n = 3
    latent, w, pair = rng.uniform(0, 7, n), rng.uniform(0, 7, (1, n)), rng.uniform(0, 7, (1, 3))
    signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1) & 1)
    phase = signs @ (latent + w[0])
    for value, (a, b) in zip(pair[0], ((0, 1), (0, 2), (1, 2)), strict=True):
        phase = phase + value * (signs[:, a] * signs[:, b] if entangled else signs[:, a])
    overlaps = np.array([(-1.0) ** np.bitwise_count(np.arange(2**n) & k) for k in range(2**n)])
    amplitudes = overlaps @ np.exp(-0.5j * phase) / 2**n
    circuit = iqp(n_wires=n, layers=1, entangled=entangled)
    found = probabilities(circuit, latent, {"w": w, "pair": pair})
    assert found == pytest.approx(np.abs(amplitudes) ** 2, abs=EXACT)


def test_without_scales_the_latent_does_not_enter(state, rng: np.random.Generator) -> None:
    circuit = data_reuploading(n_wires=2, layers=2)
    weights = {"scale": np.zeros((2, 2, 3)), "shift": rng.uniform(0, 7, (2, 2, 3))}
    one, other = (state(circuit, rng.uniform(0, 7, 2), weights) for _ in range(2))
    assert one == pytest.approx(other, abs=EXACT)
