"""The table of circuits: built in, put in, or from an entry point."""

from importlib import metadata

import pytest

from circuits import CIRCUITS, hardware_efficient, style
from circuits.table import Table


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Table:
    """What is built in, and what another distribution offers under the same and other names."""
    points = [
        metadata.EntryPoint("style", "circuits:hardware_efficient", "qgan.circuits"),
        metadata.EntryPoint("theirs", "circuits:hardware_efficient", "qgan.circuits"),
        metadata.EntryPoint("broken", "circuits:nothing_of_the_kind", "qgan.circuits"),
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: [point for point in points if point.group == group])
    return Table("qgan.circuits", {"style": style})


def test_what_is_offered_is_found_and_what_is_built_in_wins(offered: Table) -> None:
    assert list(offered) == ["style", "theirs", "broken"]
    assert len(offered) == 3
    assert offered["style"] is style
    assert offered["theirs"] is hardware_efficient
    assert "theirs" in offered
    assert "others" not in offered
    with pytest.raises(KeyError):
        offered["others"]


def test_a_plugin_that_fails_is_named_when_it_is_asked_for(offered: Table) -> None:
    assert "broken" in offered
    match = r"'broken' comes from the plugin circuits:nothing_of_the_kind, .*Got: AttributeError.*Allowed: .*Repair"
    with pytest.raises(ValueError, match=match):
        offered["broken"]
    assert offered["theirs"] is hardware_efficient


def test_one_line_puts_a_circuit_in_and_takes_it_out() -> None:
    CIRCUITS["mine"] = hardware_efficient
    assert CIRCUITS["mine"] is hardware_efficient
    assert list(CIRCUITS)[-1] == "mine"
    del CIRCUITS["mine"]
    assert "mine" not in CIRCUITS
