"""What is compared is stated first; what is changed later stays visible."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare.declaration import AMENDMENTS, FILE, LOCK, Claim, Declaration, declare, declared, held
from qgan.errors import BusyError, CheckpointError, ConfigError

CLAIM = Claim(metric="frechet-distance", opponent="matched", margin=0.1, skill=0.5)


def declaration(**changes):
    plain = {"claims": {"digits": CLAIM}, "seeds": (0, 1), "baselines": ("mlp",), "controls": (), "trials": 4}
    return Declaration(**{**plain, **changes})


def test_it_comes_back_as_it_was(tmp_path):
    stated = declare(tmp_path / "new" / "comparison", declaration(changes={"train.steps": 5, "data.classes": [0, 1]}))
    assert stated.current == stated.first
    assert declared(tmp_path / "new" / "comparison") == stated


def test_the_same_again_is_no_amendment(tmp_path):
    first = declare(tmp_path, declaration())
    assert declare(tmp_path, declaration()) == first
    assert not (tmp_path / AMENDMENTS).exists()


def test_a_change_is_an_amendment_that_says_what_and_when(tmp_path):
    declare(tmp_path, declaration())
    for run in ("runs/digits/mlp/s0", "tuning/digits/mlp/t0/s10001"):
        (tmp_path / run).mkdir(parents=True)
        (tmp_path / run / "run.json").write_text("{}")
    other = declaration(seeds=(0, 1, 2), claims={"digits": CLAIM.model_copy(update={"margin": 0.2})})
    stated = declare(tmp_path, other)
    assert stated.first == declaration()
    assert stated.current == other
    (amendment,) = stated.amendments
    assert amendment.changed == ("claims.digits.margin", "seeds")
    assert amendment.runs == 2
    assert declare(tmp_path, other).amendments == (amendment,)
    assert len(declare(tmp_path, declaration()).amendments) == 2


@pytest.mark.parametrize("file", [FILE, AMENDMENTS])
def test_what_was_changed_by_hand_is_refused(tmp_path, file):
    declare(tmp_path, declaration())
    declare(tmp_path, declaration(seeds=(5,)))
    path = tmp_path / file
    path.write_text(path.read_text().replace("frechet-distance", "energy-distance"))
    with pytest.raises(CheckpointError, match="does not say what was declared"):
        declared(tmp_path)


def test_what_runs_are_made_of_is_not_amended(tmp_path):
    declare(tmp_path, declaration(changes={"train.steps": 5, "compare.margin": 0.1}))
    for changes in ({"trials": 5}, {"changes": {"train.steps": 6}}, {"changes": {}}):
        with pytest.raises(ConfigError, match=r"another (train\.steps|trials)"):
            declare(tmp_path, declaration(**{"changes": {"train.steps": 5}, **changes}))
    assert not declared(tmp_path).amendments
    assert len(declare(tmp_path, declaration(changes={"train.steps": 5, "compare.margin": 0.2})).amendments) == 1


@pytest.mark.parametrize("damaged", ["{", "[]", '{"at": 1}'])
def test_a_damaged_amendment_is_told_by_its_line(tmp_path, damaged):
    declare(tmp_path, declaration())
    (tmp_path / AMENDMENTS).write_text(f"{damaged}\n")
    with pytest.raises(CheckpointError, match=r"Line 1 of .* is damaged"):
        declared(tmp_path)


def test_a_torn_last_line_was_never_said(tmp_path):
    declare(tmp_path, declaration())
    declare(tmp_path, declaration(seeds=(5,)))
    whole = (tmp_path / AMENDMENTS).read_bytes()
    (tmp_path / AMENDMENTS).write_bytes(whole + whole[:40])
    assert declared(tmp_path).current.seeds == (5,)
    assert declare(tmp_path, declaration(seeds=(6,))).current.seeds == (6,)
    assert len(declared(tmp_path).amendments) == 2


def test_a_directory_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ConfigError, match="no comparison"):
        declare(tmp_path, declaration())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(ConfigError, match="no comparison"):
        declared(tmp_path)
    with pytest.raises(ConfigError, match="no comparison"), held(tmp_path):
        raise AssertionError("it is not for this command")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_a_killed_command_left_half_written_is_removed(tmp_path):
    own, foreign = tmp_path / "recipes" / "digits" / "models.json.tmp-77", tmp_path / "runs" / "it.tmp-77"
    for path in (tmp_path / f"{FILE}.tmp-77", tmp_path / LOCK):
        path.write_text("{")
    with held(tmp_path):
        stated = declare(tmp_path, declaration())
    assert stated.current == declaration()
    for path in (own, foreign):
        path.parent.mkdir(parents=True)
        path.write_text("{")
    with held(tmp_path), pytest.raises(BusyError), held(tmp_path):
        raise AssertionError("another has it")
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {FILE, LOCK, foreign.name}


def test_declaring_alone_does_not_mind_what_was_half_written(tmp_path):
    (tmp_path / f"{FILE}.tmp-77").write_text("{")
    assert declare(tmp_path, declaration()).current == declaration()


@given(
    seeds=st.lists(st.integers(0, 2**40), min_size=1, max_size=4),
    trials=st.integers(0, 50),
    value=st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.booleans()),
)
def test_its_hash_is_that_of_what_it_says(seeds, trials, value):
    one = declaration(seeds=tuple(seeds), trials=trials, changes={"a.b": value})
    other = Declaration.model_validate(json.loads(json.dumps(one.document())))
    assert other == one
    assert other.sha256() == one.sha256()
    assert one.sha256() != declaration(seeds=(*seeds, 7), trials=trials, changes={"a.b": value}).sha256()
