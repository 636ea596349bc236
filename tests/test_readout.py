from functools import reduce

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qgan.readout import ExpectationXZ, ExpectationZ, Probabilities, ReadOut


def distributions(rows: int, n_wires: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).dirichlet(np.ones(2**n_wires), rows))


@given(st.integers(1, 5), st.integers(0, 100))
def test_expectations_are_those_of_the_operator(n_wires: int, seed: int) -> None:
    probabilities = distributions(3, n_wires, seed)
    z, one = np.array([1.0, -1.0]), np.ones(2)
    diagonals = [reduce(np.kron, [z if k == wire else one for k in range(n_wires)]) for wire in range(n_wires)]
    expected = probabilities.numpy() @ np.array(diagonals).T
    np.testing.assert_allclose(ExpectationZ().read(probabilities).numpy(), expected, atol=1e-14)


@pytest.mark.parametrize("readout", [Probabilities(), ExpectationZ()], ids=lambda readout: readout.name)
def test_a_read_out_is_linear_and_of_its_size(readout: ReadOut) -> None:
    one, other = distributions(4, 3, 0), distributions(4, 3, 1)
    mixed = readout.read(0.25 * one + 0.75 * other)
    assert mixed.shape == (4, readout.size(3))
    torch.testing.assert_close(mixed, 0.25 * readout.read(one) + 0.75 * readout.read(other), atol=1e-14, rtol=0)


def test_wire_0_is_the_most_significant_bit() -> None:
    basis = torch.eye(4, dtype=torch.float64)
    assert ExpectationZ().read(basis).tolist() == [[1, 1], [1, -1], [-1, 1], [-1, -1]]


def test_probabilities_are_handed_on() -> None:
    probabilities = distributions(2, 3, 0)
    assert torch.equal(Probabilities().read(probabilities), probabilities)


def test_gradients_pass() -> None:
    probabilities = distributions(2, 3, 0).requires_grad_()
    ExpectationZ().read(probabilities).sum().backward()
    assert probabilities.grad is not None
    assert probabilities.grad[0].tolist() == [3, 1, 1, -1, 1, -1, -1, -3]


def test_of_two_bases_it_is_read_wire_by_wire_x_before_z() -> None:
    by_basis = torch.stack([distributions(3, 2, seed) for seed in (0, 1)], dim=1)
    x, z = (ExpectationZ().read(by_basis[:, index]) for index in (0, 1))
    found = ExpectationXZ().read(by_basis)
    assert found.shape == (3, ExpectationXZ().size(2))
    assert torch.equal(found, torch.stack([x[:, 0], z[:, 0], x[:, 1], z[:, 1]], dim=1))


def test_words_stand_in_the_order_of_the_numbers() -> None:
    assert ExpectationXZ().words(2) == [{0: "X"}, {0: "Z"}, {1: "X"}, {1: "Z"}]
    assert ExpectationZ().words(2) == [{0: "Z"}, {1: "Z"}]
    assert Probabilities().words(2) is None
