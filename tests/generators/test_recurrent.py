from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from qgan.generators import ClassicalGenerator
from qgan.seeding import Key

Make = Callable[..., ClassicalGenerator]
KEY = Key(5, "latent", 2)


@pytest.mark.parametrize("place", range(5))
def test_a_step_depends_on_the_steps_up_to_it_and_on_none_after(make: Make, place: int) -> None:
    module = make("recurrent", shape=(5, 2), parameters=200, step_latents=3)
    draw = module.draw(4, KEY)
    latent = draw.latent.reshape(4, 5, 3).clone()
    latent[:, place] += 1
    before, after = module(draw).values, module(replace(draw, latent=latent.flatten(1))).values
    assert torch.equal(before[:, :place], after[:, :place])
    assert not torch.isclose(before[:, place:], after[:, place:], atol=1e-6, rtol=0).all(dim=2).any()


def test_a_longer_series_has_no_more_parameters(make: Make) -> None:
    short, long = (make("recurrent", shape=(length,), parameters=300) for length in (3, 30))
    assert all(torch.equal(value, long.state_dict()[name]) for name, value in short.state_dict().items())
    assert (short.latent_dim, long.latent_dim) == (6, 60)
