"""Every gate is PennyLane's, alone and in circuits."""

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane.tape import QuantumScript
from qiskit.quantum_info import Operator

from qgan.backends.primitives.gates import GATES, gate_of, is_matrix, takes
from qgan.backends.primitives.templates import phases_of, table_of, template_of

WIRES = {
    **dict.fromkeys(["CNOT", "CY", "CZ", "SWAP", "CRX", "CRY", "CRZ", "ControlledPhaseShift"], 2),
    **dict.fromkeys(["IsingXX", "IsingYY", "IsingZZ", "SingleExcitation"], 2),
    **dict.fromkeys(["CSWAP", "Toffoli", "MultiRZ"], 3),
}
ANGLED = {
    *["RX", "RY", "RZ", "PhaseShift", "CRX", "CRY", "CRZ", "ControlledPhaseShift"],
    *["IsingXX", "IsingYY", "IsingZZ", "SingleExcitation", "MultiRZ"],
}


matrix_of: Any = qml.matrix


def operator_of(name, wires, angle):
    if name.startswith("Adjoint("):
        return qml.adjoint(getattr(qml, name[8:-1])(wires))
    return getattr(qml, name)(*([angle] if name in ANGLED else []), wires=wires)


def bound(operators, n_wires):
    template = template_of(operators, n_wires)
    values = dict(zip(template.angles, table_of(operators, 1)[0], strict=True))
    return template.circuit.assign_parameters(values)


def matrix_in_qiskit(operators, n_wires):
    # Its first qubit is the least significant.
    return Operator(bound(operators, n_wires).reverse_bits()).data * np.exp(1j * phases_of(operators))


@pytest.mark.parametrize("name", GATES)
def test_every_gate_is_pennylanes(name):
    wires = [2, 0, 1][: WIRES.get(name, 1)]
    operator = operator_of(name, wires, 0.7)
    assert operator.name == name
    assert takes(operator)
    assert gate_of(operator, wires).n_angles == (name in ANGLED)
    expected: Any = matrix_of(operator, wire_order=range(3))
    np.testing.assert_allclose(matrix_in_qiskit([operator], 3), expected, atol=1e-12)


@pytest.mark.parametrize(
    "operator",
    [
        qml.QubitUnitary(qml.matrix(qml.CRY(0.4, [0, 1])), wires=[2, 0]),
        qml.DoubleExcitationPlus(0.3, wires=[3, 0, 2, 1]),
        qml.BlockEncode(0.3, wires=1),
    ],
    ids=lambda operator: operator.name,
)
def test_what_has_only_a_matrix_is_taken_as_one(operator):
    assert is_matrix(operator)
    expected: Any = matrix_of(operator, wire_order=range(4))
    np.testing.assert_allclose(matrix_in_qiskit([operator], 4), expected, atol=1e-12)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n_gates=st.integers(1, 25))
def test_circuits_have_pennylanes_states(seed, n_gates):
    rng = np.random.default_rng(seed)
    operators = [qml.RY(0.3 + wire, wire) for wire in range(4)] + [qml.GlobalPhase(0.9), qml.Barrier([0, 1])]
    for _ in range(n_gates):
        name = str(rng.choice(list(GATES)))
        wires = rng.permutation(4)[: WIRES.get(name, 1)].tolist()
        operators.append(operator_of(name, wires, float(rng.uniform(-4, 4))))
    expected: Any = matrix_of(QuantumScript(operators), wire_order=range(4))[:, 0]
    np.testing.assert_allclose(matrix_in_qiskit(operators, 4)[:, 0], expected, atol=1e-10)


def test_a_structure_does_not_depend_on_its_angles_and_does_on_all_else():
    def of(*operators):
        return template_of(operators, 2)

    assert of(qml.RX(0.1, 0)) == of(qml.RX(0.2, 0))
    assert hash(of(qml.RX(0.1, 0))) == hash(of(qml.RX(0.2, 0)))
    one, other = (qml.QubitUnitary(qml.matrix(qml.RX(angle, 0)), 0) for angle in (0.1, 0.2))
    for unlike in (of(qml.RX(0.1, 1)), of(qml.RY(0.1, 0)), of(qml.RX(0.1, 0), qml.RX(0.1, 0)), of(one), of(other)):
        assert of(qml.RX(0.1, 0)) != unlike
    assert of(one) != of(other)
