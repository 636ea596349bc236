"""The notebook on IBM Quantum, with its one cell changed as it says, against the fake of the service."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.evidence import ROOT
from benchmarks.fake_runtime.loopback import environment, redirected
from benchmarks.fake_runtime.server import FakeRuntime

# What is changed for the real computer, and what makes it quick.
CHANGED = {
    'BACKEND = "fake:manila"': 'BACKEND = "ibm:least-busy"',
    'qgan.fit("ibm-first", seed=7)': 'qgan.fit("ibm-first", seed=7, overrides={"train.steps": 2, "run.threads": 1})',
    "run.config.train.steps + 5": "run.config.train.steps + 1",
    "[128, 1024, 8192, None]": "[8]",
    "%matplotlib inline": "",
}


def test_one_cell_is_changed_for_the_real_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**environment(), "QGAN_PATIENCE": "0.02", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    cells = json.loads((ROOT / "notebooks" / "02-on-ibm-quantum.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for before, after in CHANGED.items():
        assert code.count(before) == 1
        code = code.replace(before, after)
    seen: dict[str, Any] = {}
    with FakeRuntime(tmp_path / "fake") as fake, redirected(fake.url):
        exec(code, seen)
        assert not fake.problems
        sent = [job.id for job in fake.jobs()]
    assert list(seen["jobs"]["job"]) == sent
    assert len(sent) == 3
    assert seen["brought"].states == {sent[-1]: "done"}
    assert [(each.asked.backend, each.asked.step) for each in seen["brought"].samples] == [("ibm:ibm_manila", 3)]
