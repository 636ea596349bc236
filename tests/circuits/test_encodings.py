"""Angle encoding against its closed form."""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane.tape import make_qscript

from circuits.encodings import angle

angles = st.lists(st.floats(-7, 7), min_size=1, max_size=4)


@settings(deadline=None)
@given(latent=angles)
def test_each_wire_is_turned_by_its_own_latent(latent: list[float]) -> None:
    n_wires = len(latent)

    @qml.qnode(qml.device("default.qubit", wires=n_wires))
    def ones(values: np.ndarray) -> list:
        angle(values, n_wires)
        return [qml.probs(wires=wire) for wire in range(n_wires)]

    measured = np.array(ones(np.array(latent)))[:, 1]
    assert measured == pytest.approx(np.sin(np.array(latent) / 2) ** 2, abs=1e-12)


def test_a_batch_is_as_many_rotations() -> None:
    tape = make_qscript(angle)(np.arange(6.0).reshape(2, 3), 3)
    assert [list(operation.data[0]) for operation in tape.operations] == [[0, 3], [1, 4], [2, 5]]
