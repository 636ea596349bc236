"""Circuits begun in another state, or read in another basis."""

import numpy as np
import pytest
from pennylane.tape import make_qscript

from circuits import Circuit, begun_in, begun_uniform, hardware_efficient, with_basis_angle

EXACT = 1e-12


@pytest.fixture
def nothing() -> Circuit:
    """Three wires and not a gate."""
    return Circuit(name="nothing", n_wires=3, latent_dim=0, weight_shapes={}, queue=lambda *_: None)


def test_uniform_is_uniform(nothing, probabilities) -> None:
    assert probabilities(begun_uniform(nothing), np.zeros(0), {}) == pytest.approx([1 / 8] * 8, abs=EXACT)


def test_only_the_wires_asked_for_are_uniform(nothing, probabilities) -> None:
    found = probabilities(begun_uniform(nothing, [0, 2]), np.zeros(0), {}).reshape(2, 2, 2)
    assert found[:, 0, :] == pytest.approx(np.full((2, 2), 0.25), abs=EXACT)


@pytest.mark.parametrize("widths", [(3,), (1, 2), (2, 0, 1), (1, 1, 1)])
def test_registers_have_the_distributions_given(widths, nothing, state, rng) -> None:
    registers = [rng.dirichlet(np.ones(2**width)) for width in widths]
    joint = np.ones(1)
    for register in registers:
        joint = np.kron(joint, register)
    # Amplitudes and not only probabilities: all phases are alike.
    found = state(begun_in(nothing, registers), np.zeros(0), {})
    assert found / np.exp(1j * np.angle(found[0])) == pytest.approx(np.sqrt(joint), abs=1e-9)


def test_a_register_may_have_outcomes_that_never_come(nothing, probabilities) -> None:
    register = np.array([0, 0.5, 0, 0, 0.25, 0.25, 0, 0])
    assert probabilities(begun_in(nothing, [register]), np.zeros(0), {}) == pytest.approx(register, abs=EXACT)


def test_the_circuit_follows_the_preparation() -> None:
    circuit = hardware_efficient(n_wires=2, layers=1)
    own = make_qscript(circuit.gates)(np.ones(2), {"w": np.ones((1, 2))}).operations
    for begun in (begun_uniform(circuit), begun_in(circuit, [np.full(4, 0.25)])):
        tape = make_qscript(begun.gates)(np.ones(2), {"w": np.ones((1, 2))})
        assert [operation.name for operation in tape.operations[-len(own) :]] == [operation.name for operation in own]


@pytest.mark.parametrize("sizes", [(4,), (16,), (3, 2), (8, 2), ()])
def test_registers_that_do_not_fit_are_refused(sizes, nothing) -> None:
    with pytest.raises(ValueError, match=r"do not fit the circuit.*Allowed: powers of two that need 3 wires together"):
        begun_in(nothing, [np.full(size, 1 / size) for size in sizes])


@pytest.mark.parametrize("register", [np.full(8, 0.2), np.array([-1.0, 2, 0, 0, 0, 0, 0, 0]), np.full(8, np.nan)])
def test_no_distribution_is_refused(register, nothing) -> None:
    with pytest.raises(ValueError, match="is no distribution"):
        begun_in(nothing, [register])


def test_a_wire_that_is_not_there_is_refused(nothing) -> None:
    with pytest.raises(ValueError, match="Allowed: wires 0 to 2"):
        begun_uniform(nothing, [3])


def test_the_basis_angle_reads_z_and_x(state, probabilities, rng) -> None:
    circuit = hardware_efficient(n_wires=2, layers=2)
    latent, weights = rng.uniform(0, 2 * np.pi, 2), {"w": rng.uniform(0, 2 * np.pi, (2, 2))}
    psi = state(circuit, latent, weights)
    paulis = {0.0: np.diag([1.0, -1.0]), -np.pi / 2: np.array([[0.0, 1.0], [1.0, 0.0]])}
    for angle, pauli in paulis.items():
        joint = probabilities(with_basis_angle(circuit), np.append(latent, angle), weights).reshape(2, 2)
        for wire, matrix in enumerate((np.kron(pauli, np.eye(2)), np.kron(np.eye(2), pauli))):
            read = joint.sum(axis=1 - wire) @ [1, -1]
            assert read == pytest.approx((psi.conj() @ matrix @ psi).real, abs=EXACT)


def test_a_superposition_is_not_undone(nothing, probabilities) -> None:
    once = begun_uniform(nothing, [1])
    assert probabilities(begun_uniform(once), np.zeros(0), {}) == pytest.approx([1 / 8] * 8, abs=EXACT)
    with pytest.raises(ValueError, match="begins in a superposition of its own"):
        begun_in(once, [np.full(8, 1 / 8)])
