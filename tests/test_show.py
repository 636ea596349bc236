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


def test_a_classical_plan_has_no_hint(capsys: pytest.CaptureFixture[str]) -> None:
    show.plan({**FACTS, "backend": None, "circuit": None})
    assert "hint" not in capsys.readouterr().err
