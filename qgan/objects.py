"""The user's own objects in place of names, and how they are told apart when a run is resumed."""

__all__ = ["OBJECT", "Objects"]

import hashlib
import inspect
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from torch import nn

from qgan.errors import ConfigError
from qgan.samples import DataSet

# What stands in a configuration where an object was given.
OBJECT = "object"


@dataclass(frozen=True, kw_only=True)
class Objects:
    """Objects that stand in for named parts; None where the configuration's name is used.

    Attributes:
        circuit: A :class:`circuits.Circuit`, or a function of (latent, weights) that queues PennyLane operations.
        data: Shape (n, *sample_shape), or a :class:`qgan.samples.DataSet`.
        discriminator: A module: samples of shape (n, *sample_shape) to logits of shape (n,) or (n, 1).
        loss: Has the two functions of :class:`qgan.losses.Loss`.
    """

    circuit: Any = None
    data: Any = None
    discriminator: nn.Module | None = None
    loss: Any = None

    def given(self) -> dict[str, Any]:
        """Those that are there, by name."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}

    def hashes(self) -> dict[str, str]:
        """A SHA-256 of each one's content or source."""
        return {name: _fingerprint(value) for name, value in self.given().items()}

    def require(self, recorded: dict[str, str], run: str) -> None:
        """Sees that these are the objects a run was made of.

        Raises:
            ConfigError: If one is missing, one too many, or another than then.
        """
        now = self.hashes()
        missing = [name for name in recorded if name not in now]
        if missing:
            call = ", ".join(f"{name}=..." for name in recorded)
            raise ConfigError(
                f"The run {run} was made of objects that only Python can give again",
                got=f"no {', '.join(missing)}",
                cure=f'Call qgan.fit(resume="{run}", {call}) with the same objects',
            )
        for name, value in now.items():
            if recorded.get(name) != value:
                raise ConfigError(
                    f"The {name} is not the one that the run {run} was made of",
                    got=f"source {value[:12]}",
                    allowed=f"source {recorded[name][:12]}" if name in recorded else "none: the run has it by name",
                    cure="Give the same object, or begin a new run with this one",
                )


def _fingerprint(value: Any) -> str:
    digest = hashlib.sha256()
    for part in _description(value):
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _description(value: Any) -> list[Any]:
    if isinstance(value, DataSet):
        parts = [array for part in (value.train, value.validation, value.test) for array in (part.values, part.labels)]
        known = [value.name, value.low, value.high]
        return [value.sha256] if value.sha256 else [*known, *(piece for array in parts for piece in _bytes(array))]
    if isinstance(value, nn.Module):
        # Initial weights are not part of it: a checkpoint holds those that count.
        return [_source(kind) for kind in dict.fromkeys(type(module) for module in value.modules())] + [repr(value)]
    if hasattr(value, "fingerprint"):
        return [value.fingerprint()]
    if isinstance(value, (list, tuple)) or (hasattr(value, "__array__") and not callable(value)):
        return _bytes(value)
    # Plain values are part of what an object is; others, whose text may hold an address, count by name alone.
    settings = {name: item if isinstance(item, (bool, int, float, str)) else "" for name, item in _settings(value)}
    return [_source(value if inspect.isroutine(value) else type(value)), sorted(settings.items())]


def _settings(value: Any) -> list[tuple[str, Any]]:
    return list(vars(value).items()) if hasattr(value, "__dict__") else []


def _bytes(value: Any) -> list[Any]:
    array = np.ascontiguousarray(value)
    return [array.dtype.str, array.shape, array.tobytes()]


def _source(value: Any) -> str:
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):
        code = getattr(value, "__code__", None)
        return (
            f"{code.co_code.hex()}{code.co_consts!r}{code.co_names!r}"
            if code
            else f"{value.__module__}.{value.__qualname__}"
        )
