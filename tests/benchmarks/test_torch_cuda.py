"""What is measured on a GPU, measured here on the CPU: that it runs, and says what it found."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.cells import CELLS, KINDS
from benchmarks.evidence import Workplace
from benchmarks.peers.environments import PEERS
from benchmarks.torch_cuda import CPU, LIGHTNING, ON_GPU, _body, _warned, measure


def test_circuits_are_measured_against_kernels_and_peers_and_what_cannot_be_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of three; each takes processes of its own, and that torch runs all of them is seen in test_on_torch.py.
    monkeypatch.setattr("benchmarks.torch_cuda.KINDS", {"B": KINDS["B"]})
    peers = {"default.qubit": PEERS["default.qubit"]}
    if not torch.cuda.is_available():
        peers[LIGHTNING] = ON_GPU[LIGHTNING]
    place = Workplace(work=tmp_path / "work", out=tmp_path / "gpu", quick=True)
    figure = measure(place, device="cpu", peers=peers)
    rows = figure.results["rows"]
    assert [(row["circuit"], row["wires"]) for row in rows] == [("B", CELLS[0].wires)]
    for row in rows:
        assert row["ms"][0] > 0
        for name in (CPU, "default.qubit"):
            others = row["others"][name]
            assert others["ratio"] == others["ms"][0] / row["ms"][0]
        if LIGHTNING in peers:
            assert row["others"][LIGHTNING]["problem"]
            assert f"B: 5, 6, 32, {LIGHTNING}: " in figure.body
    # What was measured is kept, and is not what a worker that was changed would give.
    monkeypatch.setattr("benchmarks.torch_cuda._row", lambda *_, **__: pytest.fail("measured again"))
    assert measure(place, device="cpu", peers=peers) == figure
    script = tmp_path / "worker.py"
    script.write_bytes(peers["default.qubit"].script.read_bytes() + b"\n")
    with pytest.raises(pytest.fail.Exception, match="measured again"):
        measure(place, device="cpu", peers=peers | {"default.qubit": replace(peers["default.qubit"], script=script)})


def row(**milliseconds: float) -> dict:
    others: dict = {name.replace("_", "."): {"ms": [ms], "ratio": ms / 2} for name, ms in milliseconds.items()}
    others["default.qubit"] = {"problem": "no room"}
    return {"circuit": "A", "wires": 5, "layers": 6, "batch": 32, "ms": [2.0], "others": others}


def test_a_gpu_that_is_slower_than_the_cpu_is_told() -> None:
    slow, fast = row(batched_qubit=3.0, lightning_gpu=60.0), row(batched_qubit=90.0, lightning_gpu=60.0)
    for each in (slow, fast):
        each["warnings"] = _warned(each["others"])
    text = _body({"threads": 2, "device": "cuda", "rows": [slow, fast]})
    assert "| A: 5, 6, 32 | 2 ms | 3 ms (1.5) | 60 ms (30) | - |" in text
    assert text.count("lightning.gpu is 20.0 times slower than batched.qubit on this CPU") == 1
    assert fast["warnings"] == []
    assert "A: 5, 6, 32, default.qubit: no room" in text
