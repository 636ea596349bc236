from collections.abc import Callable

import pytest
import torch
from torch import nn

from qgan.errors import ConfigError
from qgan.generators import ClassicalGenerator
from qgan.seeding import Key

Make = Callable[..., ClassicalGenerator]
KEY = Key(5, "latent", 2)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [((8, 8), [(4, 4), (8, 8)]), ((28, 28), [(4, 4), (7, 7), (14, 14), (28, 28)]), ((7, 5), [(4, 3), (7, 5)]),
     ((3, 3), []), ((20, 2), [(5, 1), (10, 1), (20, 2)]), ((9,), [(5,), (9,)])],
)  # fmt: skip
def test_a_small_grid_is_made_larger_step_by_step(make: Make, shape: tuple[int, ...], sizes: list) -> None:
    module = make("conv", shape=shape, parameters=3000)
    assert [part.size for part in module.modules() if isinstance(part, nn.Upsample)] == sizes


def test_neighbours_are_more_alike_than_strangers(make: Make) -> None:
    images = make("conv", shape=(16, 16), parameters=2000).sample(200, KEY).values
    centred = images - images.mean(0)
    near = (centred[:, 8, 8] * centred[:, 8, 9]).mean()
    far = (centred[:, 8, 8] * centred[:, 0, 0]).mean()
    assert near > far


def test_channels_come_last(make: Make) -> None:
    module = make("conv", shape=(4, 5, 2), parameters=400)
    draw, seen = module.draw(3, KEY), []
    last = [part for part in module.modules() if isinstance(part, nn.Conv2d)][-1]
    last.register_forward_hook(lambda _module, _given, made: seen.append(made))
    values = module(draw).values
    torch.testing.assert_close(values, torch.sigmoid(seen[0]).permute(0, 2, 3, 1))


def test_more_than_three_axes_are_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"generator\.name=mlp"):
        make("conv", shape=(2, 2, 2, 2))
