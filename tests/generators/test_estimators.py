"""What is said of gradients with shots is what was measured, and is said of every generator of circuits."""

from collections.abc import Callable

import pytest

from benchmarks.estimators import CASES
from benchmarks.evidence import ROOT
from qgan.experiment import estimator_of, innermost
from qgan.files import read_json
from qgan.generators import Generator
from qgan.generators.estimators import ESTIMATORS

MEASURED = read_json(ROOT / "evidence" / "hardware" / "gradients.json")["results"]

KINDS = {
    "patch": "patch",
    "patch/one": "patch",
    "batch-patch": "batch-patch",
    "born": "distribution",
    "born/samples": "samples",
    "expectation": "expectation",
    "expectation/xz": "expectation",
    "implicit": "expectation",
    "amplitude": "amplitude",
    "prior": "samples",
    "prior/distribution": "distribution",
    "prior/z": "expectation",
    "latent": "expectation",
}


def test_the_smallest_shots_are_those_that_were_measured() -> None:
    assert {name: each.smallest_shots for name, each in ESTIMATORS.items()} == MEASURED["smallest_shots"]
    everywhere = {name: shots is not None for name, shots in MEASURED["every_circuit"].items()}
    assert {name: each.everywhere for name, each in ESTIMATORS.items()} == everywhere


def test_what_is_called_unbiased_is_what_was_found_unbiased() -> None:
    assert [name for name, each in ESTIMATORS.items() if each.unbiased] == ["distribution"]
    assert MEASURED["together"]["holds"]
    assert MEASURED["together"]["cells"] >= 60


def test_what_is_called_biased_was_found_biased() -> None:
    """At the fewest shots, by far, in some circuit."""
    for name, each in ESTIMATORS.items():
        rows = [row for row in MEASURED["rows"] if CASES[row["case"]].kind == name and row["shots"] == 4]
        shifts = [row["found"] for row in rows if row["method"] == "parameter-shift"]
        assert shifts
        assert (min(found["p"] for found in shifts) < 1e-9) != each.unbiased


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_every_generator_of_circuits_says_which_it_is(name: str, kind: str, make: Callable[..., Generator]) -> None:
    generator = make(name, shots=3)
    assert innermost(generator).estimator is ESTIMATORS[kind]
    told = estimator_of(generator, 3)["estimator"]
    assert (told["name"], told["unbiased"]) == (kind, kind == "distribution")
    assert "With 3 shots" in told["warning"]


def test_a_grid_that_wires_do_not_fill_is_post_selected(make: Callable[..., Generator]) -> None:
    assert make("born", shape=(2,), levels=3).estimator is ESTIMATORS["post-selected distribution"]


def test_a_classical_generator_has_none(make: Callable[..., Generator]) -> None:
    assert estimator_of(make("mlp"), 3) == {}
    assert estimator_of(make("latent/classical"), 3) == {}


def test_shots_that_are_enough_are_not_warned_of() -> None:
    for each in ESTIMATORS.values():
        if each.smallest_shots is None:
            assert "No number of shots" in str(each.warning(10**6))
        else:
            assert each.warning(each.smallest_shots) is None
            assert f"backend.shots={each.smallest_shots}" in str(each.warning(each.smallest_shots - 1))
