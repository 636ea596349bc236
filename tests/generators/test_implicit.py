from collections.abc import Callable

import numpy as np
import pennylane as qml
import pytest
import torch

from circuits import from_function
from qgan.errors import ConfigError
from qgan.generators import ImplicitGenerator
from qgan.generators.implicit import coordinates
from qgan.seeding import Key

Make = Callable[..., ImplicitGenerator]
KEY = Key(5, "latent", 2)


def test_coordinates_go_from_edge_to_edge_row_by_row() -> None:
    assert coordinates((2, 3)).tolist() == [[-1, -1], [-1, 0], [-1, 1], [1, -1], [1, 0], [1, 1]]
    assert coordinates((3,)).tolist() == [[-1], [0], [1]]
    assert coordinates((1, 2)).tolist() == [[0, -1], [0, 1]]


def test_a_pixel_is_the_mean_of_z_at_its_place(make: Make) -> None:
    module = make("implicit", shape=(2, 2), low=-1.0, high=1.0)
    draw, weights = module.draw(2, KEY), module.weights["w"][0].detach().numpy()
    matrix, offset = module.matrix.detach().numpy(), module.offset.detach().numpy()

    @qml.qnode(qml.device("default.qubit", wires=3))
    def run(angles: np.ndarray) -> list:
        module.circuit.gates(angles, {"w": weights})
        return [qml.expval(qml.PauliZ(wire)) for wire in range(3)]

    for latent, image in zip(draw.latent.numpy(), module(draw).values.detach().numpy(), strict=True):
        for row, column in np.ndindex(2, 2):
            place = np.array([2 * row - 1, 2 * column - 1])
            angles = matrix @ np.concatenate([place, latent]) + offset
            assert image[row, column] == pytest.approx(np.mean(run(angles)), abs=1e-6)


def test_all_pixels_of_a_batch_are_one_call(make: Make) -> None:
    made: list = []
    module = make("implicit", shape=(3, 2), made=made)
    module.sample(5, KEY)
    assert [used.rows for used in made] == [6]
    assert module.counts.executions == 30


def test_images_of_another_size_agree_where_their_pixels_lie(make: Make) -> None:
    module = make("implicit", shape=(3, 3))
    draw = module.draw(2, KEY)
    small, large = module(draw).values, module.render(draw, (5, 5)).values
    assert torch.equal(module.render(draw, (3, 3)).values, small)
    assert large.shape == (2, 5, 5)
    torch.testing.assert_close(large[:, ::2, ::2], small, atol=1e-6, rtol=0)


@pytest.mark.parametrize("shape", [(4,), (2, 2, 2), (0, 3)])
def test_images_of_other_axes_are_refused(make: Make, shape: tuple[int, ...]) -> None:
    module = make("implicit", shape=(3, 3))
    with pytest.raises(ValueError, match="shape must be 2 numbers of 1 or more"):
        module.render(module.draw(1, KEY), shape)


def test_a_circuit_that_encodes_nothing_is_refused(make: Make) -> None:
    own = from_function(
        lambda _, weights: qml.RY(weights["w"][..., 0], wires=0), n_wires=1, latent_dim=0, weight_shapes={"w": (1,)}
    )
    with pytest.raises(ConfigError, match="has no latents"):
        make("implicit", own=own)
