"""Dataclasses as JSON files, checked when they are read."""

__all__ = ["read", "write"]

from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from qgan.errors import CheckpointError
from qgan.files import atomic_write, read_json

T = TypeVar("T")


def write(path: Path, value: Any) -> None:
    """Whole or not at all; directories are made. What is not finite, for which JSON has no number, is a string."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, to_json(value, indent=2, inf_nan_mode="strings") + b"\n")


def read(path: Path, kind: type[T]) -> T:
    """What was written there.

    Raises:
        CheckpointError: If it cannot be read, or is not of that kind; the message names the key.
    """
    try:
        return TypeAdapter(kind).validate_python(read_json(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(map(str, first["loc"])) or "it"
        raise CheckpointError(
            f"{path} is damaged", got=f"{key}: {first['msg']}", cure="Restore it from a copy, or remove it"
        ) from None
