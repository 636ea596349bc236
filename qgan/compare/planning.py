"""From a declaration to the models of each recipe: which there are, before anything of them is trained."""

__all__ = ["BASELINES", "Plan", "baselines_of", "controls_of", "declaration_of"]

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from qgan.build import build
from qgan.compare.controls import CONTROLS, reach_of
from qgan.compare.declaration import Claim, Declaration
from qgan.compare.entries import Entry
from qgan.compare.families import FAMILIES, RUNGS, families_for
from qgan.compare.models import Model, ladder_of, require_circuits, subject_and_opponents
from qgan.compare.others import OTHERS
from qgan.compare.tasks import resolved
from qgan.compare.tuning import described
from qgan.config import RunConfig, load
from qgan.errors import ConfigError, did_you_mean
from qgan.experiment import Experiment

# The best of all families at the subject's size, and that one at multiples of it.
BASELINES = ("matched", "ladder")
THREADS = 1


@final
@dataclass(frozen=True)
class Plan:
    """Of one recipe; nothing of it is trained.

    Attributes:
        config: The subject's, resolved.
        experiment: What was built of it.
    """

    config: RunConfig
    experiment: Experiment

    @classmethod
    def of(cls, recipe: str, declaration: Declaration) -> "Plan":
        """The subject is built.

        Raises:
            ConfigError: If it runs no circuits.
            QganError: For whatever keeps it from being built.
        """
        config = resolved(_one_thread(load(recipe, changes=declaration.changes.items())))
        experiment = build(config)
        require_circuits(experiment)
        return cls(config, experiment)

    def entries(self, declaration: Declaration) -> tuple[Entry, ...]:
        """The subject and its opponents, but for the ladder; each is built once."""
        names = [name for name in declaration.baselines if name not in BASELINES]
        families = families_for(self.config) if "matched" in declaration.baselines else names
        controls = [name for name in declaration.controls if name in CONTROLS]
        models = subject_and_opponents(self.config, self.experiment, baselines=families, controls=controls)
        return tuple(_entry(model) for model in models)

    def ladder(self, family: str) -> tuple[Entry, ...]:
        """The sizes of a family beyond the subject's own."""
        return tuple(_entry(model) for model in ladder_of(self.config, self.experiment, family, rungs=RUNGS[1:]))


def declaration_of(
    recipes: Sequence[str],
    *,
    seeds: Sequence[int],
    baselines: Sequence[str],
    controls: Sequence[str],
    trials: int,
    changes: Mapping[str, Any],
) -> Declaration:
    """What will be declared; nothing is built for it.

    Raises:
        ConfigError: For a recipe, a baseline, a control or a setting that there is not, or a claim that cannot be made.
    """
    claims: dict[str, Claim] = {}
    for name in recipes:
        config = load(name, changes=changes.items())
        metric = config.compare.metric or config.evaluate.metric
        if metric not in config.evaluate.metrics:
            raise ConfigError(
                f"The primary metric of {name} is not measured",
                got=f"compare.metric = {metric}",
                allowed=", ".join(config.evaluate.metrics),
                cure="Add it to evaluate.metrics, or name another",
            )
        if not config.evaluate.every:
            raise ConfigError(
                f"Models of {name} cannot be compared without evaluations on the way",
                got="evaluate.every = 0",
                allowed="1 or more",
                cure="Leave it as the recipe has it: checkpoints, settings and families are chosen by them",
            )
        claim = config.compare.model_dump() | {"metric": metric}
        claims[name] = Claim.model_validate(claim)
        _require_opponent(name, claims[name].opponent, baselines, controls)
    if len(claims) < len(recipes):
        raise ConfigError("A recipe is named twice", got=", ".join(recipes))
    return Declaration(
        claims=claims,
        changes=dict(changes),
        seeds=tuple(seeds),
        baselines=tuple(baselines),
        controls=tuple(controls),
        trials=trials,
        search=described(trials, seeds),
    )


def _require_opponent(recipe: str, opponent: str, baselines: Sequence[str], controls: Sequence[str]) -> None:
    families = FAMILIES if "matched" in baselines else tuple(name for name in baselines if name in FAMILIES)
    there = {*families, *controls, *(("matched",) if families else ())}
    if opponent not in there:
        raise ConfigError(
            f"The primary opponent of {recipe} would not be there",
            got=f"compare.opponent = {opponent}",
            allowed=", ".join(sorted(there)),
            cure="Add it to --baselines or --controls, or name another with --set compare.opponent=NAME",
        )


def baselines_of(names: Iterable[str]) -> tuple[str, ...]:
    """Checked: ``"matched"``, ``"ladder"``, or families by their names.

    Raises:
        ConfigError: If there is none of a name, or the ladder has nothing to begin with.
    """
    known, found = (*BASELINES, *FAMILIES), tuple(dict.fromkeys(names))
    for name in found:
        _require_known(name, known, "baseline")
    if found == ("ladder",):
        raise ConfigError(
            "A ladder begins with a matched generator",
            got="--baselines ladder",
            cure="Say --baselines matched,ladder, or name a family beside it",
        )
    return found


def controls_of(names: Iterable[str]) -> tuple[str, ...]:
    """Checked: those that are trained and those that are not; ``"none"`` says what it does.

    ``"all"`` are all but those that take too long to be meant by it.

    Raises:
        ConfigError: If there is none of a name.
    """
    known, found = (*CONTROLS, *OTHERS), tuple(dict.fromkeys(names))
    if found == ("all",):
        return tuple(name for name in known if name in OTHERS or not CONTROLS[name].by_name_only)
    if found == ("none",):
        return ()
    for name in found:
        _require_known(name, known, "control")
    return found


def _require_known(name: str, known: Sequence[str], kind: str) -> None:
    if name not in known:
        raise ConfigError(
            f"There is no {kind} called '{name}'",
            allowed=", ".join(known),
            cure=f"{did_you_mean(name, known)}Use these, parted by commas",
        )


def _one_thread(config: RunConfig) -> RunConfig:
    """Runs stand side by side on all cores, so that one has one; all models alike."""
    if config.run.threads != "auto":
        return config
    return config.model_copy(update={"run": config.run.model_copy(update={"threads": THREADS})})


def _entry(model: Model) -> Entry:
    entry = Entry(model.name, model.group, model.what, model.config.document(), model.left_out)
    if model.left_out is not None:
        return entry
    config = resolved(model.config)
    experiment = build(config)
    entry = replace(entry, document=config.document(), parameters=experiment.facts["parameters"]["generator"])
    if not experiment.generator.quantum:
        return entry
    reach = reach_of(config)
    return replace(entry, circuit_weights=reach.circuit_weights, tangent_rank=reach.tangent_rank)
