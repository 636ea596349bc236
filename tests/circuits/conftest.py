"""Running a circuit exactly, by PennyLane's reference simulator."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import pennylane as qml
import pytest

from circuits import Circuit

Run = Callable[[Circuit, Any, Mapping[str, Any]], Any]


def _run(circuit: Circuit, latent: Any, weights: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
    def whole() -> Any:
        circuit.gates(latent, weights)
        return measure()

    return qml.QNode(whole, qml.device("default.qubit", wires=circuit.n_wires))()


@pytest.fixture
def state() -> Run:
    """The state vector, shape (2**n_wires,), or with the batch axis before it."""
    return lambda circuit, latent, weights: _run(circuit, latent, weights, qml.state)


@pytest.fixture
def probabilities() -> Run:
    """The joint probabilities, shape (2**n_wires,), or with the batch axis before it."""
    return lambda circuit, latent, weights: _run(
        circuit, latent, weights, lambda: qml.probs(wires=range(circuit.n_wires))
    )


@pytest.fixture(scope="session")
def unitary() -> Run:
    """The matrix, shape (2**n_wires, 2**n_wires)."""
    return lambda circuit, latent, weights: cast(Any, qml.matrix)(circuit.gates, wire_order=range(circuit.n_wires))(
        latent, weights
    )


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261123)
