"""Aer's states are PennyLane's, all circuits of a job in one run."""

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane.tape import QuantumScript
from qiskit_aer import AerSimulator

from qgan.backends.primitives.aer import KEY, AerTarget, Ready, ready, run
from qgan.backends.primitives.target import draw
from qgan.backends.primitives.templates import Request, table_of, template_of

UNITARY = qml.QubitUnitary(qml.matrix(qml.CRY(0.4, [0, 1])), wires=[2, 0])


def gates(angles, *, fixed=False):
    operators = [qml.RY(angles[0], 0), qml.CNOT([0, 2]), qml.CRX(angles[1], [2, 1]), qml.RZ(angles[2], 1), qml.SX(1)]
    return [*operators, UNITARY, qml.ControlledPhaseShift(angles[3], [1, 0]), qml.Hadamard(0)] if fixed else operators


def request(rows, *, fixed=False):
    tables = [table_of(gates(row, fixed=fixed), 1) for row in rows]
    return Request(template_of(gates(rows[0], fixed=fixed), 3), np.concatenate(tables))


def states(rows, *, fixed=False):
    matrix: Any = qml.matrix
    scripts = [QuantumScript(gates(row, fixed=fixed)) for row in rows]
    return np.array([matrix(script, wire_order=range(3))[:, 0] for script in scripts])


ROWS = np.random.default_rng(3).uniform(-3, 3, (5, 4))


@pytest.mark.parametrize("fixed", [False, True])
def test_states_and_probabilities_are_pennylanes(fixed):
    expected, asked = states(ROWS, fixed=fixed), request(ROWS, fixed=fixed)
    target = AerTarget()
    np.testing.assert_allclose(target.states([asked])[0], expected, atol=1e-12)
    for each in (target, AerTarget(density=True)):
        np.testing.assert_allclose(each.probabilities([asked])[0], np.abs(expected) ** 2, atol=1e-12)


def test_circuits_of_many_structures_are_one_job():
    target = AerTarget()
    plain = Request(template_of([qml.Hadamard(1)], 2), np.zeros((3, 0)))
    found = target.probabilities([request(ROWS), plain, request(ROWS, fixed=True), request(ROWS[:1])])
    assert [each.shape for each in found] == [(5, 8), (3, 4), (5, 8), (1, 8)]
    np.testing.assert_allclose(found[0], np.abs(states(ROWS)) ** 2, atol=1e-12)
    np.testing.assert_allclose(found[1], [[0.5, 0.5, 0, 0]] * 3, atol=1e-12)
    np.testing.assert_allclose(found[2], np.abs(states(ROWS, fixed=True)) ** 2, atol=1e-12)
    assert target.sent.jobs == 1
    assert target.sent.circuits == 14
    assert [AerTarget(density=density).name for density in (False, True)] == ["aer", "aer:density"]


def test_circuits_whose_parameters_aer_gets_wrong_are_found_out_and_run_right():
    simulator, template = AerSimulator(method="statevector"), template_of(gates(ROWS[0]), 3)
    circuit: Any = template.circuit.reverse_bits()
    circuit.crx(template.angles[0], 0, 1)
    plain = circuit.copy()
    circuit.save_statevector(label=KEY)
    made = ready(simulator, template, circuit)
    (found,) = run(simulator, [made], [request(ROWS).table])
    for row, state in zip(request(ROWS).table, found, strict=True):
        bound = plain.assign_parameters(dict(zip(template.angles, row, strict=True)))
        bound.save_statevector()
        np.testing.assert_allclose(state, np.asarray(simulator.run(bound).result().get_statevector()), atol=1e-12)
    # If this fails, Aer has learnt it, and there is nothing to be found out any more.
    assert not made.by_aer
    circuit = template.circuit.reverse_bits()
    circuit.save_statevector(label=KEY)
    assert ready(simulator, template, circuit) == Ready(template, circuit, by_aer=True)


def test_what_is_drawn_follows_the_probabilities():
    probabilities = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 0, 0, 0], [0, 0, 0, 1.0]])
    bits = draw(probabilities, 20_000, np.random.default_rng(5))
    assert bits.shape == (3, 20_000, 2)
    places = 2 * bits[..., 0] + bits[..., 1]
    for row, expected in zip(places, probabilities, strict=True):
        found = np.bincount(row, minlength=4) / 20_000
        assert (np.abs(found - expected) <= 5 * np.sqrt(expected * (1 - expected) / 20_000)).all()
