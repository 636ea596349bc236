"""The description of a run: frozen models, recipes, TOML out.

Neither torch nor pennylane is imported here. Each part is a table ``{name = "...", ...its options}``; what options a
part has is known to its entry alone, and :mod:`qgan.build` asks it.
"""

__all__ = [
    "Compare",
    "Component",
    "Evaluate",
    "Optimizers",
    "RunConfig",
    "RunOptions",
    "Schedules",
    "Train",
    "load",
    "recipe_names",
    "recipe_text",
    "to_toml",
]

import hashlib
import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, field_validator

from qgan._registry import Options
from qgan._typing import Device, Json
from qgan.documents import merge, override, parse_toml, read_toml
from qgan.errors import ConfigError, did_you_mean
from qgan.validation import validate

LONGEST_NAME = 64
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


class Schedules(Options):
    """Learning rates over ``train.steps``, one schedule for each side; a child with more steps goes by its own."""

    generator: Component = Component(name="constant")
    discriminator: Component = Component(name="constant")


class Train(Options):
    """How long, in what portions, and when to stop.

    Attributes:
        steps: Generator updates; with ``until = "converged"``, at most.
        batch_size: Samples, real and generated, in each update.
        discriminator_updates: Discriminator updates in each step, each with a batch of its own.
        grad_clip: Largest norm of a player's gradient; None leaves gradients as they are.
        conditional: Whether generator and discriminator are told the samples' labels.
        ema: Decay of the generator's moving average, which is then what is evaluated and sampled; 0 for none.
        until: ``"steps"``, or ``"converged"``: stop when ``evaluate.metric`` is at its floor or on its plateau.
        patience: For how many evaluations it must have been so.
        min_gain: What counts as better than a plateau, as a share of the way from the first evaluation to the floor.
    """

    steps: int = Field(default=500, ge=0)
    batch_size: int = Field(default=32, ge=1, le=2**20)
    discriminator_updates: int = Field(default=1, ge=1, le=1000)
    grad_clip: float | None = Field(default=None, gt=0)
    conditional: bool = False
    ema: float = Field(default=0.0, ge=0, lt=1)
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


class Compare(Options):
    """What a comparison of the recipe claims, named before anything is run; no run depends on it.

    Attributes:
        metric: The primary one, which carries the claim; None for ``evaluate.metric``.
        opponent: The primary one.
        margin: What counts as no difference, as a share of the way from the trivial value to the floor.
        skill: The one whose time is told.
    """

    metric: str | None = None
    opponent: str = "matched"
    margin: float = Field(default=0.1, gt=0, lt=1)
    skill: float = Field(default=0.5, gt=0, lt=1)


class RunOptions(Options):
    """How a run is kept and where it computes.

    Attributes:
        checkpoint_every: Steps between checkpoints.
        keep_last: How many of the newest checkpoints stay; the best stays too.
        device: Where the discriminator and a classical generator live; with ``"cuda"`` batched.qubit's exact circuits
            are run there too, if ``backend.device`` says nothing else.
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
    """A whole run.

    Attributes:
        twin: What takes the place of the generator's circuits, to hold them against: an entry of
            :data:`qgan.twins.TWINS`, ``"none"`` for the circuits themselves.
    """

    recipe: str = Field(default="custom", pattern=rf"^[A-Za-z0-9][A-Za-z0-9_.-]{{0,{LONGEST_NAME - 1}}}$")
    seed: int = Field(default=0, ge=0, lt=2**63)
    data: Component
    generator: Component
    twin: Component = Component(name="none")
    discriminator: Component
    loss: Component
    penalty: Component = Component(name="none")
    optimizer: Optimizers
    schedule: Schedules = Schedules()
    backend: Component
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    compare: Compare = Compare()
    run: RunOptions = RunOptions()

    def document(self) -> Json:
        """Plain TOML values; what is None is left out."""
        return _without_none(self.model_dump(mode="json"))

    def recipe_with(self, ending: str) -> str:
        """The recipe's name with an ending, and cut before it to what a name may have."""
        return f"{self.recipe[: LONGEST_NAME - len(ending)]}{ending}"

    def sha256(self) -> str:
        """Of the canonical JSON of the document, without what a run made by an earlier version could not say."""
        document = _without(_LATER, self.document())
        document.pop("compare")
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


# What was added when there were runs already, at what stood for it before: their checkpoints bear their hashes.
_LATER: Json = {
    "twin": {"name": "none"},
    "penalty": {"name": "none"},
    "schedule": {"generator": {"name": "constant"}, "discriminator": {"name": "constant"}},
    "train": {"ema": 0.0, "conditional": False},
}


def _without(defaults: Json, document: Json) -> Json:
    return {
        key: _without(defaults[key], value) if isinstance(value, dict) and key in defaults else value
        for key, value in document.items()
        if key not in defaults or value != defaults[key]
    }


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value


def to_toml(config: RunConfig) -> str:
    """The configuration as TOML, ready to be read again."""
    return tomlkit.dumps(config.document())


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
    if recipe is not None and named in recipe_names() and named != recipe:
        raise ConfigError(
            f"The configuration {file} says that it is the recipe {named}",
            got=f"the recipe {recipe} as well",
            cure="Name one of them, or give the file's recipe a name of its own",
        )
    start = recipe or (named if isinstance(named, str) and named in recipe_names() else default)
    base = parse_toml(recipe_text(start), source=f"The recipe {start}")
    return validate(RunConfig, override(merge(base, document), changes))
