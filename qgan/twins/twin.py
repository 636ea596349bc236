"""What a twin is: a generator of circuits that differs from itself in one respect."""

__all__ = ["MakeCircuit", "Setting", "Subject", "Twin", "require_exact"]

from abc import ABC
from collections.abc import Callable
from typing import NamedTuple, TypeAlias, final

from circuits import Circuit
from qgan._registry import Options
from qgan.errors import ConfigError
from qgan.generators import Generator
from qgan.generators.base import MakeExecutor
from qgan.seeding import Key

MakeCircuit: TypeAlias = Callable[..., Circuit]


class Setting(NamedTuple):
    """What a twin is told of its run.

    Attributes:
        key: Names the stream of what it draws.
        batch_size: Samples in a batch.
        shots: For each circuit; None where circuits are exact.
    """

    key: Key
    batch_size: int
    shots: int | None


class Twin(ABC):  # noqa: B024 - each twin changes one of these, and leaves the others
    """Stands between a generator and what it is made of; a generator never knows.

    Args:
        options: Of the entry.
        setting: Of the run.
    """

    def __init__(self, options: Options, setting: Setting) -> None:
        self.options, self.setting = options, setting

    def circuit(self, make: MakeCircuit) -> MakeCircuit:
        """What makes its circuits."""
        return make

    def executor(self, make: MakeExecutor) -> MakeExecutor:
        """What makes its executors."""
        return make

    def settle(self, generator: Generator) -> None:
        """Has the last word on a generator that was made.

        Raises:
            ConfigError: If it has no such twin.
        """
        if not generator.quantum:
            raise ConfigError(
                "A generator without circuits has no twin",
                got="a classical generator",
                allowed="none",
                cure="Set twin.name=none",
            )


@final
class Subject(Twin):
    """No twin: the generator itself."""

    def settle(self, generator: Generator) -> None:
        """Leaves it as it is."""


def require_exact(twin: Twin) -> None:
    """Refuses finite shots, of which a classical map has none.

    Raises:
        ConfigError: If there are some.
    """
    if twin.setting.shots is not None:
        raise ConfigError(
            "A classical twin is exact",
            got=f"backend.shots = {twin.setting.shots}",
            allowed="none",
            cure="Leave backend.shots out",
        )
