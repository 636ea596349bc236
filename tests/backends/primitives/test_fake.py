"""A fake computer without its idle qubits gives what the whole of it gives."""

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane.tape import QuantumScript
from qiskit.transpiler import generate_preset_pass_manager
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qgan.backends.primitives.fake import FakeTarget, misread
from qgan.backends.primitives.names import fakes
from qgan.backends.primitives.templates import Request, table_of, template_of


@pytest.fixture(scope="module")
def known():
    return fakes()


def ring(n_wires):
    rng = np.random.default_rng(n_wires)
    operators = []
    for _ in range(2):
        operators += [qml.RY(rng.normal(), wire) for wire in range(n_wires)]
        # A ring is on no line of qubits: it has to be routed.
        operators += [qml.CZ([wire, (wire + 1) % n_wires]) for wire in range(n_wires)]
    return [*operators, qml.RX(0.4, 0)]


def whole(backend, operators, n_wires):
    """Probabilities from Aer's noise model of the whole computer, and its own table of misread bits."""
    template = template_of(operators, n_wires)
    isa = generate_preset_pass_manager(1, target=backend.target, seed_transpiler=0).run(template.measured)
    bound = isa.assign_parameters(dict(zip(template.angles, table_of(operators, 1)[0], strict=True)))
    measured = {
        bound.find_bit(each.clbits[0]).index: bound.find_bit(each.qubits[0]).index
        for each in bound.data
        if each.operation.name == "measure"
    }
    order = [measured[bit] for bit in range(n_wires)]
    bound.data = [each for each in bound.data if each.operation.name not in ("measure", "barrier")]
    bound.save_probabilities(order[::-1])
    noise = NoiseModel.from_backend(backend)
    result = AerSimulator(method="density_matrix", noise_model=noise).run(bound).result()
    errors = dict(noise._local_readout_errors)
    return misread(
        result.data(0)["probabilities"][None], [np.asarray(errors[(qubit,)].probabilities) for qubit in order]
    )


@pytest.mark.parametrize(("name", "n_wires"), [("manila", 3), ("manila", 5), ("lagos", 4)])
def test_without_idle_qubits_the_distribution_is_the_same(known, name, n_wires):
    operators = ring(n_wires)
    request = Request(template_of(operators, n_wires), table_of(operators, 1))
    (found,) = FakeTarget(known[name]).probabilities([request])
    # Aer leaves out an error's rarest terms: see the tests of channels.
    np.testing.assert_allclose(found, whole(known[name], operators, n_wires), atol=1e-7)
    matrix: Any = qml.matrix
    ideal = np.abs(matrix(QuantumScript(operators), wire_order=range(n_wires))[:, 0]) ** 2
    assert np.abs(found - ideal).sum() / 2 > 0.01


def test_a_structure_is_transpiled_once_and_rows_go_together(known):
    target, operators = FakeTarget(known["manila"]), ring(3)
    table = table_of(operators, 1) + np.random.default_rng(0).normal(size=(7, 7))
    template = template_of(operators, 3)
    (found,) = target.probabilities([Request(template, table)])
    each = [target.probabilities([Request(template_of(operators, 3), row[None])])[0][0] for row in table]
    np.testing.assert_allclose(found, each, atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert target.sent.transpilations == 1
    assert target.sent.jobs == 8
    assert set(target.prepared(template).isa.count_ops()) <= {*known["manila"].target.operation_names, "barrier"}


def test_a_computer_of_many_qubits_takes_a_few_of_them(known):
    target, operators = FakeTarget(known["fez"]), ring(4)
    (found,) = target.probabilities([Request(template_of(operators, 4), table_of(operators, 1))])
    assert found.shape == (1, 16)
    assert target.prepared(template_of(operators, 4)).channels.n_qubits < 10
    assert target.name == "fake:fez"
    assert target.max_qubits == 12


def test_the_oldest_computers_measure_too(known):
    assert "measure" not in known["london"].target.operation_names
    operators = ring(3)
    (found,) = FakeTarget(known["london"]).probabilities([Request(template_of(operators, 3), table_of(operators, 1))])
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert "measure" not in known["london"].target.operation_names


def test_bits_are_misread_one_by_one():
    tables = [np.array([[0.9, 0.1], [0.3, 0.7]]), np.eye(2), np.array([[1.0, 0.0], [0.5, 0.5]])]
    probabilities = np.zeros((1, 8))
    probabilities[0, 0b101] = 1.0
    expected = np.zeros((2, 2, 2))
    expected[0, 0] = 0.3 * np.array([0.5, 0.5])
    expected[1, 0] = 0.7 * np.array([0.5, 0.5])
    np.testing.assert_allclose(misread(probabilities, tables), expected.reshape(1, 8))
