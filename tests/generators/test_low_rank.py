from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qgan.errors import ConfigError
from qgan.generators import ClassicalGenerator
from qgan.generators.low_rank import LowRank, rank_of
from qgan.seeding import Key

Make = Callable[..., ClassicalGenerator]
KEY = Key(5, "latent", 2)


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("sides", "formula"), [((6,), "nr,ir->ni"), ((2, 4), "nr,ir,jr->nij"), ((2, 3, 2), "nr,ir,jr,kr->nijk")]
)
def test_logits_are_the_sum_of_separable_terms(sides: tuple[int, ...], formula: str) -> None:
    module = LowRank(latent_dim=3, width=5, rank=4, sides=sides, activation="tanh", key=KEY)
    latent = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    expected = torch.einsum(formula, module.terms(latent), *module.factors)
    torch.testing.assert_close(module(latent).reshape(7, *sides), expected)


@given(st.integers(1, 8), st.integers(1, 5))
def test_logits_of_one_axis_span_no_more_than_the_rank(width: int, rank: int) -> None:
    module = LowRank(latent_dim=3, width=width, rank=rank, sides=(9,), activation="tanh", key=KEY)
    latent = torch.randn(30, 3, generator=torch.Generator().manual_seed(0))
    assert torch.linalg.matrix_rank(module(latent), rtol=1e-5) <= rank


def test_factors_spread_logits_as_their_terms_do() -> None:
    """Of terms that are standard normal; the spread of a sum of products over many draws of the factors is 1."""
    terms = torch.randn(200, 6, generator=torch.Generator().manual_seed(0))
    for sides in ((40,), (8, 8)):
        spreads = []
        for seed in range(40):
            module = LowRank(latent_dim=2, width=5, rank=6, sides=sides, activation="tanh", key=Key(seed, "factors"))
            module.terms = torch.nn.Identity()  # type: ignore[assignment]
            spreads.append(module(terms).var().item())
        assert sum(spreads) / len(spreads) == pytest.approx(1, abs=0.15)


def test_what_it_costs_is_what_is_said(make: Make) -> None:
    assert count(make("low-rank-mlp", shape=(8, 8), parameters=120, latent_dim=5)) == 105


@given(st.integers(1, 500), st.integers(1, 500))
def test_the_small_matrices_are_no_larger_than_the_one_they_stand_for(width: int, features: int) -> None:
    rank = rank_of(width, features)
    assert 1 <= rank <= min(width, features)
    # An odd number has no half: rounding up costs half a term.
    assert (rank - min(width, features) % 2 / 2) * (width + features) <= width * features


def test_it_makes_pixels_that_a_dense_network_of_the_budget_cannot(make: Make) -> None:
    with pytest.raises(ConfigError):
        make("mlp", shape=(28, 28), parameters=150)
    values = make("low-rank-mlp", shape=(28, 28), parameters=150).sample(20, KEY).values
    assert torch.linalg.matrix_rank(values.flatten(1), rtol=1e-4) > 2


def test_an_axis_of_one_place_costs_nothing(make: Make) -> None:
    one, other = (make("low-rank-mlp", shape=shape, parameters=90) for shape in ((6,), (1, 6, 1)))
    assert [tuple(weight.shape) for weight in one.parameters()] == [tuple(w.shape) for w in other.parameters()]
