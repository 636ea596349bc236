import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare.energy import joules, used


def meter(root: Path, name: str, kind: str, micro: int, most: int = 10_000_000) -> None:
    (root / name).mkdir(parents=True)
    for file, text in (("name", kind), ("energy_uj", micro), ("max_energy_range_uj", most)):
        (root / name / file).write_text(f"{text}\n", encoding="ascii")


def test_packages_are_read_and_their_parts_are_not(tmp_path: Path) -> None:
    meter(tmp_path, "intel-rapl:0", "package-0", 1_500_000)
    meter(tmp_path, "intel-rapl:0:0", "core", 700_000)
    meter(tmp_path, "intel-rapl:1", "package-1", 2_000_000)
    meter(tmp_path, "intel-rapl:2", "psys", 9_000_000)
    assert joules(root=tmp_path) == {"intel-rapl:0": (1.5, 10.0), "intel-rapl:1": (2.0, 10.0)}
    assert used(joules(root=tmp_path), joules(root=tmp_path)) == 0


def test_what_cannot_be_read_is_not_there(tmp_path: Path) -> None:
    assert joules(root=tmp_path / "nothing") == {}
    assert used({}, {}) is None
    meter(tmp_path, "intel-rapl:0", "package-0", 5)
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    assert joules(root=tmp_path) == {}


@given(st.floats(0, 99), st.floats(0, 99))
def test_a_meter_that_begins_anew_has_gone_on(start: float, more: float) -> None:
    after = (start + more) % 100
    assert used({"a": (start, 100.0)}, {"a": (after, 100.0)}) == pytest.approx(more, abs=1e-9)


def test_gpus_are_asked_where_they_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: 1000 * (handle + 1),
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    found = joules(gpu=True, root=tmp_path)
    assert {name: value for name, (value, _) in found.items()} == {"gpu:0": 1.0, "gpu:1": 2.0}
    assert used(found, {name: (value + 2, most) for name, (value, most) in found.items()}) == 4
    assert joules(root=tmp_path) == {}
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert joules(gpu=True, root=tmp_path) == {}
