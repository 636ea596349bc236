"""What is asked for, laid over what was declared before, or over what is usual."""

__all__ = ["BASELINES", "CONTROLS", "SEEDS", "TRIALS", "asked"]

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qgan.compare.declaration import Declaration, declared
from qgan.compare.planning import baselines_of, controls_of, declaration_of
from qgan.errors import ConfigError

SEEDS, TRIALS = 10, 8
BASELINES = ("matched", "ladder")
CONTROLS = ("all",)


def asked(
    recipes: Sequence[str],
    *,
    resume: Path | None = None,
    seeds: Sequence[int] | None = None,
    baselines: Sequence[str] | None = None,
    controls: Sequence[str] | None = None,
    trials: int | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Declaration:
    """The declaration; whatever is None stays as it was, or is as usual.

    Args:
        recipes: By name; of a comparison that is gone on with, its own if there are none.
        resume: A comparison that is there.
        seeds: Of all models.
        baselines: ``"matched"``, ``"ladder"``, families by name.
        controls: By name; ``"all"`` or ``"none"``.
        trials: Settings for each model; 0 for none.
        changes: Dotted keys of every recipe, and what they are set to.

    Raises:
        CheckpointError: If the comparison cannot be read.
        ConfigError: If there is nothing to compare, or something is asked for that there is not.
    """
    usual: dict[str, Any] = {
        "seeds": range(SEEDS),
        "baselines": BASELINES,
        "controls": CONTROLS,
        "trials": TRIALS,
        "changes": {},
    }
    if resume is not None:
        known = declared(resume).current
        recipes, usual = recipes or list(known.claims), {key: getattr(known, key) for key in usual}
    if not recipes:
        raise ConfigError(
            "There is nothing to compare",
            allowed="qgan compare RECIPE, or --resume DIR",
            cure="`qgan recipes` lists the recipes; name quantum ones",
        )
    wanted = {"seeds": seeds, "baselines": baselines, "controls": controls, "trials": trials, "changes": changes}
    given = usual | {key: value for key, value in wanted.items() if value is not None}
    given["baselines"] = baselines_of(given["baselines"])
    given["controls"] = controls_of(given["controls"])
    return declaration_of(recipes, **given)
