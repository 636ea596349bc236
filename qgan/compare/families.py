"""Classical generators in the place of a quantum one: which configurations they are, before anything is trained."""

__all__ = [
    "DISTRIBUTION",
    "FAMILIES",
    "RUNGS",
    "Candidate",
    "Subject",
    "families_for",
    "ladder",
    "matched",
    "obstacle",
    "subject_of",
]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from qgan._typing import Json
from qgan.build import build
from qgan.config import Component, RunConfig
from qgan.errors import ConfigError
from qgan.experiment import Experiment, innermost
from qgan.generators import GENERATORS, ConditionalGenerator
from qgan.generators.budget import TOLERANCE
from qgan.generators.low_rank import LowRank

# From latents to samples.
FAMILIES = ("mlp", "low-rank-mlp", "coordinate", "orthogonal")

# From nothing to a whole distribution, as a Born machine.
DISTRIBUTION = "categorical"

# How many times the parameters of the subject a ladder's generators have.
RUNGS = (1, 2, 4, 8, 16, 32, 64, 128)


@final
@dataclass(frozen=True)
class Subject:
    """What a classical generator must know of the quantum one whose place it takes.

    Attributes:
        parameters: All that it trains: weights of circuits, classical parts, and the embedding of labels.
        latent_dim: Numbers in one latent of an opponent; see :func:`subject_of`.
        classes: How many labels it is told; 0 where it is told none.
    """

    parameters: int
    latent_dim: int
    classes: int = 0


@final
@dataclass(frozen=True)
class Candidate:
    """A classical generator that may stand against the subject, if :func:`obstacle` finds nothing against it.

    Attributes:
        family: Its name in the table of generators.
        times: How many times the subject's parameters it is to have.
        parameters: How many these are, the embedding of labels among them.
        config: The whole run.
    """

    family: str
    times: int
    parameters: int
    config: RunConfig


def subject_of(experiment: Experiment) -> Subject:
    """What is to be known of the quantum generator of an experiment.

    An opponent has latents as the subject has. Where a circuit has none, because its samples are drawn from its
    probabilities, an opponent has one for each number of a sample, but no more than there are wires to be measured.
    """
    generator, within = experiment.generator, innermost(experiment.generator)
    latent_dim = generator.latent_dim or min(experiment.data.features, within.circuit.n_wires)
    classes = experiment.data.classes if isinstance(generator, ConditionalGenerator) else 0
    return Subject(experiment.facts["parameters"]["generator"], latent_dim, classes)


def matched(config: RunConfig, subject: Subject, *, families: Sequence[str] | None = None) -> list[Candidate]:
    """Each family at about as many parameters as the subject has.

    Data, discriminator, loss, penalty, rates, schedules, steps, batches, seed, backend and evaluation are those of the
    recipe; only the generator is another, and the run's ``recipe`` says so. Before a frozen decoder, the family takes
    the place of the generator of codes, and the decoder stays.

    Against a Born machine, whose training sees the probability of every point of a grid, these families do what the
    recipes' classical partners do: they make samples in the range of the grid, as many in a step as a batch has, and
    metrics count a sample for the nearest point. They know as little of the grid as the partners, and their gradient
    has the noise of a batch, which a whole distribution has not. To win against them alone is to win against samplers;
    so a classical distribution over the same grid, of as many parameters, stands beside them: ``"categorical"``.

    Args:
        config: A run with a quantum generator.
        subject: That generator.
        families: Names of classical generators with a budget, ``parameters``; None for :func:`families_for` it.
    """
    families = families_for(config) if families is None else families
    return [_candidate(config, subject, family, times=1) for family in families]


def families_for(config: RunConfig) -> tuple[str, ...]:
    """Those from latents to samples, and against a Born machine that from nothing to a distribution."""
    return (*FAMILIES, DISTRIBUTION) if config.generator.name == "born" else FAMILIES


def ladder(config: RunConfig, subject: Subject, family: str, *, rungs: Sequence[int] = RUNGS) -> list[Candidate]:
    """One family at multiples of the subject's parameters, all else as in :func:`matched`."""
    return [_candidate(config, subject, family, times=times) for times in rungs]


def obstacle(candidate: Candidate) -> str | None:
    """Why it cannot stand for that number of parameters, or None.

    The experiment is built, and nothing trained. A family is left out that has no network of nearly that size, or none
    that could imitate anything.
    """
    try:
        experiment = build(candidate.config)
    except ConfigError as error:
        return str(error)
    count = experiment.facts["parameters"]["generator"]
    if abs(count - candidate.parameters) > TOLERANCE * candidate.parameters:
        return f"The nearest '{candidate.family}' has {count} parameters, and not about {candidate.parameters}"
    network = getattr(innermost(experiment.generator), "layers", None)
    if isinstance(network, LowRank) and network.rank == 1:
        return f"Of rank 1, all samples of its {count} parameters would lie on one curve"
    return None


def _candidate(config: RunConfig, subject: Subject, family: str, *, times: int) -> Candidate:
    parameters = times * subject.parameters
    known = GENERATORS.lookup(family).options.model_fields
    # Labels move the latents by vectors of their own, which the budget of the generator knows nothing of.
    options: Json = {"name": family, "parameters": max(parameters - subject.classes * subject.latent_dim, 1)}
    if "latent_dim" in known:
        options["latent_dim"] = subject.latent_dim
    ending = f".{family}" if times == 1 else f".{family}-x{times}"
    changed = {
        "recipe": config.recipe_with(ending),
        "generator": _in_place_of(config.generator, Component.model_validate(options)),
    }
    return Candidate(family, times, parameters, config.model_copy(update=changed))


def _in_place_of(generator: Component, other: Component) -> Component:
    if generator.name != "latent":
        return other
    inner = generator.options.get("inner")
    replaced = other if inner is None else _in_place_of(Component.model_validate(inner), other)
    return Component.model_validate(
        {"name": "latent", **generator.options, "inner": {"name": replaced.name, **replaced.options}}
    )
