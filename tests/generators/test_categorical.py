from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from qgan.errors import ConfigError
from qgan.generators import CategoricalGenerator
from qgan.generators.budget import TOLERANCE
from qgan.seeding import Key

Make = Callable[..., CategoricalGenerator]
KEY = Key(5, "latent", 2)
LEVELS = [[0.0, 0.25, 1.0], [0.5], [0.0, 1.0]]


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_its_points_are_all_of_the_grid_and_its_weights_their_probabilities(make: Make) -> None:
    module = make("categorical", shape=(3,), levels=LEVELS)
    samples = module(module.draw(2, KEY))
    assert samples.values.tolist() == [[a, 0.5, b] for a in LEVELS[0] for b in LEVELS[2]]
    shown = 2 * samples.values[:, [0, 2]] - 1
    logits = module.layers(shown).squeeze(1)
    torch.testing.assert_close(samples.weights, logits.exp() / logits.exp().sum())


def test_it_has_the_points_of_a_born_machine(
    make: Make,
) -> None:
    one, other = (make(name, shape=(2, 3), levels=2) for name in ("categorical", "born"))
    ours, theirs = (module(module.draw(3, KEY)).values for module in (one, other))
    assert torch.equal(ours, theirs)


def test_it_begins_near_the_uniform_distribution(make: Make) -> None:
    weights = make("categorical", levels=4)(make("categorical").draw(1, KEY)).weights
    assert (weights * len(weights)).max() < 3


def test_samples_are_drawn_by_weight(make: Make) -> None:
    module: Any = make("categorical", shape=(1,), levels=5, parameters=30)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(3)
    n, weights = 20_000, module(module.draw(1, KEY)).weights.detach().numpy()
    drawn = module.sample(n, KEY).values.flatten().numpy()
    shares = np.array([(drawn == value).mean() for value in np.linspace(0, 1, 5, dtype="float32")])
    assert np.ptp(weights) > 0.05
    # Four standard errors.
    assert (np.abs(shares - weights) < 4 * np.sqrt(weights / n)).all()


@pytest.mark.parametrize("features", [1, 4, 6])
def test_budgets_are_kept_to_within_a_quarter_or_refused(make: Make, features: int) -> None:
    for budget in range(1, 60):
        try:
            module = make("categorical", shape=(features,), parameters=budget)
        except ConfigError as error:
            module = make("categorical", shape=(features,), parameters=int(str(error).rpartition("=")[2][:-1]))
            assert abs(count(module) - budget) > TOLERANCE * budget
        else:
            assert abs(count(module) - budget) <= TOLERANCE * budget


@pytest.mark.parametrize(
    ("options", "got"),
    [({"levels": None}, "continuous"), ({"shape": (17,)}, "131072 points"), ({"levels": [[1.0]] * 6}, "1 points")],
)
def test_data_without_a_grid_are_refused(make: Make, options: dict[str, Any], got: str) -> None:
    with pytest.raises(ConfigError, match=got):
        make("categorical", **options)
