"""The subject comes first, every opponent is a whole run of its own, and what cannot be says why."""

from itertools import chain

import pytest

from qgan.build import build
from qgan.compare.controls import CONTROLS
from qgan.compare.families import FAMILIES
from qgan.compare.models import ladder_of, subject_and_opponents
from qgan.config import Compare, load
from qgan.errors import ConfigError

SMALL = [("train.steps", 4), ("evaluate.every", 2), ("evaluate.metrics", ["energy-distance"])]


@pytest.fixture(scope="module", params=["digits-patch", "ring"])
def experiment(request):
    return build(load(request.param, changes=[*SMALL, ("evaluate.metric", "energy-distance"), ("compare.margin", 0.3)]))


def test_the_subject_comes_first_and_each_opponent_has_a_name_of_its_own(experiment):
    models = subject_and_opponents(experiment.config, experiment, baselines=FAMILIES, controls=CONTROLS)
    assert [model.group for model in models] == [
        "subject",
        *["matched"] * len(FAMILIES),
        *["control"] * len(CONTROLS),
    ]
    rungs = ladder_of(experiment.config, experiment, "mlp", rungs=(2, 4))
    assert len({model.name for model in chain(models, rungs)}) == len(models) + len(rungs)
    assert len({model.config.recipe for model in models}) == len(models)


def test_no_run_depends_on_what_is_claimed(experiment):
    for model in subject_and_opponents(experiment.config, experiment, baselines=FAMILIES, controls=CONTROLS):
        assert model.config.compare == Compare()


def test_opponents_differ_from_the_subject_in_what_they_say(experiment):
    subject, *others = subject_and_opponents(
        experiment.config, experiment, baselines=("mlp", "coordinate"), controls=("unentangled", "untrained")
    )
    for model in others:
        differing = {
            key for key, value in model.config.document().items() if value != subject.config.document().get(key)
        }
        assert differing <= {
            "recipe",
            "generator",
            "twin",
            *({"train", "evaluate"} if model.name == "untrained" else ()),
        }
        if model.left_out is None:
            build(model.config)


def test_what_cannot_be_says_why(experiment):
    shots = experiment.config.model_copy(
        update={"backend": experiment.config.backend.model_copy(update={"shots": 100})}
    )
    models = {
        model.name: model
        for model in subject_and_opponents(shots, experiment, baselines=(), controls=("dephased", "unentangled"))
    }
    assert "exact" in (models["dephased"].left_out or "")
    assert models["unentangled"].left_out is None


def test_a_classical_recipe_and_an_unknown_control_are_refused(experiment):
    classical = build(load("digits-classical", changes=SMALL[:2]))
    with pytest.raises(ConfigError, match="no quantum generator"):
        subject_and_opponents(classical.config, classical, baselines=FAMILIES, controls=())
    with pytest.raises(ConfigError, match="no control called 'entangled'"):
        subject_and_opponents(experiment.config, experiment, baselines=(), controls=("entangled",))
