"""Outcomes, drawn and whole, and the grid that they are points of."""

import itertools

import numpy as np
import pytest
import torch

from qgan.generators.outcomes import Registers, mixed, outcomes_of
from qgan.seeding import Key

KEY = Key(5, "latent", 2)


@pytest.mark.parametrize("counts", [(2,), (4, 2), (3, 1, 5), (1, 7), (2, 2, 2)])
def test_valid_outcomes_are_the_points_of_the_grid_in_order(counts: tuple[int, ...]) -> None:
    levels = [np.sort(np.random.default_rng(row).normal(size=count)) for row, count in enumerate(counts)]
    registers = Registers(levels)
    assert registers.n_wires == sum(int(np.ceil(np.log2(count))) for count in counts)
    assert registers.points == np.prod(counts)
    outcomes = torch.arange(2**registers.n_wires)
    if registers.valid is not None:
        outcomes = outcomes[registers.valid]
    np.testing.assert_array_equal(registers.values(outcomes), list(itertools.product(*levels)))


def test_a_distribution_is_padded_with_outcomes_that_never_come() -> None:
    padded = Registers([np.arange(3.0), np.arange(2.0)]).padded([np.full(3, 1 / 3), np.array([0.25, 0.75])])
    assert [array.tolist() for array in padded] == [[1 / 3, 1 / 3, 1 / 3, 0], [0.25, 0.75]]


def test_rows_are_mixed_and_what_means_nothing_is_left_out() -> None:
    joint = torch.tensor([[0.2, 0.3, 0.5], [0.4, 0.1, 0.5]]).double()
    probabilities, success = mixed(joint, torch.tensor([True, True, False]))
    np.testing.assert_allclose(probabilities, [0.6, 0.4, 0], atol=1e-15)
    assert success.item() == pytest.approx(0.5)
    np.testing.assert_allclose(mixed(joint)[0], [0.3, 0.2, 0.5], atol=1e-15)


def test_where_nothing_valid_was_measured_all_is_alike_and_the_gradient_finite() -> None:
    joint = torch.tensor([[0.0, 0.0, 1.0, 0.0]]).double().requires_grad_()
    probabilities, success = mixed(joint, torch.tensor([True, True, False, False]))
    assert probabilities.tolist() == [0.5, 0.5, 0, 0]
    assert success.item() == 0
    (probabilities @ torch.arange(4.0).double()).backward()
    assert joint.grad is not None
    assert torch.isfinite(joint.grad).all()


def test_drawn_outcomes_follow_their_probabilities() -> None:
    probabilities = torch.tensor([0.1, 0.0, 0.6, 0.3]).double()
    rows, weights = outcomes_of(probabilities, output="samples", n=20_000, key=KEY)
    assert torch.equal(weights, torch.full((20_000,), 1 / 20_000, dtype=torch.float64))
    # Four standard errors of a relative frequency, at most.
    np.testing.assert_allclose(np.bincount(rows, minlength=4) / 20_000, probabilities, atol=4 * 0.5 / 20_000**0.5)
    assert not (rows == 1).any()
    again, _ = outcomes_of(probabilities, output="samples", n=20_000, key=KEY)
    assert torch.equal(rows, again)


def test_the_gradient_of_drawn_weights_is_that_of_the_distribution_on_average() -> None:
    angles = torch.tensor([0.3, -0.2, 0.5, 0.1]).double().requires_grad_()
    values = torch.tensor([1.0, -2.0, 0.5, 3.0]).double()

    def gradient(output: str, step: int) -> torch.Tensor:
        rows, weights = outcomes_of(angles.softmax(0), output=output, n=50, key=Key(0, "latent", step))  # type: ignore[arg-type]
        return torch.autograd.grad(weights @ values[rows], angles)[0]

    exact = gradient("distribution", 0)
    drawn = torch.stack([gradient("samples", step) for step in range(400)])
    error = drawn.std(0) / 400**0.5
    # Four standard errors.
    assert ((drawn.mean(0) - exact).abs() < 4 * error).all()
    assert (exact.abs() > 8 * error).any()


def test_draws_and_shots_come_from_other_streams_than_latents() -> None:
    uniform = torch.full((1000,), 1e-3).double()
    rows, _ = outcomes_of(uniform, output="samples", n=200, key=KEY)
    from qgan.seeding import stream

    assert rows.tolist() != stream(KEY).choice(1000, size=200).tolist()
