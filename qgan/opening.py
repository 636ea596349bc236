"""How a run comes to be: a new one, one gone on with in place, or the child of one."""

__all__ = ["CHANGEABLE", "begin", "changed", "differences", "planned", "resume", "with_measured_threads"]

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from qgan._typing import Json
from qgan.backends import resolve
from qgan.build import build
from qgan.config import RunConfig
from qgan.convergence import Convergence
from qgan.documents import override
from qgan.errors import ConfigError
from qgan.evaluate import Shelf
from qgan.experiment import Experiment, require_same_circuit, require_same_data
from qgan.game import Batch
from qgan.generators.remotes import simulated
from qgan.machine import fingerprint, git_commit, measure_threads
from qgan.objects import Objects
from qgan.plugins import require_plugins
from qgan.runs import RunDirectory
from qgan.seeding import Key
from qgan.sending import NO_TERMS, Terms, require_affordable, require_all_used
from qgan.session import Session
from qgan.trials import try_player
from qgan.validation import validate

# What may change when a run is gone on with; it is then a child of the run, and not the run itself.
CHANGEABLE = ("backend", "train.steps", "train.until", "train.patience", "train.min_gain", "run.device", "run.threads")


def begin(
    config: RunConfig,
    *,
    out: Path,
    name: str | None = None,
    objects: Objects | None = None,
    plugins: Iterable[str] = (),
    shelf: Shelf | None = None,
    terms: Terms = NO_TERMS,
) -> Session:
    """A new run in the directory of runs; nothing is written before everything has been checked.

    Its directory gets that name, or one made from the time, the recipe and the seed.
    """
    objects = objects or Objects()
    hashes = objects.hashes()  # before a module is used, which may make its lazy layers
    experiment = build(config, objects)
    require_affordable(experiment, terms, steps=config.train.steps)
    config = with_measured_threads(experiment)
    run = RunDirectory.create(out, config, _identity(experiment, hashes, plugins), name=name)
    return Session(run, experiment, shelf or Shelf(), terms=terms)


def resume(
    path: Path,
    *,
    changes: Iterable[tuple[str, Any]] = (),
    objects: Objects | None = None,
    plugins: Iterable[str] = (),
    shelf: Shelf | None = None,
    terms: Terms = NO_TERMS,
) -> Session:
    """A run to go on with, in place; or, where backend, shots or budget are changed, a child of it beside it.

    Raises:
        ConfigError: If something else is changed, or an object or plugin of the run is missing.
        DataError: If the data are no longer those that the run began with.
    """
    run, objects, shelf = RunDirectory.open(path), objects or Objects(), shelf or Shelf()
    config, experiment = planned(run, changes, objects)
    if _stated(config) == _stated(run.config):
        return Session(run, experiment, shelf, terms=terms)
    config = with_measured_threads(experiment)
    if config.document() == _stated(run.config):
        return Session(run, experiment, shelf, terms=terms)
    require_affordable(experiment, terms, steps=config.train.steps - run.status["step"])
    with run.locked():
        step = run.newest_whole().step
        require_all_used(path, step=step)
        # A checkpoint that is taken along was made under the configuration of whichever ancestor saved it.
        ancestors = run.identity.get("parent", {}).get("configs", [])
        home = path.resolve()
        parent = {"run": home.name, "step": step, "configs": [run.config.sha256(), *ancestors]}
        identity = {**_identity(experiment, run.identity.get("objects", {}), plugins), "parent": parent}
        beside = home.parent if path.name in ("", "..") else path.parent
        child = RunDirectory.create(beside, config, identity, parent=run)
    return Session(child, experiment, shelf, terms=terms)


def planned(run: RunDirectory, changes: Iterable[tuple[str, Any]], objects: Objects) -> tuple[RunConfig, Experiment]:
    """What a run would go on with, checked and not begun.

    Raises:
        ConfigError: If more is changed than may be, the run is further than that, an object or plugin is missing, or
            the circuit's file is another.
        DataError: If the data are no longer those that the run began with.
    """
    config, done = changed(run, changes, objects), run.status["step"]
    if config.train.steps < done:
        raise ConfigError(
            "The run is further than that", got=f"train.steps = {config.train.steps}", allowed=f"{done} or more"
        )
    _require_unfinished(config, run)
    experiment = build(config, objects)
    require_same_data(experiment.data, run.identity, str(run.path))
    require_same_circuit(experiment.facts, run.identity, str(run.path))
    return config, experiment


def changed(run: RunDirectory, changes: Iterable[tuple[str, Any]], objects: Objects) -> RunConfig:
    """The configuration that a run would go on with.

    Raises:
        ConfigError: If more is changed than may be, or an object or plugin of the run is missing.
    """
    objects.require(run.identity.get("objects", {}), str(run.path))
    require_plugins(run.identity.get("plugins", []), str(run.path))
    config = validate(RunConfig, override(run.config.document(), _relative(changes, run)))
    _require_changeable(run.config.document(), config.document())
    return config


def _stated(config: RunConfig) -> Json:
    """The document, with the precision that earlier versions left to the backend without saying so."""
    document, asked = config.document(), config.backend.options.get("c_dtype")
    c_dtype = resolve(config.backend.name).precision(asked)
    return document if c_dtype is None else {**document, "backend": {**document["backend"], "c_dtype": c_dtype}}


def _require_unfinished(config: RunConfig, run: RunDirectory) -> None:
    reason = Convergence(config, run.lines("evaluations")).reason
    if reason is not None and config.document() != run.config.document():
        raise ConfigError(
            "The run has converged, so that nothing is left to do",
            got=reason,
            cure="Go on with train.until=steps, or with a larger train.patience",
        )


def with_measured_threads(experiment: Experiment) -> RunConfig:
    """The resolved configuration with a number of threads in it, measured here if it says ``"auto"``.

    Every player's gradient is tried out for that, and the experiment is left as it was.

    Raises:
        ConfigError: If an objective fails, or depends on none of its player's parameters.
    """
    config = experiment.config
    state, game, counts = experiment.state, experiment.game, experiment.game.generator.counts
    tensors, scalars = state.state_dict()
    batch = Batch(experiment.batches.at(0), game.generator.draw(config.train.batch_size, Key(config.seed, "probe")))

    def work() -> None:
        for player in game.players:
            try_player(player, batch)

    with torch.random.fork_rng(), simulated(experiment.generator, game.generator):
        if config.run.threads == "auto":
            count = measure_threads(work)
        else:
            work()
            count = config.run.threads
    state.load_state_dict(tensors, scalars)
    counts.executions = counts.shots = 0
    return config.model_copy(update={"run": config.run.model_copy(update={"threads": count})})


def _relative(changes: Iterable[tuple[str, Any]], run: RunDirectory) -> list[tuple[str, Any]]:
    return [
        (key, run.config.train.steps + int(value))
        if key == "train.steps" and re.fullmatch(r"\+[0-9]{1,18}", str(value))
        else (key, value)
        for key, value in changes
    ]


def _require_changeable(before: Json, after: Json) -> None:
    changed = sorted(differences(before, after))
    fixed = [key for key in changed if not any(key == free or key.startswith(f"{free}.") for free in CHANGEABLE)]
    if fixed:
        raise ConfigError(
            "A run cannot go on with another configuration",
            got=", ".join(f"a new {key}" for key in fixed),
            allowed=f"a new {', '.join(CHANGEABLE)}",
            cure="Begin a new run with it",
        )


def differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The dotted keys whose values differ between two configurations' documents."""
    for key in {*before, *after}:
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from differences(old, new, f"{path}{key}.")
        elif old != new:
            yield f"{path}{key}"


def _identity(experiment: Experiment, hashes: dict[str, str], plugins: Iterable[str]) -> Json:
    return {
        **fingerprint(),
        "git": git_commit(),
        "plugins": sorted(plugins),
        "objects": hashes,
        **experiment.facts,
    }
