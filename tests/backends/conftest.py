"""Circuits with an oracle each: the same gates as plain matrices, sharing no code with any device."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pennylane as qml
import pytest

from circuits import CIRCUITS, Circuit, from_function

Gate = tuple[np.ndarray, tuple[int, ...]]
PAULI = {"X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}
CNOT, CZ = np.eye(4)[[0, 1, 3, 2]], np.diag([1, 1, 1, -1])


def rotation(angle: float, word: str) -> np.ndarray:
    generator = reduce(np.kron, [PAULI[letter] for letter in word])
    return np.cos(angle / 2) * np.eye(len(generator)) - 1j * np.sin(angle / 2) * generator


def controlled(matrix: np.ndarray) -> np.ndarray:
    return np.block([[np.eye(2), np.zeros((2, 2))], [np.zeros((2, 2)), matrix]])


@dataclass(frozen=True)
class Case:
    circuit: Circuit
    matrices: Callable[[np.ndarray, Mapping[str, np.ndarray]], list[Gate]]

    def probabilities(self, latent: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Shape (rows, 2**n); the weights may have a leading axis of as many rows."""
        return np.abs(self.states(latent, weights)) ** 2

    def expectation(self, letter: str, latent: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Of that Pauli matrix on each wire, shape (rows, n)."""
        states, n = self.states(latent, weights), self.circuit.n_wires
        operators = [
            reduce(np.kron, [PAULI[letter] if k == wire else np.eye(2) for k in range(n)]) for wire in range(n)
        ]
        return np.einsum("ra,wab,rb->rw", states.conj(), operators, states).real

    def states(self, latent: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Shape (rows, 2**n), complex."""
        batched = {name: values.ndim > len(self.circuit.weight_shapes[name]) for name, values in weights.items()}
        rows = [
            self._row(row, {name: values[k] if batched[name] else values for name, values in weights.items()})
            for k, row in enumerate(latent)
        ]
        return np.array(rows)

    def _row(self, latent: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        n = self.circuit.n_wires
        state = np.zeros((2,) * n, dtype=complex)
        state[(0,) * n] = 1
        for matrix, wires in self.matrices(latent, weights):
            k = len(wires)
            state = np.tensordot(matrix.reshape((2,) * 2 * k), state, axes=(range(k, 2 * k), wires))
            state = np.moveaxis(state, range(k), wires)
        return state.ravel()


def hardware_efficient() -> Case:
    def matrices(latent, weights) -> list[Gate]:
        gates = [(rotation(z, "Y"), (wire,)) for wire, z in enumerate(latent)]
        for layer in weights["w"]:
            gates += [(rotation(angle, "Y"), (wire,)) for wire, angle in enumerate(layer)]
            gates += [(CZ, (wire, wire + 1)) for wire in range(len(latent) - 1)]
        return gates

    return Case(CIRCUITS["hardware-efficient"](n_wires=3, layers=2), matrices)


def lopsided() -> Case:
    """No symmetry between wires, angles that are affine in latents, and gates with four-term shift rules."""

    def function(latent, weights) -> None:
        qml.RX(latent[..., 0], wires=0)
        qml.RY(2 * latent[..., 1] + weights["b"][..., 0], wires=2)
        qml.Hadamard(wires=1)
        qml.CRX(weights["a"][..., 0, 0], wires=[0, 2])
        qml.IsingZZ(weights["a"][..., 0, 1], wires=[1, 2])
        qml.CRY(weights["a"][..., 1, 0] * latent[..., 0], wires=[2, 1])
        qml.CNOT(wires=[2, 0])
        qml.Rot(weights["a"][..., 1, 1], weights["b"][..., 1], 0.3, wires=1)
        qml.RX(weights["b"][..., 0], wires=1)
        qml.IsingXY(weights["b"][..., 1], wires=[0, 1])

    def matrices(latent, weights) -> list[Gate]:
        a, b = weights["a"], weights["b"]
        c, s = np.cos(b[1] / 2), 1j * np.sin(b[1] / 2)
        xy = np.array([[1, 0, 0, 0], [0, c, s, 0], [0, s, c, 0], [0, 0, 0, 1]])
        rot = rotation(0.3, "Z") @ rotation(b[1], "Y") @ rotation(a[1, 1], "Z")
        return [
            (rotation(latent[0], "X"), (0,)),
            (rotation(2 * latent[1] + b[0], "Y"), (2,)),
            (np.array([[1, 1], [1, -1]]) / np.sqrt(2), (1,)),
            (controlled(rotation(a[0, 0], "X")), (0, 2)),
            (rotation(a[0, 1], "ZZ"), (1, 2)),
            (controlled(rotation(a[1, 0] * latent[0], "Y")), (2, 1)),
            (CNOT, (2, 0)),
            (rot, (1,)),
            (rotation(b[0], "X"), (1,)),
            (xy, (0, 1)),
        ]

    shapes = {"a": (2, 2), "b": (2,)}
    return Case(from_function(function, n_wires=3, latent_dim=2, weight_shapes=shapes, name="lopsided"), matrices)


def template() -> Case:
    """A PennyLane template, which every device here has to have decomposed."""

    def function(latent, weights) -> None:
        qml.AngleEmbedding(latent, wires=range(3), rotation="X")
        qml.StronglyEntanglingLayers(weights["w"], wires=range(3))

    def matrices(latent, weights) -> list[Gate]:
        gates: list[Gate] = [(rotation(z, "X"), (wire,)) for wire, z in enumerate(latent)]
        for layer, angles in enumerate(weights["w"]):
            for wire, (phi, theta, omega) in enumerate(angles):
                gates.append((rotation(omega, "Z") @ rotation(theta, "Y") @ rotation(phi, "Z"), (wire,)))
            gates += [(CNOT, (wire, (wire + layer % 2 + 1) % 3)) for wire in range(3)]
        return gates

    return Case(from_function(function, n_wires=3, weight_shapes={"w": (2, 3, 3)}, name="template"), matrices)


CASES = {"hardware-efficient": hardware_efficient, "lopsided": lopsided, "template": template}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()


@pytest.fixture
def lopsided_case() -> Case:
    return lopsided()
