from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qgan.errors import ConfigError
from qgan.generators import ClassicalGenerator
from qgan.generators.budget import TOLERANCE
from qgan.generators.mlp import solve_width
from qgan.seeding import Key

Make = Callable[..., ClassicalGenerator]
sizes = st.integers(1, 100)


def parameters(width: int, latent_dim: int, features: int) -> int:
    return latent_dim * width + width + width * features + features


@given(st.integers(1, 20_000), sizes, sizes)
def test_the_width_comes_nearest_to_the_budget_or_is_refused(budget: int, latent_dim: int, features: int) -> None:
    away = {width: abs(parameters(width, latent_dim, features) - budget) for width in range(1, 20_000 // 3 + 2)}
    least = min(away.values())
    try:
        width = solve_width(budget, latent_dim=latent_dim, features=features)
    except ConfigError as error:
        assert least > TOLERANCE * budget
        cure = int(str(error).rpartition("=")[2].rstrip("."))
        assert abs(cure - budget) == least
        assert parameters(solve_width(cure, latent_dim=latent_dim, features=features), latent_dim, features) == cure
    else:
        assert away[width] == least <= TOLERANCE * budget


@given(st.integers(1, 50), sizes, sizes)
def test_a_budget_that_can_be_met_is_met(width: int, latent_dim: int, features: int) -> None:
    assert solve_width(parameters(width, latent_dim, features), latent_dim=latent_dim, features=features) == width


def test_the_network_has_the_parameters_it_was_solved_for(make: Make) -> None:
    module = make("mlp", parameters=50)
    width = solve_width(50, latent_dim=4, features=6)
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters(width, 4, 6)


def test_the_digits_baseline_has_134_parameters() -> None:
    assert parameters(solve_width(120, latent_dim=5, features=64), 5, 64) == 134


def test_a_budget_out_of_reach_is_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"Set generator\.parameters=17") as caught:
        make("mlp", parameters=3)
    assert "Got: 3" in str(caught.value)


def test_latents_are_standard_normal(make: Make) -> None:
    latent = make("mlp").draw(4000, Key(0, "latent")).latent
    assert latent.dtype == torch.float32
    # Four standard errors of 16 000 draws.
    assert abs(latent.mean().item()) < 4 / 16_000**0.5
    assert abs(latent.var().item() - 1) < 4 * (2 / 16_000) ** 0.5


def test_no_circuit_is_ever_run(make: Make) -> None:
    module = make("mlp")
    module.sample(4, Key(0, "latent"))
    assert (module.quantum, module.counts.executions, module.counts.shots) == (False, 0, 0)
