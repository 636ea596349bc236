"""What a run with shots records: how its gradient is found, and how it is estimated."""

from typing import Any

import pytest

from qgan.build import build
from qgan.config import load
from qgan.errors import ConfigError
from qgan.experiment import Experiment


def make(recipe: str, changes: dict[str, Any]) -> Experiment:
    return build(load(recipe, changes={"train.batch_size": 3, "run.device": "cpu", **changes}.items()))


def test_what_spsa_is_told_is_recorded_where_it_is_used_and_changes_no_other_hash() -> None:
    asked = {"backend.shots": 8, "backend.gradient": "spsa"}
    used = make("digits-patch", {**asked, "backend.spsa_directions": 2}).config.backend.options
    assert (used["spsa_step"], used["spsa_directions"]) == (0.2, 2)
    plain = make("digits-patch", {"backend.shots": 8}).config
    assert not any(key.startswith("spsa") for key in plain.backend.options)
    assert "spsa" not in str(plain.document())
    with pytest.raises(ConfigError, match="for finite shots"):
        make("digits-patch", {"backend.gradient": "spsa"})
    with pytest.raises(ConfigError, match="spsa_step is for gradient = 'spsa'"):
        make("digits-patch", {"backend.shots": 8, "backend.spsa_step": 0.1})


def test_facts_of_shots_say_how_the_gradient_is_estimated() -> None:
    assert "estimator" not in make("digits-patch", {}).facts["gradient"]
    shifted, perturbed = (
        make("digits-patch", {"backend.shots": 8, "backend.gradient": method}).facts["gradient"]
        for method in ("auto", "spsa")
    )
    assert (shifted["method"], shifted["estimator"]["name"]) == ("parameter-shift", "patch")
    assert "With 8 shots" in shifted["estimator"]["warning"]
    assert "SPSA adds a bias" in perturbed["estimator"]["why"]
    assert not perturbed["estimator"]["unbiased"]
    assert "estimator" not in make("digits-patch-classical", {"backend.shots": 8}).facts["gradient"]
