"""What the classical generators of the table have in common beside what all generators promise."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from qgan.errors import ConfigError
from qgan.generators import GENERATORS, ClassicalGenerator, ClassicalOptions
from qgan.generators.budget import TOLERANCE
from qgan.networks import ACTIVATIONS, Activation
from qgan.seeding import Key

Make = Callable[..., ClassicalGenerator]
KEY = Key(5, "latent", 2)
NAMES = [name for name in GENERATORS if issubclass(GENERATORS[name].options, ClassicalOptions)]
SHAPES = [(8, 8), (28, 28), (7, 5), (20,), (12, 3), (5, 4, 3)]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_budgets_are_kept_to_within_a_quarter_or_refused_with_one_that_is(
    make: Make, name: str, shape: tuple[int, ...]
) -> None:
    for budget in (3, 100, 1000, 20_000):
        try:
            module = make(name, shape=shape, parameters=budget)
        except ConfigError as error:
            cure = int(str(error).rpartition("=")[2].rstrip("."))
            assert abs(cure - budget) > TOLERANCE * budget
            module = make(name, shape=shape, parameters=cure)
            assert count(module) == cure
        assert abs(count(module) - budget) <= TOLERANCE * budget or budget <= 1000
        assert module.sample(2, KEY).values.shape == (2, *shape)


def test_wider_is_larger_and_the_nearest_is_taken(make: Make, name: str) -> None:
    found = sorted({count(make(name, shape=(8, 8), parameters=budget)) for budget in range(1000, 4000, 50)})
    assert len(found) > 3
    for budget in range(1000, 4000, 170):
        away = abs(count(make(name, shape=(8, 8), parameters=budget)) - budget)
        assert away <= min(abs(size - budget) for size in found)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_learns(make: Make, name: str, activation: Activation) -> None:
    module = make(name, activation=activation, parameters=400)
    kind = type(ACTIVATIONS[activation]())
    assert any(isinstance(part, kind) for part in module.modules())
    values = module(module.draw(16, KEY)).values
    (values * torch.arange(1.0, 7)).square().sum().backward()
    for which, parameter in module.named_parameters():
        assert parameter.grad is not None, which
        assert torch.isfinite(parameter.grad).all(), which
        assert parameter.grad.any(), which


def test_no_circuit_is_ever_run(make: Make, name: str) -> None:
    module = make(name)
    module.sample(4, KEY)
    assert (module.quantum, module.counts.executions, module.counts.shots) == (False, 0, 0)


def test_latents_are_standard_normal(make: Make, name: str) -> None:
    latent = make(name).draw(4000, KEY).latent
    assert latent.dtype == torch.float32
    # Four standard errors.
    assert abs(latent.mean().item()) < 4 / latent.numel() ** 0.5
    assert abs(latent.var().item() - 1) < 4 * (2 / latent.numel()) ** 0.5
