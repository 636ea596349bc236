"""What every generator of the table promises."""

from collections.abc import Callable

import pytest
import torch
from torch.func import functional_call

from qgan.generators import GENERATORS, Generator
from qgan.samples import Draw
from qgan.seeding import Key

Make = Callable[..., Generator]
KEY = Key(5, "latent", 2)


@pytest.fixture(params=GENERATORS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("shape", [(6,), (2, 4), (1,)])
def test_samples_have_the_shape_of_the_data(make: Make, name: str, shape: tuple[int, ...]) -> None:
    module = make(name, shape=shape)
    for n in (1, 5):
        samples = module.sample(n, KEY)
        assert samples.values.shape == (n, *shape)
        assert samples.values.dtype == torch.float32
        assert torch.isfinite(samples.values).all()
        # n single-precision roundings.
        assert samples.weights.sum().item() == pytest.approx(1, abs=1e-6)
        assert (samples.weights >= 0).all()


def test_draws_and_samples_are_functions_of_the_key(make: Make, name: str) -> None:
    module = make(name)
    assert module.draw(4, KEY).latent.shape == (4, module.latent_dim)
    assert torch.equal(module.draw(4, KEY).latent, module.draw(4, KEY).latent)
    assert torch.equal(module.sample(4, KEY).values, module.sample(4, KEY).values)
    assert not torch.equal(module.sample(4, KEY).values, module.sample(4, Key(5, "latent", 3)).values)


def test_weights_are_a_function_of_the_key(make: Make, name: str) -> None:
    one, same, other = (torch.nn.utils.parameters_to_vector(make(name, seed=s).parameters()) for s in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_sample_does_not_depend_on_the_rest_of_the_batch(make: Make, name: str) -> None:
    module = make(name)
    draw = module.draw(5, KEY)
    alone = torch.cat([module(Draw(row[None], None, KEY)).values for row in draw.latent])
    # Single precision: matrix products of another size round otherwise.
    torch.testing.assert_close(alone, module(draw).values, atol=1e-6, rtol=0)


def test_a_gradient_reaches_every_parameter(make: Make, name: str) -> None:
    module = make(name)
    values = module(module.draw(8, KEY)).values
    (values * torch.arange(1.0, 7)).square().sum().backward()
    for parameter in module.parameters():
        assert parameter.grad is not None
        assert torch.isfinite(parameter.grad).all()
        assert (parameter.grad != 0).any()


def test_sampling_keeps_no_gradient(make: Make, name: str) -> None:
    assert not make(name).sample(2, KEY).values.requires_grad


def test_it_runs_with_parameters_given_from_outside(make: Make, name: str) -> None:
    module, other = make(name, seed=0), make(name, seed=1)
    draw = module.draw(3, KEY)
    before = module(draw).values
    given = functional_call(module, dict(other.named_parameters()), (draw,)).values
    assert torch.equal(given, other(draw).values)
    assert not torch.equal(given, before)
    assert torch.equal(module(draw).values, before)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 5.0)])
def test_values_stay_in_the_range_of_the_data(make: Make, name: str, low: float, high: float) -> None:
    values = make(name, low=low, high=high).sample(50, KEY).values
    # One rounding in single precision.
    assert values.min() >= low - 1e-6 * abs(high)
    assert values.max() <= high + 1e-6 * abs(high)
    assert values.min() < values.max()


def test_the_range_is_that_of_the_data(make: Make, name: str) -> None:
    plain, wide = (make(name, low=low, high=high).sample(9, KEY).values for low, high in ((0.0, 1.0), (-3.0, 5.0)))
    torch.testing.assert_close(wide, -3 + 8 * plain, atol=1e-5, rtol=0)


def test_global_random_states_are_left_alone(make: Make, name: str) -> None:
    before = torch.get_rng_state()
    make(name).sample(3, KEY)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_says_how_its_gradient_is_found_and_what_it_ran(make: Make, name: str) -> None:
    module = make(name)
    assert module.gradient.name
    assert module.gradient.why
    module.sample(3, KEY)
    assert (module.counts.executions > 0) == module.quantum
    assert all(isinstance(value, float) for value in module.diagnostics.values())


def test_its_state_can_be_moved(make: Make, name: str) -> None:
    module, other = make(name, seed=0), make(name, seed=1)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other.sample(3, KEY).values, module.sample(3, KEY).values)
