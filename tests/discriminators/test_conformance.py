"""What every discriminator of the table promises, whatever it is told."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.func import functional_call

from qgan.build import build
from qgan.config import load
from qgan.discriminators import DISCRIMINATORS
from qgan.experiment import Experiment
from qgan.loop import train
from qgan.networks import ACTIVATIONS
from qgan.objects import Objects

Make = Callable[..., nn.Module]
ALL: dict[str, Any] = {"minibatch_std": True, "spectral_norm": True, "dropout": 0.25}
VARIANTS: list[dict[str, Any]] = [{}, *({name: value} for name, value in ALL.items()), ALL]


@pytest.fixture(params=DISCRIMINATORS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=VARIANTS, ids=lambda options: "+".join(options) or "plain")
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param


def spread(module: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    return torch.cat([module(row[None]) for row in batch])


@pytest.mark.parametrize("shape", [(8, 8), (4,), (1,), (7, 5), (28, 28), (5, 4, 3), (1, 9)], ids=str)
def test_there_is_one_logit_for_each_sample(
    make: Make, name: str, options: dict[str, Any], shape: tuple[int, ...]
) -> None:
    module = make(name, shape=shape, **options)
    for mode in (True, False):
        for n in (1, 5):
            logits = module.train(mode)(torch.rand(n, *shape))
            assert (logits.shape, logits.dtype) == ((n,), torch.float32)
            assert torch.isfinite(logits).all()


def test_logits_depend_on_the_rest_of_the_batch_where_its_spread_is_seen_only(
    make: Make, name: str, options: dict[str, Any]
) -> None:
    module = make(name, shape=(4, 4), **options).double().eval()
    values = torch.rand(5, 4, 4, dtype=torch.float64)
    together = module(values)
    assert torch.allclose(spread(module, values), together, atol=1e-12, rtol=0) != ("minibatch_std" in options)
    # Its order is never seen.
    torch.testing.assert_close(module(values.flip(0)).flip(0), together, atol=1e-12, rtol=0)


def test_logits_are_not_squashed(make: Make, name: str) -> None:
    # The units of a recurrent one saturate, and its last layer is what could still squash.
    module = make(name, shape=(4,))
    with torch.no_grad():
        for parameter in list(module.parameters())[-2:]:
            parameter.mul_(1e4)
    assert module(1e4 * torch.rand(20, 4)).abs().max() > 1


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_parameter_learns(make: Make, name: str, options: dict[str, Any], activation: str) -> None:
    module = make(name, shape=(16,), classes=3, activation=activation, **options)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module(torch.rand(64, 16), torch.arange(64) % 3).square().sum().backward()
    for which, parameter in module.named_parameters():
        assert parameter.grad is not None, which
        assert torch.isfinite(parameter.grad).all(), which
        assert parameter.grad.any(), which


def test_a_penalty_on_its_gradient_can_be_minimised(make: Make, name: str, options: dict[str, Any]) -> None:
    module, values = make(name, shape=(4, 4), activation="tanh", **options), torch.rand(6, 4, 4, requires_grad=True)
    (slope,) = torch.autograd.grad(module(values).sum(), values, create_graph=True)
    assert slope.abs().sum() > 0
    gradients = torch.autograd.grad(slope.square().sum(), list(module.parameters()), allow_unused=True)
    assert sum(gradient.abs().sum().item() for gradient in gradients if gradient is not None) > 0


def test_the_key_decides_the_weights(make: Make, name: str, options: dict[str, Any]) -> None:
    found = []
    for seed in (0, 0, 1):
        torch.rand(1)  # what others draw in between does not matter
        found.append(make(name, shape=(4,), seed=seed, **options).state_dict())
    one, same, other = found
    assert one.keys() == same.keys() == other.keys()
    for which, value in one.items():
        assert torch.equal(value, same[which]), which
        # One number that is normalised is 1 or -1, whatever it was.
        assert value.numel() == 1 or not torch.equal(value, other[which]), which


def test_torchs_global_stream_is_left_alone(make: Make, name: str, options: dict[str, Any]) -> None:
    before = torch.get_rng_state()
    module = make(name, shape=(4, 4), classes=2, **options).eval()
    module(torch.zeros(3, 4, 4), torch.tensor([0, 1, 1]))
    assert torch.equal(torch.get_rng_state(), before)


def test_precision_is_that_of_the_module(make: Make, name: str, options: dict[str, Any]) -> None:
    module = make(name, shape=(4, 4), classes=2, **options).double()
    assert module(torch.rand(3, 4, 4).double(), torch.tensor([0, 1, 1])).dtype == torch.float64


def test_every_matrix_is_normalised_where_that_is_asked_for(make: Make, name: str) -> None:
    plain, normalised = (make(name, shape=(8, 8), classes=2, spectral_norm=told) for told in (False, True))
    matrices = [which for which, value in plain.named_parameters() if value.ndim > 1]
    for which in matrices:
        layer, _, kind = which.rpartition(".")
        assert f"{layer}.parametrizations.{kind}.original" in dict(normalised.named_parameters())
        weight = getattr(normalised.get_submodule(layer), kind).detach().flatten(1)
        # Fifteen iterations before the first pass come near to it from below.
        assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1, abs=0.1)


def test_its_state_can_be_moved_and_it_can_be_copied(make: Make, name: str, options: dict[str, Any]) -> None:
    module, other = (make(name, shape=(4, 4), seed=seed, **options) for seed in (0, 1))
    values = torch.rand(5, 4, 4)
    module(values).sum().backward()
    other.load_state_dict(module.state_dict())
    expected = module.eval()(values)
    assert torch.equal(other.eval()(values), expected)
    assert torch.equal(copy.deepcopy(module)(values), expected)


def test_it_runs_with_parameters_given_from_outside(make: Make, name: str, options: dict[str, Any]) -> None:
    module, other = (make(name, shape=(4, 4), seed=seed, **options).eval() for seed in (0, 1))
    values, state = torch.rand(5, 4, 4), dict(other.state_dict())
    before = module(values)
    assert torch.equal(functional_call(module, state, (values,)), other(values))
    assert torch.equal(module(values), before)


def test_labels_are_seen(make: Make, name: str, options: dict[str, Any]) -> None:
    module, values = make(name, shape=(4, 4), classes=3, **options).eval(), torch.rand(2, 4, 4)
    logits = [module(values, torch.full((2,), label)) for label in range(3)]
    assert all(given.shape == (2,) for given in logits)
    assert not torch.equal(logits[0], logits[1])
    assert not torch.equal(logits[1], logits[2])
    mixed = module(values, torch.tensor([0, 2]))
    if "minibatch_std" not in options:
        torch.testing.assert_close(mixed, torch.stack([logits[0][0], logits[2][1]]), atol=1e-6, rtol=0)


def experiment(name: str, options: dict[str, Any]) -> Experiment:
    told = {f"discriminator.{key}": value for key, value in options.items()}
    changes = {
        "generator.name": "mlp",
        "generator.parameters": 38,
        "discriminator.name": name,
        "discriminator.hidden": [6],
        "train.batch_size": 4,
        "run.device": "cpu",
        **told,
    }
    base = load("digits-patch-classical", changes=changes.items())
    return build(base, Objects(data=np.random.default_rng(0).random((24, 2, 4))))


def go_on(some: Experiment, *, until: int) -> None:
    for _ in train(some.state, some.game, some.batches, steps=until):
        pass


def test_going_on_from_a_saved_state_ends_as_the_straight_run(name: str, options: dict[str, Any]) -> None:
    straight, first, second = (experiment(name, options) for _ in range(3))
    begun, _ = straight.state.state_dict()
    go_on(straight, until=5)
    go_on(first, until=2)
    second.state.load_state_dict(*first.state.state_dict())
    go_on(second, until=5)
    ended, _ = straight.state.state_dict()
    for which, value in second.state.state_dict()[0].items():
        assert torch.equal(value, ended[which]), which
    for which in begun:  # the vectors of the power iteration are part of the state, and move
        fixed = which.endswith(("/low", "/high")) or begun[which].numel() == 1
        assert fixed or not torch.equal(begun[which], ended[which]), which


@pytest.mark.parametrize(
    ("option", "value"),
    [*(("hidden", wrong) for wrong in ([0], [-1], [2.5], ["3"], [True], 64, [2**21])), ("dropout", 1.0),
     ("dropout", -0.1), ("minibatch_std", 1), ("spectral_norm", "yes"), ("activation", "swish"), ("other", 1)],
)  # fmt: skip
def test_impossible_options_are_refused(name: str, option: str, value: object) -> None:
    with pytest.raises(ValidationError):
        DISCRIMINATORS[name].options.model_validate({option: value})


def test_activations_are_named(name: str) -> None:
    with pytest.raises(ValidationError, match="'relu', 'leaky-relu', 'tanh', 'silu', 'gelu' or 'sine'"):
        DISCRIMINATORS[name].options.model_validate({"activation": "swish"})
