"""Opponents of every recipe: what they are, and that they can be made."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.build import build
from qgan.compare.families import (
    DISTRIBUTION,
    FAMILIES,
    RUNGS,
    Candidate,
    Subject,
    families_for,
    ladder,
    matched,
    obstacle,
    subject_of,
)
from qgan.config import RunConfig, load, recipe_names
from qgan.errors import ConfigError
from qgan.generators.budget import TOLERANCE
from qgan.seeding import Key
from qgan.validation import validate

KEY = Key(5, "latent", 2)
QUANTUM = [name for name in recipe_names() if not name.endswith("-classical")]
# Trainable parameters of each recipe, numbers in a latent of its opponents, and labels.
SUBJECTS = {
    "bars-and-stripes": Subject(16, 4),
    "bimodal": Subject(9, 1),
    "digits": Subject(264, 5),
    "digits-conditional": Subject(280, 8, 2),
    "digits-patch": Subject(120, 5),
    "digits-pca": Subject(88, 8),
    "ibm-first": Subject(9, 1),
    "lognormal": Subject(9, 1),
    "ring": Subject(76, 4),
    "series": Subject(132, 6),
    "words": Subject(84, 4),
}
# Families that a recipe is too small for.
LEFT_OUT = {
    "bars-and-stripes": {"low-rank-mlp": "rank 1"},
    "bimodal": {"low-rank-mlp": "rank 1", "coordinate": "comes near"},
    "ibm-first": {"low-rank-mlp": "rank 1", "coordinate": "comes near"},
    "lognormal": {"low-rank-mlp": "rank 1", "coordinate": "comes near"},
    "ring": {"low-rank-mlp": "rank 1"},
}


def recipe(name: str, **changes: Any) -> RunConfig:
    return load(name, changes={"run.device": "cpu", **changes}.items())


def count(candidate: Candidate) -> int:
    return build(candidate.config).facts["parameters"]["generator"]


def generator_of(config: RunConfig) -> tuple[str, dict[str, Any]]:
    options = config.generator.options
    if config.generator.name == "latent":
        options = options["inner"]
        return options["name"], options
    return config.generator.name, options


@pytest.fixture(params=QUANTUM)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_subjects_are_read_off_an_experiment(name: str) -> None:
    assert subject_of(build(recipe(name))) == SUBJECTS[name]


def test_a_measured_prior_has_latents_for_its_wires() -> None:
    changes = {"generator.name": "prior", "generator.circuit": "zoufal", "generator.n_wires": 3, "generator.layers": 1}
    assert subject_of(build(recipe("digits", **changes))).latent_dim == 3


def test_matched_opponents_come_near_or_are_left_out_with_a_reason(name: str) -> None:
    subject = SUBJECTS[name]
    found = {candidate.family: (candidate, obstacle(candidate)) for candidate in matched(recipe(name), subject)}
    assert tuple(found) == families_for(recipe(name))
    assert {family for family, (_, why) in found.items() if why} == set(LEFT_OUT.get(name, {}))
    for family, (candidate, why) in found.items():
        assert (candidate.times, candidate.parameters) == (1, subject.parameters)
        if why:
            assert LEFT_OUT[name][family] in why
        else:
            assert abs(count(candidate) - subject.parameters) <= TOLERANCE * subject.parameters


@pytest.mark.parametrize("family", FAMILIES)
def test_every_rung_of_a_ladder_can_be_stood_on(family: str) -> None:
    for name in ("digits-conditional", "series"):
        subject, sizes = SUBJECTS[name], []
        for candidate in ladder(recipe(name), subject, family):
            assert obstacle(candidate) is None
            sizes.append(count(candidate))
        assert sizes == pytest.approx([times * subject.parameters for times in RUNGS], rel=TOLERANCE)


def test_a_network_of_the_wrong_size_is_left_out() -> None:
    (candidate,) = matched(recipe("ring"), SUBJECTS["ring"], families=["mlp"])
    assert obstacle(candidate) is None
    far = Candidate("mlp", 1, 50, candidate.config)
    assert obstacle(far) == "The nearest 'mlp' has 79 parameters, and not about 50"


def test_only_the_generator_is_another(name: str) -> None:
    config = recipe(name)
    before = config.document()
    for candidate in (*matched(config, SUBJECTS[name]), *ladder(config, SUBJECTS[name], "mlp")):
        after = candidate.config.document()
        assert {key for key in before if before[key] != after.pop(key)} == {"recipe", "generator"}
        assert after == {}
        assert validate(RunConfig, candidate.config.document()) == candidate.config
        family, options = generator_of(candidate.config)
        assert family == candidate.family
        assert options.get("latent_dim") == (None if family == DISTRIBUTION else SUBJECTS[name].latent_dim)
    assert before == config.document()


def test_a_distribution_is_held_against_distributions_too() -> None:
    born = {name for name in QUANTUM if DISTRIBUTION in families_for(recipe(name))}
    assert born == {"bars-and-stripes", "bimodal", "ibm-first", "lognormal", "words"}
    for name in born:
        *_, candidate = matched(recipe(name), SUBJECTS[name])
        ours, theirs = (build(config).generator for config in (candidate.config, recipe(name)))
        assert len(ours(ours.draw(1, KEY))) == len(theirs(theirs.draw(1, KEY)))


def test_a_decoder_stays_where_it_is() -> None:
    config = recipe("digits-pca")
    for candidate in matched(config, SUBJECTS["digits-pca"]):
        given, made = config.generator.options, candidate.config.generator.options
        assert candidate.config.generator.name == "latent"
        assert made.pop("inner")["name"] == candidate.family
        assert made == {key: value for key, value in given.items() if key != "inner"}
    nested = recipe("digits-pca", **{"generator.inner": {"name": "latent", "codes": 2}})
    (candidate,) = matched(nested, Subject(50, 3), families=["mlp"])
    inner = candidate.config.generator.options["inner"]
    assert (inner["name"], inner["codes"], inner["inner"]["name"]) == ("latent", 2, "mlp")


@given(st.integers(1, 10_000), st.integers(1, 40), st.integers(0, 10), st.sampled_from(RUNGS))
def test_an_embedding_of_labels_comes_out_of_the_budget(
    parameters: int, latent_dim: int, classes: int, times: int
) -> None:
    subject = Subject(parameters + latent_dim * classes, latent_dim, classes)
    (candidate,) = ladder(recipe("digits"), subject, "coordinate", rungs=[times])
    assert candidate.parameters == times * subject.parameters
    budget = candidate.config.generator.options["parameters"]
    assert budget + latent_dim * classes == candidate.parameters


def test_other_families_can_be_named() -> None:
    conv, recurrent = matched(recipe("digits"), SUBJECTS["digits"], families=["conv", "recurrent"])
    assert conv.config.generator.options == {"parameters": 264, "latent_dim": 5}
    assert recurrent.config.generator.options == {"parameters": 264}
    assert obstacle(conv) is None
    with pytest.raises(ConfigError, match="absent"):
        matched(recipe("digits"), SUBJECTS["digits"], families=["absent"])


def test_names_tell_runs_apart_and_are_names() -> None:
    config = recipe("ring").model_copy(update={"recipe": "a" * 64})
    candidates = [*matched(config, SUBJECTS["ring"]), *ladder(config, SUBJECTS["ring"], "low-rank-mlp")[1:]]
    names = [candidate.config.recipe for candidate in candidates]
    assert len(set(names)) == len(names) == len(FAMILIES) + len(RUNGS) - 1
    assert names[-1].endswith(".low-rank-mlp-x128")
    for candidate in candidates:
        validate(RunConfig, candidate.config.document())


def test_seeds_change_no_opponent_but_its_seed() -> None:
    seeds = [recipe("ring", seed=seed) for seed in (3, 4)]
    pairs = zip(*(matched(config, SUBJECTS["ring"]) for config in seeds), strict=True)
    for three, four in pairs:
        assert four.config == three.config.model_copy(update={"seed": 4})
