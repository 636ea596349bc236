"""The models of a comparison of one recipe: the subject, and all that it is held against."""

__all__ = ["GROUPS", "Group", "Model", "ladder_of", "require_circuits", "subject_and_opponents"]

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from qgan.build import build
from qgan.compare.controls import CONTROLS
from qgan.compare.families import Candidate, ladder, matched, obstacle, subject_of
from qgan.config import Compare, RunConfig
from qgan.errors import ConfigError, QganError
from qgan.experiment import Experiment

Group: TypeAlias = Literal["subject", "matched", "ladder", "control"]
GROUPS: tuple[Group, ...] = ("subject", "matched", "ladder", "control")


@final
@dataclass(frozen=True)
class Model:
    """One that is trained.

    Attributes:
        name: Unlike all others of its recipe; a part of paths.
        group: What it is there for.
        what: What it is, or what it changes, in a sentence.
        config: Its run, but for the seed.
        left_out: Why it is not trained, or None.
    """

    name: str
    group: Group
    what: str
    config: RunConfig
    left_out: str | None = None


def subject_and_opponents(
    config: RunConfig, experiment: Experiment, *, baselines: Sequence[str], controls: Iterable[str]
) -> list[Model]:
    """The subject first, then the classical families at its size, then the controls.

    Args:
        config: The recipe of a quantum generator, whole and resolved.
        experiment: What was built of it.
        baselines: Names of classical families.
        controls: Names of controls.

    Raises:
        ConfigError: If there is no control of a name, or the generator runs no circuits.
    """
    require_circuits(experiment)
    # What is claimed may be amended, and no run depends on it.
    config = config.model_copy(update={"compare": Compare()})
    subject = Model("subject", "subject", f"The recipe {config.recipe}", config)
    families = matched(config, subject_of(experiment), families=baselines)
    return [
        subject,
        *(_classical(candidate, "matched") for candidate in families),
        *(_control(name, config) for name in controls),
    ]


def require_circuits(experiment: Experiment) -> None:
    """Sees that there is something to compare.

    Raises:
        ConfigError: If the generator runs no circuits.
    """
    config = experiment.config
    if not experiment.generator.quantum:
        raise ConfigError(
            f"The recipe {config.recipe} has no quantum generator to compare",
            got=f"generator.name = {config.generator.name}",
            cure="Name the quantum recipe of the pair; its classical opponents follow from it",
        )


def ladder_of(config: RunConfig, experiment: Experiment, family: str, *, rungs: Sequence[int]) -> list[Model]:
    """The best family at multiples of the subject's parameters; once is there already, among the matched."""
    plain = config.model_copy(update={"compare": Compare()})
    return [_classical(each, "ladder") for each in ladder(plain, subject_of(experiment), family, rungs=rungs)]


def _classical(candidate: Candidate, group: Group) -> Model:
    name = candidate.family if group == "matched" else f"{candidate.family}-x{candidate.times}"
    times = "" if candidate.times == 1 else f", {candidate.times} times the subject's"
    what = f"A classical generator ({candidate.family}) of about {candidate.parameters} parameters{times}"
    return Model(name, group, what, candidate.config, obstacle(candidate))


def _control(name: str, config: RunConfig) -> Model:
    if name not in CONTROLS:
        raise ConfigError(f"There is no control called '{name}'", allowed=", ".join(CONTROLS), cure="Use one of these")
    control = CONTROLS[name]
    try:
        changed = control.of(config).model_copy(update={"recipe": config.recipe_with(f".{name}")})
    except QganError as error:
        return Model(name, "control", control.changes, config, str(error))
    return Model(name, "control", control.changes, changed, _cannot(changed))


def _cannot(config: RunConfig) -> str | None:
    try:
        build(config)
    except QganError as error:
        return str(error)
    return None
