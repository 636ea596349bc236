import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from qgan.data.arrays import from_array
from qgan.generators import ClassicalGenerator, Ingredients
from qgan.generators.coordinate import CoordinateOptions, coordinate, fourier
from qgan.samples import Kind
from qgan.seeding import Key

Make = Callable[..., ClassicalGenerator]
KEY = Key(5, "latent", 2)


def refused(*_arguments: Any, **_named: Any) -> Any:
    raise AssertionError("a classical generator asks for no circuits")


def of_kind(kind: Kind, shape: tuple[int, ...], **options: Any) -> ClassicalGenerator:
    values = np.random.default_rng(0).random((10, *shape))
    data = replace(from_array(values, seed=0), kind=kind, low=0.0, high=1.0)
    ingredients = Ingredients(data, Key(0, "generator weights"), refused, refused, refused)
    return coordinate(CoordinateOptions(**options), ingredients)


def test_places_go_from_edge_to_edge_with_their_waves() -> None:
    first, middle, last = fourier((3,), 2).tolist()
    half, whole = math.pi / 2, math.pi
    for row, place in ((first, -1.0), (middle, 0.0), (last, 1.0)):
        sines, cosines = [math.sin(half * place), math.sin(whole * place)], [math.cos(half * place)]
        assert row == pytest.approx([1, place, *sines, *cosines, math.cos(whole * place)], abs=1e-6)


def test_rows_and_columns_have_waves_of_their_own_and_one_place_says_nothing() -> None:
    assert fourier((2, 3), 0).tolist() == [[1, -1, -1], [1, -1, 0], [1, -1, 1], [1, 1, -1], [1, 1, 0], [1, 1, 1]]
    assert fourier((4, 5), 3).shape == (20, 1 + 2 * 7)
    assert torch.equal(fourier((1, 4), 2), fourier((4,), 2))
    assert fourier((1, 1), 2).tolist() == [[1]]
    assert len(fourier((8, 8), 1).unique(dim=0)) == 64


@pytest.mark.parametrize("frequencies", [0, 2])
def test_a_pixel_is_the_network_at_its_place(make: Make, frequencies: int) -> None:
    module: Any = make("coordinate", shape=(3, 4), parameters=90, frequencies=frequencies)
    network = module.layers
    first = torch.cat([network.of_place.weight, network.of_latent.weight], dim=1)
    draw = module.draw(2, KEY)
    values = module(draw).values
    for image, latent in zip(values, draw.latent, strict=True):
        for pixel, place in zip(image.flatten(), fourier((3, 4), frequencies), strict=True):
            alone = torch.sigmoid(network.layers(first @ torch.cat([place, latent])))
            torch.testing.assert_close(pixel, alone[0])


def test_all_pixels_of_a_batch_are_one_call(make: Make) -> None:
    module, seen = make("coordinate", shape=(3, 4), parameters=90), []
    last = [part for part in module.modules() if isinstance(part, nn.Linear)][-1]
    last.register_forward_hook(lambda _module, given, _made: seen.append(given[0].shape[:2]))
    module.sample(5, KEY)
    assert seen == [(5, 12)]


def test_a_larger_image_has_no_more_parameters(make: Make) -> None:
    small, large = (make("coordinate", shape=(size, size), parameters=300) for size in (4, 28))
    assert all(torch.equal(value, large.state_dict()[name]) for name, value in small.state_dict().items())


def test_neighbours_are_more_alike_than_strangers(make: Make) -> None:
    images = make("coordinate", shape=(16, 16), parameters=2000).sample(200, KEY).values
    alike = torch.corrcoef(torch.stack([images[:, 8, 8], images[:, 8, 9], images[:, 0, 0]]))
    assert alike[0, 1] > 0.99
    assert alike[0, 1] > alike[0, 2]


def test_features_of_points_stand_in_no_order(make: Make) -> None:
    module: Any = make("coordinate", shape=(6,), parameters=90)
    draw = module.draw(4, KEY)
    before = module(draw).values
    weight = module.layers.of_place.weight
    assert weight.shape[1] == len(before[0].unique()) == 6
    order = torch.tensor([3, 0, 5, 1, 2, 4])
    with torch.no_grad():
        weight.copy_(weight[:, order])
    torch.testing.assert_close(module(draw).values, before[:, order])


@pytest.mark.parametrize(
    ("kind", "shape", "places", "outputs"),
    [("series", (7,), 7, 1), ("series", (7, 3), 7, 3), ("text", (4,), 4, 1), ("image", (4, 5), 20, 1),
     ("image", (4, 5, 3), 20, 3), ("points", (4,), 4, 1), ("points", (4, 3), 12, 1)],
)  # fmt: skip
def test_places_are_pixels_steps_letters_or_features(
    kind: Kind, shape: tuple[int, ...], places: int, outputs: int
) -> None:
    module: Any = of_kind(kind, shape, parameters=200)
    draw = module.draw(3, KEY)
    logits = module.layers(draw.latent)
    assert logits.shape == (3, places, outputs)
    assert (module.layers.places is None) == (kind == "points")
    torch.testing.assert_close(module(draw).values, torch.sigmoid(logits).reshape(3, *shape))


def test_a_table_of_many_features_makes_no_square_of_them() -> None:
    features = 20_000
    module = of_kind("points", (features,), parameters=features + 50, latent_dim=1)
    assert max(buffer.numel() for buffer in module.buffers()) < features
    assert sum(parameter.numel() for parameter in module.parameters()) == pytest.approx(features, rel=0.25)
