"""The frozen twin: the circuit's weights stay what they were at the beginning."""

__all__ = ["Frozen"]

from typing import final

from qgan.errors import ConfigError
from qgan.generators import Generator
from qgan.generators.base import CircuitGenerator
from qgan.twins.twin import Twin


@final
class Frozen(Twin):
    """Trains heads, networks and embeddings around a circuit that stays a random one.

    A generator whose only weights are its circuits' would train nothing: the control is then the untrained one,
    ``train.steps = 0``.
    """

    def settle(self, generator: Generator) -> None:
        """Takes the circuits' weights out of training.

        Raises:
            ConfigError: If nothing is left.
        """
        super().settle(generator)
        for module in generator.modules():
            if isinstance(module, CircuitGenerator):
                module.weights.requires_grad_(False)
        if not any(parameter.requires_grad for parameter in generator.parameters()):
            raise ConfigError(
                "With its circuits' weights frozen this generator has nothing to train",
                got="twin.name = frozen, and no weights but the circuits'",
                allowed="generators with a head, a network or an embedding",
                cure="Its frozen twin is the untrained generator: set twin.name=none and train.steps=0",
            )
