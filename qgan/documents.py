"""Configurations as plain documents: read from TOML, laid over each other, changed by dotted keys."""

__all__ = ["assignment", "merge", "override", "parse_toml", "read_toml"]

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from qgan._typing import Json
from qgan.errors import ConfigError

MAX_BYTES, MAX_NESTING = 2**20, 32
# What is said of a way of differentiating goes with it.
GRADIENT, SPSA = "backend.gradient", ("spsa_step", "spsa_directions")


def read_toml(path: Path) -> Json:
    """The document in a file.

    Raises:
        ConfigError: If it cannot be read, is no file, is over a mebibyte, is nested too deeply, or is not TOML.
    """
    try:
        if not path.is_file():
            raise ConfigError(
                f"The configuration {path} is not a file", cure="Give a TOML file; `qgan recipes digits` prints one"
            )
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(
                f"The configuration {path} is too large", got=f"{size} bytes", allowed=f"{MAX_BYTES} bytes"
            )
        text = path.read_bytes().decode("utf-8")
        if text.startswith("\ufeff"):
            raise ConfigError(f"{path} begins with a byte order mark", cure="Save it as UTF-8 without one")
        return parse_toml(text, source=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration {path} cannot be read", got=error, cure="Give a TOML file in UTF-8"
        ) from None


def parse_toml(text: str, *, source: str) -> Json:
    """The document in a text; ``source`` names it in messages."""
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(source) from None
    except ValueError as error:
        # TOML's own errors, and Python's refusal of whole numbers with thousands of digits.
        raise ConfigError(f"{source} is not TOML", got=error, cure="Correct that place") from None
    level: list[Any] = [document]
    for _ in range(MAX_NESTING):
        inner = [item for table in level for item in (table.values() if isinstance(table, dict) else table)]
        level = [item for item in inner if isinstance(item, (dict, list))]
    if level:
        raise _too_deep(source)
    return document


def _too_deep(what: str) -> ConfigError:
    return ConfigError(f"{what} is nested too deeply", allowed=f"at most {MAX_NESTING} levels", cure="Flatten it")


def assignment(text: str) -> tuple[str, Any]:
    """``key.path=value``, the value in TOML; what is no TOML is taken as text.

    Raises:
        ConfigError: If there is no key or no ``=``.
    """
    key, equals, value = text.partition("=")
    if not equals or not all(part.strip() for part in key.split(".")):
        raise ConfigError(
            "An override needs a key and a value",
            got=f"--set {text}",
            allowed="--set train.steps=200",
            cure="Write KEY=VALUE",
        )
    if "\n" in value:
        return key.strip(), value
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        return key.strip(), value.strip()


def override(document: Mapping[str, Any], changes: Iterable[tuple[str, Any]]) -> Json:
    """The document with dotted keys replaced.

    A part that is given another name starts from that entry's defaults: the options of the old one are dropped. Names
    are therefore set first. The options of backends are the same for all, and stay, but for the precision, of which
    many leave no choice.
    """
    result: Json = _copied(document)
    changes = list(changes)
    if strange := [key for key, _ in changes if not isinstance(key, str)]:
        raise ConfigError("A setting has no name", got=repr(strange[0]), allowed='text such as "train.steps"')
    ordered = sorted(changes, key=lambda change: (not change[0].endswith(".name"), change[0] != GRADIENT))
    for key, value in ordered:
        *parents, last = [part.strip() for part in key.split(".")]
        if len(parents) >= MAX_NESTING:
            raise _too_deep(f"The setting '{key[:40]}...'")
        table = result
        for depth, parent in enumerate(parents):
            table = table.setdefault(parent, {})
            if not isinstance(table, dict):
                raise ConfigError(f"The setting '{'.'.join(parents[: depth + 1])}' has no parts", got=key)
        if last == "name" and parents and table.get("name") != value:
            if parents == ["backend"]:
                table.pop("c_dtype", None)
            else:
                table.clear()
        if key == GRADIENT and value != "spsa":
            for option in SPSA:
                table.pop(option, None)
        table[last] = value
    return result


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """The base with the values of the other laid over it, table by table."""
    result = _copied(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            renamed = "name" in value and value["name"] != old.get("name")
            result[key] = _copied(value) if renamed else merge(old, value)
        else:
            result[key] = value
    return result


def _copied(document: Mapping[str, Any]) -> Json:
    return {key: _copied(value) if isinstance(value, Mapping) else value for key, value in document.items()}
