"""Laws that every penalty of the table obeys, then the closed forms of each."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from qgan.build import build
from qgan.config import load
from qgan.errors import ConfigError
from qgan.penalties import PENALTIES, Penalty
from qgan.samples import Samples
from qgan.seeding import Key

KEY = Key(3, "penalty", 5)
DTYPES = [torch.float32, torch.float64]


def make(name: str, **options: Any) -> Penalty:
    entry = PENALTIES[name]
    return entry.make(entry.options(**options))


@pytest.fixture(params=PENALTIES)
def penalty(request: pytest.FixtureRequest) -> Penalty:
    return make(request.param)


class Told(nn.Module):
    """A smooth discriminator of images that is told labels."""

    def __init__(self, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(7, 5, dtype=dtype), nn.Tanh(), nn.Linear(5, 1, dtype=dtype))
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.linspace(-1, 2, parameter.numel()).sin().reshape(parameter.shape))

    def forward(self, values: Tensor, labels: Tensor) -> Tensor:
        seen = torch.cat([values.flatten(1), nn.functional.one_hot(labels, 3).to(values)], 1)
        return self.layers(seen).squeeze(-1)

    def critic(self, samples: Samples) -> Tensor:
        assert samples.labels is not None
        return self(samples.values, samples.labels)


class Line(nn.Module):
    """The linear critic w.x + b, whose slope is known."""

    def __init__(self, weights: list[float]) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor(weights, dtype=torch.float64))
        self.bias = nn.Parameter(torch.tensor(0.3, dtype=torch.float64))

    def critic(self, samples: Samples) -> Tensor:
        return samples.values.flatten(1) @ self.weights + self.bias


def images(n: int, dtype: torch.dtype = torch.float64, weights: Tensor | None = None, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    values = torch.from_numpy(rng.normal(size=(n, 2, 2))).to(dtype)
    labels = torch.from_numpy(rng.integers(3, size=n))
    return Samples(values, weights.to(dtype), labels) if weights is not None else Samples.uniform(values, labels)


FAKES: dict[str, Callable[[torch.dtype], Samples]] = {
    "as many": lambda dtype: images(4, dtype, seed=1),
    "fewer": lambda dtype: images(2, dtype, seed=1),
    "more": lambda dtype: images(9, dtype, seed=1),
    "weighted": lambda dtype: images(4, dtype, torch.tensor([0.7, 0.0, 0.1, 0.2]), seed=1),
    "of another precision": lambda dtype: images(4, DTYPES[dtype == torch.float32], seed=1),
}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("fake", FAKES)
def test_it_is_a_finite_scalar_with_finite_gradients(penalty: Penalty, fake: str, dtype: torch.dtype) -> None:
    module = Told(dtype)
    value = penalty(module.critic, images(4, dtype), FAKES[fake](dtype), KEY)
    assert (value.shape, value.dtype) == ((), dtype)
    assert torch.isfinite(value)
    assert value >= 0
    total = value + module.critic(images(4, dtype)).sum()
    for gradient in torch.autograd.grad(total, list(module.parameters())):
        assert torch.isfinite(gradient).all()


def test_its_gradient_is_that_of_finite_differences(penalty: Penalty) -> None:
    module, real, fake = Told(), images(4), images(4, seed=1)

    def value(*parameters: Tensor) -> Tensor:
        names = [name for name, _ in module.named_parameters()]

        def critic(samples: Samples) -> Tensor:
            told = (samples.values, samples.labels)
            return torch.func.functional_call(module, dict(zip(names, parameters, strict=True)), told)

        return penalty(critic, real, fake, KEY) + critic(real).sum()

    assert torch.autograd.gradcheck(value, tuple(module.parameters()))


def test_it_is_a_function_of_its_key(penalty: Penalty) -> None:
    critic, real, fake = Told().critic, images(4), images(7, seed=1)
    before = torch.get_rng_state()
    one, same = (penalty(critic, real, fake, KEY) for _ in range(2))
    assert torch.equal(one, same)
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_of_real_samples_stand_for_their_repetition(penalty: Penalty) -> None:
    """Where every point has the same slope, whichever point is drawn."""
    critic, few = Line([0.3, -2.0, 1.0, 0.1]).critic, images(2, weights=torch.tensor([2 / 3, 1 / 3]))
    many = Samples.uniform(few.values[[0, 0, 1]])
    torch.testing.assert_close(
        penalty(critic, few, images(2, seed=1), KEY), penalty(critic, many, images(3, seed=1), KEY)
    )


def test_samples_are_constants_to_it(penalty: Penalty) -> None:
    module, real = Told(), images(4)
    real.values.requires_grad_()
    total = penalty(module.critic, real, images(4, seed=1), KEY) + 0 * real.values.sum()
    assert not torch.autograd.grad(total, real.values)[0].any()


def test_a_flat_critic_has_finite_gradients(penalty: Penalty) -> None:
    """Where the norm of the slope has no derivative."""
    module = Line([0.0] * 4)
    total = penalty(module.critic, images(4), images(4, seed=1), KEY) + module.critic(images(4)).sum()
    for gradient in torch.autograd.grad(total, list(module.parameters())):
        assert torch.isfinite(gradient).all()


def test_a_critic_that_ignores_the_samples_is_no_trouble(penalty: Penalty) -> None:
    module = Line([1.0] * 4)
    assert torch.isfinite(penalty(lambda samples: module.bias.expand(len(samples)), images(4), images(4), KEY))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_where_weights_may_be_they_stay(penalty: Penalty, dtype: torch.dtype) -> None:
    module = Told(dtype)
    penalty.project(module)
    once = copy.deepcopy(module.state_dict())
    penalty.project(module)
    assert all(torch.equal(value, once[name]) for name, value in module.state_dict().items())
    assert all(parameter.requires_grad for parameter in module.parameters())


NORM = (0.3**2 + 2.0**2 + 1.0**2 + 0.1**2) ** 0.5
CLOSED = [
    ("none", {}, 0.0),
    ("weight-clipping", {}, 0.0),
    ("gradient-penalty", {}, 10 * (NORM - 1) ** 2),
    ("gradient-penalty", {"coefficient": 2.5, "one_sided": True}, 2.5 * (NORM - 1) ** 2),
    ("r1", {}, 5 * NORM**2),
    ("r1", {"coefficient": 3.0}, 1.5 * NORM**2),
]


@pytest.mark.parametrize(("name", "options", "expected"), CLOSED)
def test_the_slope_of_a_linear_critic_is_known(name: str, options: dict[str, Any], expected: float) -> None:
    critic = Line([0.3, -2.0, 1.0, 0.1]).critic
    found = make(name, **options)(critic, images(4), images(3, seed=1), KEY)
    assert found.item() == pytest.approx(expected, rel=1e-12)


def test_one_side_lets_gentle_slopes_be() -> None:
    gentle, real, fake = Line([0.3, -0.4, 0.0, 0.0]).critic, images(4), images(4, seed=1)
    assert make("gradient-penalty", one_sided=True)(gentle, real, fake, KEY).item() == 0
    assert make("gradient-penalty")(gentle, real, fake, KEY).item() == pytest.approx(10 * 0.5**2, rel=1e-12)


def watched(penalty: Penalty, real: Samples, fake: Samples, key: Key = KEY) -> tuple[Tensor, Samples]:
    """The penalty of |x|^2 / 2, whose slope is |x|, and where it was taken."""
    seen: list[Samples] = []

    def critic(samples: Samples) -> Tensor:
        seen.append(samples)
        return samples.values.flatten(1).square().sum(1) / 2

    return penalty(critic, real, fake, key), seen[-1]


def test_r1_is_taken_at_real_samples() -> None:
    real = images(3, weights=torch.tensor([0.5, 0.2, 0.3]))
    value, seen = watched(make("r1"), real, images(5))
    torch.testing.assert_close(value, 5 * real.weights @ real.values.flatten(1).square().sum(1))
    assert torch.equal(seen.values, real.values)
    assert seen.labels is real.labels


def test_the_gradient_penalty_is_taken_between_real_and_fake() -> None:
    real, fake = images(50, weights=torch.arange(50) / 1225), images(50, seed=1)
    value, seen = watched(make("gradient-penalty"), real, fake)
    share = (seen.values - fake.values) / (real.values - fake.values)
    shares = share.flatten(1).mean(1)
    torch.testing.assert_close(share, shares[:, None, None].expand_as(share))
    assert ((shares >= 0) & (shares < 1)).all()
    assert len(shares.unique()) == 50
    # Five standard errors of a uniform mean.
    assert abs(shares.mean().item() - 0.5) < 5 * (1 / 12 / 50) ** 0.5
    assert seen.labels is real.labels
    torch.testing.assert_close(value, 10 * real.weights @ (seen.values.flatten(1).norm(dim=1) - 1).square())


@pytest.mark.parametrize("repeats", [1, 50, 80], ids=["fewer", "as many", "more"])
def test_the_gradient_penalty_draws_fakes_by_their_weight(repeats: int) -> None:
    real = Samples.uniform(torch.zeros(200, 1, dtype=torch.float64))
    values, weights = (
        torch.tensor([[1.0], [-1.0], [9.0], [9.0]]).double(),
        torch.tensor([0.25, 0.75, 0.0, 0.0]).double(),
    )
    fake = Samples(values.repeat(repeats, 1), weights.repeat(repeats) / repeats)
    _, seen = watched(make("gradient-penalty"), real, fake)
    assert seen.values.abs().max() <= 1
    # Five standard errors of a coin with sides of 1/4 and 3/4.
    assert abs((seen.values > 0).double().mean().item() - 0.25) < 5 * (0.25 * 0.75 / 200) ** 0.5


def test_another_key_gives_other_points() -> None:
    real, fake = images(4), images(4, seed=1)
    points = [watched(make("gradient-penalty"), real, fake, KEY._replace(step=step))[1].values for step in (1, 2)]
    assert not torch.equal(*points)


def test_clipping_keeps_weights_within_their_bound() -> None:
    module = Told()
    module.layers[2].requires_grad_(False)
    kept, before = module.layers[2].state_dict(), copy.deepcopy(module.state_dict())
    make("weight-clipping", bound=0.25).project(module)
    for name in ("weight", "bias"):
        clipped = module.get_parameter(f"layers.0.{name}")
        assert torch.equal(clipped, before[f"layers.0.{name}"].clamp(-0.25, 0.25))
        assert torch.equal(kept[name], before[f"layers.2.{name}"]), "what is not trained is not clipped"
    assert max(parameter.abs().max() for parameter in module.layers[0].parameters()) == 0.25


def test_the_others_leave_weights_alone() -> None:
    for name in set(PENALTIES) - {"weight-clipping"}:
        module = Told()
        before = copy.deepcopy(module.state_dict())
        make(name).project(module)
        assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"penalty.name": "gradient-penalti"}, "There is no penalty called.*Did you mean 'gradient-penalty'"),
        ({"penalty.name": "r1", "penalty.gamma": 1.0}, "There is no setting 'penalty.gamma'.*coefficient"),
        ({"penalty.name": "gradient-penalty", "penalty.coeficient": 1.0}, "Did you mean 'coefficient'"),
        ({"penalty.name": "r1", "penalty.coefficient": 0.0}, "'penalty.coefficient' cannot be used"),
        ({"penalty.name": "weight-clipping", "penalty.bound": -1.0}, "'penalty.bound' cannot be used"),
        ({"penalty.coefficient": 1.0}, "'penalty.name' is missing"),
    ],
)
def test_a_mistake_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(load("digits-patch-classical", changes=changes.items()))
