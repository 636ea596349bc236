"""The user's own objects in place of names, and how they are told apart when a run is resumed."""

__all__ = ["OBJECT", "Objects"]

import functools
import hashlib
import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
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
        discriminator: A module: samples of shape (n, *sample_shape), and labels of shape (n,) where training is
            conditional, to logits of shape (n,) or (n, 1).
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
                cure=f'Call qgan.load("{run}", {call}) with the same objects, or qgan.fit(resume="{run}", {call})',
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
        return [*_module(value), repr(value)]
    if hasattr(value, "fingerprint"):
        return [value.fingerprint()]
    if isinstance(value, (list, tuple)) or (hasattr(value, "__array__") and not callable(value)):
        return _bytes(value)
    return _behaviour(value, set())


def _module(value: nn.Module) -> list[Any]:
    found: list[Any] = [_source(kind) for kind in dict.fromkeys(type(module) for module in value.modules())]
    for name, module in value.named_modules():
        if not type(module).__module__.startswith("torch."):
            own = {key: item for key, item in vars(module).items() if not key.startswith("_") and key != "training"}
            found += [name, *_settings(own, set())]
    return found


def _behaviour(value: Any, seen: set[int]) -> list[Any]:
    """Source and settings, followed into what a function holds on to; no text that may hold an address."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return [repr(value)]
    if id(value) in seen:
        return []
    seen.add(id(value))
    if isinstance(value, (list, tuple)):
        return [len(value), *(piece for item in value for piece in _behaviour(item, seen))]
    if isinstance(value, dict):
        return _settings(value, seen)
    if isinstance(value, functools.partial):
        return [
            "partial",
            *_behaviour(value.func, seen),
            *_behaviour(value.args, seen),
            *_settings(value.keywords, seen),
        ]
    if hasattr(value, "fingerprint"):
        return [value.fingerprint()] if not isinstance(value, type) else [_source(value)]
    if isinstance(value, (np.ndarray, torch.Tensor)):
        return _bytes(value.detach().cpu() if isinstance(value, torch.Tensor) else value)
    if isinstance(value, type) or inspect.ismodule(value) or inspect.isbuiltin(value):
        return [_source(value)]
    if inspect.ismethod(value):
        return [*_behaviour(value.__func__, seen), *_behaviour(value.__self__, seen)]
    if inspect.isfunction(value):
        held = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
        return [_source(value), *_behaviour(held, seen), *_behaviour(value.__defaults__, seen)]
    return [_source(type(value)), *_settings(vars(value) if hasattr(value, "__dict__") else {}, seen)]


def _settings(values: Mapping[str, Any], seen: set[int]) -> list[Any]:
    return [piece for name in sorted(values, key=str) for piece in (str(name), *_behaviour(values[name], seen))]


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _bytes(value: Any) -> list[Any]:
    if value is None:
        return ["none"]
    array = np.ascontiguousarray(value)
    return [array.dtype.str, array.shape, array.tobytes()]


def _source(value: Any) -> str:
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):
        code = getattr(value, "__code__", None)
        return _code(code) if code else f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value)}"


def _code(code: types.CodeType) -> str:
    constants = [_code(item) if isinstance(item, types.CodeType) else repr(item) for item in code.co_consts]
    return f"{code.co_code.hex()}{constants}{code.co_names!r}"
