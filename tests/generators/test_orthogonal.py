from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd.functional import jacobian
from torch.func import functional_call

from qgan.errors import ConfigError
from qgan.generators import ClassicalGenerator
from qgan.generators.orthogonal import Rotations, count_rotations
from qgan.seeding import Key

Make = Callable[..., ClassicalGenerator]
KEY = Key(5, "latent", 2)
widths, depths = st.integers(2, 9), st.integers(1, 11)


def matrix_of(module: Rotations, angles: Tensor | None = None) -> Tensor:
    """Rows are what becomes of the unit vectors; float64."""
    tables = {"signs": module.signs.double(), "angles": module.angles.double() if angles is None else angles}
    return functional_call(module, tables, (torch.eye(module.partners.shape[1], dtype=torch.float64),))


@given(widths, depths, st.integers(0, 5))
def test_lengths_and_angles_are_kept(width: int, depth: int, seed: int) -> None:
    module = Rotations(width=width, depth=depth, read=width, key=Key(seed, "angles"))
    matrix = matrix_of(module)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(width, dtype=torch.float64), atol=1e-13, rtol=0)
    assert torch.linalg.det(matrix).item() == pytest.approx(1)
    single = module(torch.eye(width))
    # Single precision, a rounding or two for each layer.
    torch.testing.assert_close(single @ single.T, torch.eye(width), atol=1e-5, rtol=0)


@given(widths, depths)
def test_it_is_the_product_of_rotations_of_neighbours(width: int, depth: int) -> None:
    module = Rotations(width=width, depth=depth, read=width, key=KEY)
    angles = module.angles.detach().double()
    product, place = torch.eye(width, dtype=torch.float64), 0
    # They are numbered from the last layer, whose pairs begin at 0, back to the first.
    for turn in range(depth):
        for left in range(turn % 2, width - 1, 2):
            plane = torch.eye(width, dtype=torch.float64)
            c, s = angles[place].cos(), angles[place].sin()
            plane[left : left + 2, left : left + 2] = torch.stack([torch.stack([c, -s]), torch.stack([s, c])])
            product, place = product @ plane, place + 1
    assert place == len(angles)
    torch.testing.assert_close(matrix_of(module).T, product)


@given(widths, depths, st.data())
def test_what_is_left_out_could_move_nothing_that_is_read_and_all_else_can(
    width: int, depth: int, data: st.DataObject
) -> None:
    read = data.draw(st.integers(1, width))
    whole, part = (Rotations(width=width, depth=depth, read=seen, key=KEY) for seen in (width, read))

    def moves(module: Rotations) -> int:
        change = jacobian(lambda angles: matrix_of(module, angles)[:, :read], module.angles.detach().double())
        return int((change.abs().amax((0, 1)) > 1e-12).sum())

    assert part.angles.numel() == count_rotations(width, depth, read) == moves(part) == moves(whole)


@pytest.mark.parametrize("width", [2, 3, 6, 7])
def test_as_deep_as_wide_is_every_rotation(width: int) -> None:
    module = Rotations(width=width, depth=width, read=width, key=KEY)
    change = jacobian(lambda angles: matrix_of(module, angles).flatten(), module.angles.detach().double())
    assert torch.linalg.matrix_rank(change, rtol=1e-8) == width * (width - 1) // 2 == module.angles.numel()


@pytest.mark.parametrize(("shape", "parameters"), [((8, 8), 120), ((8, 8), 264), ((2,), 76), ((6,), 132)])
def test_every_feature_moves_with_the_latent(make: Make, shape: tuple[int, ...], parameters: int) -> None:
    module: Any = make("orthogonal", shape=shape, parameters=parameters, latent_dim=5)
    change = jacobian(lambda latent: module.layers(latent)[0], module.draw(1, KEY).latent)
    assert (change.abs().amax((1, 2)) > 0).all()


def test_the_one_beside_the_latent_makes_an_image_of_its_own(make: Make) -> None:
    module: Any = make("orthogonal", shape=(8, 8), parameters=264, latent_dim=5)
    assert len(module.layers(torch.zeros(1, 5)).unique()) > 32


def test_all_but_one_of_its_parameters_are_angles(make: Make) -> None:
    module = make("orthogonal", shape=(8, 8), parameters=264)
    sizes = {name.rpartition(".")[2]: parameter.numel() for name, parameter in module.named_parameters()}
    assert sizes["factor"] == 1
    assert set(sizes) == {"factor", "angles"}


def test_one_factor_for_all_logits_reaches_black_and_white(make: Make) -> None:
    module: Any = make("orthogonal", shape=(8, 8), parameters=264)
    with torch.no_grad():
        module.layers.factor.fill_(100)
    values = module.sample(50, KEY).values
    assert values.min() < 0.001
    assert values.max() > 0.999


def test_a_budget_out_of_reach_is_refused_by_its_depth(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"65 \(depth 1\), 127 \(depth 2\)"):
        make("orthogonal", shape=(8, 8), parameters=30)
