"""Every gate against its matrix in the OpenQASM 3 specification, up to a phase of the whole state."""

import math

import numpy as np
import pytest

from circuits.qasm import from_qasm
from circuits.qasm.gates import GATES

ANGLES = (0.7, -1.1, 2.3)
X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
H = np.array([[1, 1], [1, -1]]) / math.sqrt(2)


def exponential(angle: float, word: np.ndarray) -> np.ndarray:
    return math.cos(angle / 2) * np.eye(len(word)) - 1j * math.sin(angle / 2) * word


def phase(angle: float) -> np.ndarray:
    return np.diag([1, np.exp(1j * angle)])


def u(theta: float, phi: float, lam: float) -> np.ndarray:
    c, s = math.cos(theta / 2), math.sin(theta / 2)
    return np.array([[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]])


def controlled(matrix: np.ndarray) -> np.ndarray:
    n = len(matrix)
    return np.block([[np.eye(n), np.zeros((n, n))], [np.zeros((n, n)), matrix]])


SWAP = np.eye(4)[[0, 2, 1, 3]]
a, b, c = ANGLES
MATRICES = {
    "id": np.eye(2), "x": X, "y": Y, "z": Z, "h": H, "s": phase(math.pi / 2), "t": phase(math.pi / 4),
    "sdg": phase(-math.pi / 2), "tdg": phase(-math.pi / 4), "sx": np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2,
    "rx": exponential(a, X), "ry": exponential(a, Y), "rz": exponential(a, Z), "p": phase(a), "phase": phase(a),
    "u1": phase(a), "u2": u(math.pi / 2, a, b), "u3": u(a, b, c), "U": u(a, b, c),
    "cx": controlled(X), "CX": controlled(X), "cy": controlled(Y), "cz": controlled(Z), "ch": controlled(H),
    "swap": SWAP, "crx": controlled(exponential(a, X)), "cry": controlled(exponential(a, Y)),
    "crz": controlled(exponential(a, Z)), "cp": controlled(phase(a)), "cphase": controlled(phase(a)),
    "rxx": exponential(a, np.kron(X, X)), "ryy": exponential(a, np.kron(Y, Y)), "rzz": exponential(a, np.kron(Z, Z)),
    "ccx": controlled(controlled(X)), "cswap": controlled(SWAP),
}  # fmt: skip


def text_of(name: str) -> tuple[str, int]:
    gate = GATES[name]
    angles = f"({', '.join(map(str, ANGLES[: gate.angles]))})" if gate.angles else ""
    wires = ", ".join(f"q[{wire}]" for wire in range(gate.wires))
    # A weight that turns by nothing, since there has to be one.
    return f"OPENQASM 3; input float w; qubit[{gate.wires}] q; {name}{angles} {wires}; rz(w) q[0];", gate.wires


@pytest.mark.parametrize("name", GATES)
def test_a_gate_is_its_matrix(name: str, unitary) -> None:
    text, _ = text_of(name)
    found = unitary(from_qasm(text), np.zeros(0), {"w": np.zeros(1)})
    overlap = np.trace(MATRICES[name].conj().T @ found) / len(found)
    assert abs(overlap) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", GATES)
def test_without_entanglement_there_are_one_wire_gates_and_no_angle_is_lost(name: str) -> None:
    text, wires = text_of(name)
    resources = from_qasm(text).without_entanglement().resources()
    assert resources.two_wire_gates == 0
    if wires > 1:
        assert sum(resources.gates.values()) == 1 + GATES[name].angles
