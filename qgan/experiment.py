"""All objects of a run under one name, and the facts about them that are worth writing down."""

__all__ = ["Experiment", "estimator_of", "facts_of", "innermost", "require_same_circuit", "require_same_data"]

from dataclasses import dataclass
from typing import Any, final

import torch
from torch import nn

from qgan._typing import Json
from qgan.backends import Backend
from qgan.config import RunConfig
from qgan.data.batches import Batches
from qgan.errors import ConfigError, DataError
from qgan.game import Game
from qgan.generators import Generator
from qgan.samples import DataSet
from qgan.state import TrainState

PERTURBED = (
    "SPSA adds a bias of the order of its step's square, and the number of shots was measured with parameter-shift"
)


@final
@dataclass(frozen=True)
class Experiment:
    """All objects of a run.

    Attributes:
        config: The configuration with every option filled in.
        data: The data set.
        generator: What is evaluated and sampled: the generator of the game, or its average where the state keeps one.
        discriminator: The discriminator.
        game: Who plays.
        state: What changes while training.
        batches: Real batches.
        device: Where the discriminator and a classical generator are.
        facts: What is worth knowing of it: parameters, gradient method and why, circuit.
    """

    config: RunConfig
    data: DataSet
    generator: Generator
    discriminator: nn.Module
    game: Game
    state: TrainState
    batches: Batches
    device: torch.device
    facts: Json


def facts_of(
    generator: Generator, discriminator: nn.Module, data: DataSet, backend: Backend, *, shots: int | None
) -> Json:
    """What a run's identity and its plan say of these objects; ``shots`` for each circuit, None where exact."""
    within = innermost(generator)
    circuit = getattr(within, "circuit", None)
    return {
        "parameters": {"generator": _count(generator), "discriminator": _count(discriminator)},
        "gradient": {
            "method": generator.gradient.name,
            "why": generator.gradient.why,
            **({} if shots is None else estimator_of(generator, shots)),
        },
        "data": {
            "name": data.name,
            "sha256": data.sha256,
            "rows": {"train": len(data.train), "validation": len(data.validation), "test": len(data.test)},
        },
        "backend": backend.name if generator.quantum else None,
        "circuit": None
        if circuit is None
        else {
            **circuit.resources()._asdict(),
            "patches": getattr(within, "patches", 1),
            # A file may be another when the run is gone on with.
            **({"sha256": circuit.fingerprint()} if circuit.name.startswith("qasm:") else {}),
        },
    }


def estimator_of(generator: Generator, shots: int) -> Json:
    """What finite shots make of its gradient: ``{"estimator": ...}``; empty where that is not known.

    Perturbations of the angles add a bias of their own to any estimator's, and the smallest number of shots is not
    theirs: it was measured with parameter-shift.
    """
    estimator, method = getattr(innermost(generator), "estimator", None), generator.gradient.name
    if not generator.quantum or estimator is None:
        return {}
    perturbed = method == "spsa"
    why = f"{estimator.why}; {PERTURBED}" if perturbed else estimator.why
    return {
        "estimator": {
            "name": estimator.name,
            "unbiased": estimator.unbiased and not perturbed,
            "why": why,
            "smallest_shots": estimator.smallest_shots,
            "everywhere": estimator.everywhere,
            "warning": estimator.warning(shots),
        }
    }


def innermost(generator: Generator) -> Any:
    """What makes the samples before labels or a decoder come into it."""
    within: Any = generator
    while hasattr(within, "inner"):
        within = within.inner
    return within


def require_same_data(data: DataSet, identity: Json, run: str) -> None:
    """Sees that these are the data a run began with, going by its identity.

    Raises:
        DataError: If they are not.
    """
    then = identity.get("data", {}).get("sha256")
    if then != data.sha256:
        raise DataError(
            f"The data are not those that the run {run} began with",
            got=f"SHA-256 {data.sha256[:12]}",
            allowed=f"SHA-256 {str(then)[:12]}",
            cure="Put the old data back, or begin a new run",
        )


def require_same_circuit(facts: Json, recorded: Json, run: str) -> None:
    """Sees that the circuit's file, if it is from one, says what it said when the run began.

    Raises:
        ConfigError: If it does not.
    """
    now, then = ((some.get("circuit") or {}).get("sha256") for some in (facts, recorded))
    if now != then:
        raise ConfigError(
            f"The circuit's file is not the one that the run {run} began with",
            got=f"gates of SHA-256 {str(now)[:12]}",
            allowed=f"gates of SHA-256 {str(then)[:12]}",
            cure="Put the old file back, or begin a new run",
        )


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)
