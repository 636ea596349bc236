"""Gradients against differences: right ones agree, wrong ones are told, and nothing at all is changed by asking."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from qgan import config
from qgan.build import build
from qgan.checks.gradient import Agreement, agreements
from qgan.experiment import Experiment
from qgan.objects import Objects

VALUES = np.random.default_rng(3).uniform(size=(60, 4))
SMALL = [("train.batch_size", 8), ("run.device", "cpu")]
QUANTUM = [("generator.n_wires", 3), ("generator.layers", 2)]


class Scaled(torch.autograd.Function):
    """The identity, with a gradient of its own making."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return ctx.factor * cotangents[0], None


class Wrong(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor
        with torch.random.fork_rng():
            torch.manual_seed(5)
            self.layers = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, values: Tensor) -> Tensor:
        return self.layers(Scaled.apply(values, self.factor))


class Restless(nn.Module):
    """Much that changes with every pass: running means, power iterations, dropout."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 16))
        self.layers = nn.Sequential(first, nn.BatchNorm1d(16), nn.LeakyReLU(), nn.Dropout(0.3), nn.Linear(16, 1))

    def forward(self, values: Tensor) -> Tensor:
        return self.layers(values)


class SingleOnly(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 1)

    def forward(self, values: Tensor) -> Tensor:
        assert values.dtype == torch.float32
        return self.layer(values)


def experiment(
    recipe: str = "digits-patch-classical", *, discriminator: nn.Module | None = None, **changes: Any
) -> Experiment:
    more = [(key.replace("__", "."), value) for key, value in changes.items()]
    budget = [("generator.parameters", 40)] if recipe == "digits-patch-classical" else QUANTUM
    settings = config.load(recipe, changes=[*SMALL, *budget, *more])
    return build(settings, Objects(data=VALUES, discriminator=discriminator))


@pytest.mark.parametrize("recipe", ["digits-patch", "digits-patch-classical"])
def test_ours_agree(recipe: str) -> None:
    found = agreements(experiment(recipe))
    assert set(found) == {"discriminator", "generator"}
    for player in found.values():
        assert player.problem is None
        assert player.skipped is None
        assert player.difference == pytest.approx(player.gradient, rel=0.05)


@pytest.mark.parametrize("factor", [-1.0, -0.01, 0.0, 0.3, 3.0])
def test_a_wrong_gradient_is_told(factor: float) -> None:
    found = agreements(experiment(discriminator=Wrong(factor)))
    words = "zero" if factor == 0 else "wrong way" if factor < 0 else "wrong size"
    assert words in str(found["generator"].problem)
    assert found["discriminator"].problem is None


def test_a_right_gradient_of_ones_own_making_agrees() -> None:
    assert agreements(experiment(discriminator=Wrong(1.0)))["generator"].problem is None


@pytest.mark.parametrize("module", [Restless, SingleOnly])
def test_modules_of_all_kinds_are_compared(module: type[nn.Module]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        own = module()
    found = agreements(experiment(discriminator=own))
    assert [player.problem or player.skipped for player in found.values()] == [None, None]


def test_a_loss_of_steps_is_not_called_wrong() -> None:
    class Rounds(Wrong):
        def forward(self, values: Tensor) -> Tensor:
            return self.layers(values + (values.round() - values).detach())

    generator = agreements(experiment(discriminator=Rounds(1.0)))["generator"]
    assert generator.problem is None
    assert "discrete" in str(generator.skipped)


def test_with_shots_it_says_why_it_does_not_look() -> None:
    some = experiment("digits-patch", backend__shots=10)
    assert {player.skipped is not None for player in agreements(some).values()} == {True}
    assert some.generator.counts.executions == 0


def test_a_classical_generator_takes_no_shots() -> None:
    assert agreements(experiment(backend__shots=10))["generator"].skipped is None


def test_an_objective_that_fails_is_left_to_the_loop() -> None:
    some = experiment(discriminator=SingleOnly())
    some.discriminator.register_forward_pre_hook(lambda *_: 1 / 0)  # pyright: ignore[reportArgumentType]
    assert "ZeroDivisionError" in str(agreements(some)["generator"].skipped)


@pytest.mark.parametrize("recipe", ["digits-patch", "digits-patch-classical"])
def test_nothing_is_changed_by_asking(recipe: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        some = experiment(recipe, discriminator=Restless())
    for player in some.game.players:  # optimisers with a state
        for parameter in player.parameters:
            parameter.grad = torch.ones_like(parameter)
        player.optimizer.step()
    tensors, scalars = some.state.state_dict()
    counts = some.generator.counts
    counts.executions, counts.shots = 7, 3
    places = [parameter.data_ptr() for module in some.state.modules.values() for parameter in module.parameters()]
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in some.discriminator.modules()]
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    first = agreements(some)
    assert first == agreements(some)
    after, others = some.state.state_dict()
    assert others == scalars
    assert all(torch.equal(after[name], tensors[name]) for name in tensors)
    assert all(after[name].dtype == tensors[name].dtype for name in tensors)
    assert [p.data_ptr() for module in some.state.modules.values() for p in module.parameters()] == places
    assert [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in some.discriminator.modules()] == hooks
    assert (counts.executions, counts.shots) == (7, 3)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert str(np.random.get_state()) == str(numpy_state)  # noqa: NPY002
    assert all(torch.equal(p.grad, torch.ones_like(p)) for p in some.discriminator.parameters() if p.grad is not None)


def test_an_agreement_is_plain_json() -> None:
    assert Agreement(skipped="why")._asdict() == {
        "gradient": None,
        "difference": None,
        "problem": None,
        "skipped": "why",
    }
