"""The classical baseline: a dense generator with about as many parameters as the quantum one has."""

__all__ = ["MLPOptions", "mlp", "solve_width"]

from pydantic import Field

from qgan.generators.base import Ingredients
from qgan.generators.budget import nearest_width
from qgan.generators.classical import ClassicalGenerator, ClassicalOptions
from qgan.networks import dense


class MLPOptions(ClassicalOptions):
    """Options of the dense generator.

    Attributes:
        latent_dim: Numbers in one latent.
    """

    latent_dim: int = Field(default=5, ge=1, le=2**20)


def solve_width(budget: int, *, latent_dim: int, features: int) -> int:
    """The hidden width whose network latent_dim - width - features comes nearest to the budget.

    Raises:
        ConfigError: If even the nearest is more than a quarter of the budget away.
    """
    return nearest_width(
        budget,
        lambda width: width * (latent_dim + 1 + features) + features,
        network=f"dense generator of {latent_dim} latents and {features} outputs",
    )


def mlp(options: MLPOptions, ingredients: Ingredients) -> ClassicalGenerator:
    """One hidden layer.

    Raises:
        ConfigError: If the budget cannot be met.
    """
    features = ingredients.data.features
    width = solve_width(options.parameters, latent_dim=options.latent_dim, features=features)
    layers = dense([options.latent_dim, width, features], options.activation)
    return ClassicalGenerator(layers, latent_dim=options.latent_dim, ingredients=ingredients)
