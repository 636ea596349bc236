from collections.abc import Callable

import numpy as np
import pytest
import torch

from qgan.errors import ConfigError
from qgan.generators import AmplitudeGenerator
from qgan.generators.amplitude import colours
from qgan.seeding import Key

Make = Callable[..., AmplitudeGenerator]
KEY = Key(5, "latent", 2)


def test_the_even_superposition_is_grey(make: Make) -> None:
    module = make("amplitude", shape=(2, 4), low=-1.0, high=3.0, latent_high=0.0)
    with torch.no_grad():
        module.weights["w"].zero_()
    torch.testing.assert_close(module.sample(3, KEY).values, torch.ones(3, 2, 4), atol=1e-6, rtol=0)


def test_colours_are_arc_cosines_of_amplitudes() -> None:
    wanted = np.random.default_rng(0).uniform(0, 1, (3, 5))
    angle = np.pi / 2 * wanted
    # An image in FRQI: address j with colour cos |0> + sin |1>; addresses need not be equally likely.
    share = np.random.default_rng(1).dirichlet(np.ones(5), 3)
    joint = torch.from_numpy(np.stack([share * np.cos(angle) ** 2, share * np.sin(angle) ** 2], axis=1))
    np.testing.assert_allclose(colours(joint), wanted, atol=1e-9)
    a = joint.sqrt()
    arc = 2 / np.pi * torch.arccos(a[:, 0] / (a[:, 0] ** 2 + a[:, 1] ** 2).sqrt())
    np.testing.assert_allclose(colours(joint), arc, atol=1e-7)


def test_black_white_and_unseen_have_colours_and_finite_gradients() -> None:
    joint = torch.tensor([[[0.5, 0.0, 0.0, 0.25], [0.0, 0.0, 0.25, 0.0]]]).double().requires_grad_()
    found = colours(joint)
    # The square root of the smallest probability that counts, over that of the pixel.
    np.testing.assert_allclose(found[0].detach(), [0, 0.5, 1, 0], atol=1e-5)
    found.sum().backward()
    assert joint.grad is not None
    assert torch.isfinite(joint.grad).all()


def test_addresses_beyond_the_last_pixel_are_left_out(make: Make) -> None:
    short, whole = make("amplitude", shape=(6,)), make("amplitude", shape=(8,))
    assert short.circuit.n_wires == whole.circuit.n_wires == 4
    assert torch.equal(short.sample(3, KEY).values, whole.sample(3, KEY).values[:, :6])


def test_a_product_state_makes_all_pixels_alike(make: Make) -> None:
    values = make("amplitude", shape=(8,), entangled=False).sample(5, KEY).values
    torch.testing.assert_close(values, values[:, :1].expand(5, 8), atol=1e-6, rtol=0)
    assert make("amplitude", shape=(8,)).sample(5, KEY).values.std(1).min() > 1e-3


def test_wires_that_do_not_fit_are_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"An image of 6 pixels takes 4 wires.*Set generator\.n_wires=4"):
        make("amplitude", n_wires=5)
