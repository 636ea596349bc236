"""The description of a run: frozen models, TOML in and out, overrides by dotted keys.

Neither torch nor pennylane is imported here. Each part is a table ``{name = "...", ...its options}``; what options a
part has is known to its entry alone, and :mod:`qgan.build` asks it.
"""

__all__ = [
    "Component",
    "Evaluate",
    "Optimizers",
    "RunConfig",
    "RunOptions",
    "Train",
    "assignment",
    "load",
    "override",
    "read_toml",
    "recipe_names",
    "recipe_text",
    "to_toml",
    "validate",
]

import hashlib
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from qgan._registry import Options
from qgan._typing import Device, Json
from qgan.errors import ConfigError, did_you_mean

MAX_BYTES, MAX_NESTING = 2**20, 32

ModelT = TypeVar("ModelT", bound=BaseModel)
Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Component(BaseModel):
    """A part of a run: the name of its entry, and that entry's options."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)

    name: str

    @property
    def options(self) -> Json:
        """The options as given."""
        return dict(self.model_extra or {})


class Optimizers(Options):
    """torch's optimisers by name, with their arguments; one for each side."""

    generator: Component
    discriminator: Component


class Train(Options):
    """How long, in what portions, and when to stop.

    Attributes:
        steps: Generator updates; with ``until = "converged"``, at most.
        batch_size: Samples, real and generated, in each update.
        discriminator_updates: Discriminator updates in each step, each with a batch of its own.
        grad_clip: Largest norm of a player's gradient; None leaves gradients as they are.
        until: ``"steps"``, or ``"converged"``: stop when ``evaluate.metric`` is at its floor or on its plateau.
        patience: For how many evaluations it must have been so.
        min_gain: What counts as better than a plateau, as a share of the way from the first evaluation to the floor.
    """

    steps: int = Field(default=500, ge=0)
    batch_size: int = Field(default=32, ge=1, le=2**20)
    discriminator_updates: int = Field(default=1, ge=1, le=1000)
    grad_clip: float | None = Field(default=None, gt=0)
    until: Literal["steps", "converged"] = "steps"
    patience: int = Field(default=5, ge=1)
    min_gain: float = Field(default=0.02, ge=0)


class Evaluate(Options):
    """What is measured on validation while training, and on test at the end.

    Attributes:
        every: Steps between evaluations; 0 for none.
        metric: Which one chooses the best checkpoint and decides on convergence.
        metrics: All that are measured.
        samples: Samples on each side; None for as many as the part holds.
        checkpoint: Which one is measured on test, pictured and sampled from: the ``"last"``, or the ``"best"`` by
            ``metric`` on validation.
    """

    every: int = Field(default=50, ge=0)
    metric: str = "sliced-wasserstein"
    metrics: Names = (
        "sliced-wasserstein",
        "energy-distance",
        "mmd",
        "frechet-distance",
        "precision",
        "recall",
        "density",
        "coverage",
        "recognised",
    )
    samples: int | None = Field(default=None, ge=2)
    checkpoint: Literal["last", "best"] = "last"

    @field_validator("metrics")
    @classmethod
    def _distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("a metric is named twice")
        return names


class RunOptions(Options):
    """How a run is kept and where it computes.

    Attributes:
        checkpoint_every: Steps between checkpoints.
        keep_last: How many of the newest checkpoints stay; the best stays too.
        device: Where the discriminator and a classical generator live.
        threads: Torch's threads; ``"auto"`` measures once, when the run begins, and the number is what is recorded.
    """

    checkpoint_every: int = Field(default=50, ge=1)
    keep_last: int = Field(default=2, ge=2)
    device: Device = "auto"
    threads: int | Literal["auto"] = "auto"

    @field_validator("threads", mode="plain")
    @classmethod
    def _threads(cls, threads: object) -> object:
        if threads == "auto" or (type(threads) is int and 1 <= threads <= 1024):
            return threads
        raise ValueError("must be a whole number from 1 to 1024, or 'auto'")


class RunConfig(Options):
    """A whole run."""

    recipe: str = Field(default="custom", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    seed: int = Field(default=0, ge=0, lt=2**63)
    data: Component
    generator: Component
    discriminator: Component
    loss: Component
    optimizer: Optimizers
    backend: Component
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    run: RunOptions = RunOptions()

    def document(self) -> Json:
        """Plain TOML values; what is None is left out."""
        return _without_none(self.model_dump(mode="json"))

    def sha256(self) -> str:
        """Of the canonical JSON of the document."""
        return hashlib.sha256(json.dumps(self.document(), sort_keys=True).encode()).hexdigest()


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value


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
        return parse_toml(path.read_bytes().decode("utf-8"), source=str(path))
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


def to_toml(config: RunConfig) -> str:
    """The configuration as TOML, ready to be read again."""
    return tomlkit.dumps(config.document())


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
    are therefore set first.
    """
    result: Json = _copied(document)
    ordered = sorted(changes, key=lambda change: not change[0].endswith(".name"))
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
            table.clear()
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


def recipe_names() -> list[str]:
    """The recipes that come with the package."""
    files = resources.files("qgan").joinpath("recipes").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def recipe_text(name: str) -> str:
    """A recipe as it is written, comments and all.

    Raises:
        ConfigError: If there is none of that name.
    """
    known = recipe_names()
    if name not in known:
        raise ConfigError(
            f"There is no recipe called '{name}'",
            allowed=", ".join(known),
            cure=f"{did_you_mean(name, known)}To train from a file of your own, give it with --config FILE",
        )
    return resources.files("qgan").joinpath("recipes", f"{name}.toml").read_text("utf-8")


def load(
    recipe: str | None = None,
    *,
    file: Path | None = None,
    changes: Iterable[tuple[str, Any]] = (),
    default: str = "digits",
) -> RunConfig:
    """A run's configuration: a recipe, a file laid over it, then overrides.

    Args:
        recipe: Where to start. Without it, the recipe that the file names in its ``recipe``, or else the default.
        file: TOML laid over the recipe, table by table.
        changes: Dotted keys and their values, laid over both.
        default: The recipe where none is named.

    Raises:
        ConfigError: For whatever is wrong with any of them.
    """
    document = read_toml(file) if file else {}
    named = document.get("recipe")
    start = recipe or (named if isinstance(named, str) and named in recipe_names() else default)
    base = parse_toml(recipe_text(start), source=f"The recipe {start}")
    return validate(RunConfig, override(merge(base, document), changes))
