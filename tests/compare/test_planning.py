"""From what is asked for to the models of each recipe."""

from typing import Any

import pytest

from qgan.compare import planning
from qgan.compare.controls import CONTROLS
from qgan.compare.declaration import Declaration
from qgan.compare.families import FAMILIES, RUNGS
from qgan.compare.others import OTHERS
from qgan.compare.planning import Plan, baselines_of, controls_of, declaration_of
from qgan.config import load, recipe_names
from qgan.errors import ConfigError

SMALL = {"train.steps": 4, "evaluate.every": 2, "evaluate.metrics": ["kl", "ks"]}


def declared(*recipes: str, **changes: Any) -> Declaration:
    usual: dict[str, Any] = {
        "seeds": range(3),
        "baselines": ("mlp",),
        "controls": ("unentangled",),
        "trials": 2,
        "changes": SMALL,
    }
    return declaration_of(recipes or ("bimodal",), **(usual | changes))


def quantum() -> list[str]:
    return [name for name in recipe_names() if not name.endswith("-classical")]


@pytest.mark.parametrize("recipe", quantum())
def test_every_quantum_recipe_says_what_it_claims(recipe: str) -> None:
    claim = declared(recipe, baselines=("matched", "ladder"), changes={}).claims[recipe]
    stated = load(recipe).compare
    assert stated.metric == claim.metric
    assert claim.metric in load(recipe).evaluate.metrics
    assert claim.opponent == "matched"


def test_a_claim_is_of_what_is_measured_and_who_is_there() -> None:
    with pytest.raises(ConfigError, match=r"compare\.metric = coverage.*kl, ks"):
        declared(changes={**SMALL, "compare.metric": "coverage"})
    with pytest.raises(ConfigError, match=r"compare\.opponent = dephased.*matched, mlp, unentangled"):
        declared(changes={**SMALL, "compare.opponent": "dephased"})
    assert declared(changes={**SMALL, "compare.opponent": "unentangled"}).claims["bimodal"].opponent == "unentangled"
    with pytest.raises(ConfigError, match=r"Models of bimodal.*evaluate\.every = 0.*1 or more"):
        declared(changes={**SMALL, "evaluate.every": 0})
    with pytest.raises(ConfigError, match="named twice"):
        declared("bimodal", "bimodal")


def test_names_of_baselines_and_controls() -> None:
    assert baselines_of(["matched", "ladder"]) == ("matched", "ladder")
    assert baselines_of(["mlp", "mlp", "ladder"]) == ("mlp", "ladder")
    for wrong in (["ladder"], ["conv"], ["matched", "laddr"]):
        with pytest.raises(ConfigError):
            baselines_of(wrong)
    for_hours = {"trained-with-shots", "trained-with-noise"}
    assert set(controls_of(["all"])) == {*CONTROLS, *OTHERS} - for_hours
    assert set(controls_of([*for_hours])) == for_hours
    assert controls_of(["none"]) == ()
    assert controls_of(["frozen", "dephased", "real", "real"]) == ("frozen", "dephased", "real")
    with pytest.raises(ConfigError, match="dephased"):
        controls_of(["dephase"])


def test_a_plan_has_the_subject_first_and_facts_of_all() -> None:
    declaration = declared()
    plan = Plan.of("bimodal", declaration)
    subject, mlp, unentangled = plan.entries(declaration)
    assert (subject.name, mlp.group, unentangled.group) == ("subject", "matched", "control")
    assert subject.parameters == subject.circuit_weights == unentangled.circuit_weights == 9
    assert subject.tangent_rank is not None
    assert unentangled.tangent_rank is not None
    assert unentangled.tangent_rank < subject.tangent_rank
    assert mlp.tangent_rank is mlp.circuit_weights is None
    assert {entry.config(5).seed for entry in (subject, mlp)} == {5}
    assert {entry.config(0).run.threads for entry in (subject, mlp, unentangled)} == {planning.THREADS}


def test_threads_that_are_asked_for_stay() -> None:
    assert Plan.of("bimodal", declared(changes={**SMALL, "run.threads": 2})).config.run.threads == 2


def test_the_ladder_has_every_size_but_the_first() -> None:
    rungs = Plan.of("bimodal", declared()).ladder("mlp")
    assert [entry.name for entry in rungs] == [f"mlp-x{times}" for times in RUNGS[1:]]
    sizes = [entry.parameters for entry in rungs if entry.parameters]
    assert sizes == sorted(sizes)


def test_matched_stands_for_every_family() -> None:
    declaration = declared(baselines=("matched",), controls=())
    names = {entry.name for entry in Plan.of("bimodal", declaration).entries(declaration)}
    assert names == {"subject", "categorical", *FAMILIES}
    assert all(entry.left_out or entry.parameters for entry in Plan.of("bimodal", declaration).entries(declaration))


def test_a_classical_recipe_is_no_subject() -> None:
    declaration = declared("bimodal-classical")
    with pytest.raises(ConfigError, match="has no quantum generator"):
        Plan.of("bimodal-classical", declaration)
