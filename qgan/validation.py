"""Documents into models, with messages that name the dotted key, what was received and what is allowed."""

__all__ = ["validate"]

import math
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from qgan.errors import ConfigError, did_you_mean

ModelT = TypeVar("ModelT", bound=BaseModel)


def validate(model: type[ModelT], document: Mapping[str, Any], *, path: str = "") -> ModelT:
    """The model made from the document.

    Args:
        model: What to make.
        document: Its values.
        path: Where the document stands in the configuration, for messages: ``"generator"``.

    Raises:
        ConfigError: With the dotted key, what was received and what is allowed; for an unknown key, the nearest known.
    """
    _require_finite(document, path)
    try:
        return model.model_validate(dict(document))
    except ValidationError as error:
        raise _as_config_error(model, error, path) from None


def _require_finite(value: Any, path: str) -> None:
    """Here and not in the models, because the options of a part are known to its entry alone."""
    items = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    )
    for key, item in items:
        _require_finite(item, f"{path}.{key}" if path else str(key))
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(
            f"The setting '{path}' cannot be used: must be a finite number", got=value, cure=f"Set {path}"
        )


def _as_config_error(model: type[BaseModel], error: ValidationError, path: str) -> ConfigError:
    first = error.errors(include_url=False, include_context=False)[0]
    keys = [str(part) for part in first["loc"]]
    dotted = ".".join([*([path] if path else []), *keys]) or "the configuration"
    if first["type"] == "extra_forbidden":
        known = _fields(model, keys[:-1])
        return ConfigError(
            f"There is no setting '{dotted}'",
            allowed=", ".join(known) if known else "no options",
            cure=f"{did_you_mean(keys[-1], known)}Correct or remove it",
        )
    if first["type"] == "missing":
        return ConfigError(
            f"The setting '{dotted}' is missing", cure="Add it; `qgan recipes digits` prints a whole example"
        )
    reason = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return ConfigError(
        f"The setting '{dotted}' cannot be used: {reason}", got=_shown(first["input"]), cure=f"Set {dotted} accordingly"
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _fields(model: type[BaseModel], keys: list[str]) -> list[str]:
    for key in keys:
        field = model.model_fields.get(key)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return []
        model = field.annotation
    return list(model.model_fields)
