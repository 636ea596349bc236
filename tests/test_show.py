"""What a person is told: warnings of what was measured, and hints before a run."""

import pytest

from qgan import show
from qgan.backends.advice import Timing

FACTS = {
    "parameters": {"generator": 3, "discriminator": 4},
    "gradient": {"method": "adjoint", "why": "it is exact"},
    "circuit": {"depth": 5, "two_wire_gates": 2, "patches": 1, "wires": 6},
}


def test_warnings_stand_below_the_advice(capsys: pytest.CaptureFixture[str]) -> None:
    show.advice("circuit", [Timing("batched.qubit", "adjoint", 4.0)], "Use it.", ["lightning.gpu is slower."])
    assert capsys.readouterr().out.endswith("Use it.\nWarning: lightning.gpu is slower.\n")


@pytest.mark.parametrize(("backend", "hinted"), [("lightning.gpu", True), ("batched.qubit", False), (None, False)])
def test_a_plan_hints_at_a_backend_that_is_made_for_other_circuits(
    backend: str | None, hinted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show.plan({**FACTS, "backend": backend})
    assert ("# hint: lightning.gpu is made for" in capsys.readouterr().err) == hinted


@pytest.mark.parametrize("warning", [None, "With 2 shots it may be"])
def test_a_plan_with_shots_says_how_the_gradient_is_estimated(
    warning: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {
        "name": "patch",
        "unbiased": False,
        "why": "ratios",
        "smallest_shots": 256,
        "everywhere": False,
        "warning": warning,
    }
    show.plan({**FACTS, "backend": None, "gradient": {**FACTS["gradient"], "estimator": told}})
    said = capsys.readouterr().err
    assert "# estimator: patch, biased, sensible from 256 shots on, on half of the circuits tried (ratios)" in said
    assert ("# warning: With 2 shots" in said) == (warning is not None)


def test_a_classical_plan_has_no_hint(capsys: pytest.CaptureFixture[str]) -> None:
    show.plan({**FACTS, "backend": None, "circuit": None})
    assert "hint" not in capsys.readouterr().err
