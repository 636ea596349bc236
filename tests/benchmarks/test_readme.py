"""The figures that the README opens with are those of the evidence that it names."""

from statistics import median

import pytest

from benchmarks.evidence import ROOT
from benchmarks.simulators import best_compiled
from qgan.files import read_json

ROWS = {
    (row["circuit"], row["wires"]): row
    for row in read_json(ROOT / "evidence" / "batched" / "simulators.json")["results"]["rows"]
}
ON_GPU = {
    name: {
        (row["circuit"], row["wires"]): row["others"][name]["ratio"]
        for row in read_json(ROOT / "evidence" / "gpu" / "batched-cuda.json")["results"]["rows"]
    }
    for name in ("batched.qubit", "lightning.gpu")
}
WHOLE = read_json(ROOT / "evidence" / "compare" / "whole.json")["results"]
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


def best(circuit: str, wires: int) -> float:
    found = best_compiled(ROWS[circuit, wires])
    assert found is not None
    return found[1]


AT_5 = [best(kind, 5) for kind in "ABC"]
GPU_AT_18 = [ON_GPU["batched.qubit"][kind, 18] for kind in "ABC"]
LIGHTNING = ON_GPU["lightning.gpu"].values()


@pytest.mark.parametrize(
    "said",
    [
        f"takes {median(ROWS['B', 10]['ms']):.1f} ms at 10 qubits",
        f"the fastest compiled simulator {best('B', 10):.0f} times",
        f"`default.qubit` {ROWS['B', 10]['peers']['default.qubit']['ratio']:.0f} times as long",
        f"At 5 qubits it is {min(AT_5):.0f} to {max(AT_5):.0f} times",
        f"{min(GPU_AT_18):.0f} to {max(GPU_AT_18):.0f} times as fast as the kernels on 16 cores at 18 qubits",
        f"{min(LIGHTNING):.0f} to {max(LIGHTNING):,.0f} times as fast as `lightning.gpu`",
        f"took {WHOLE['minutes']:.0f} minutes on two cores",
    ],
)
def test_the_readme_says_what_was_measured(said: str) -> None:
    assert said in README


def test_up_to_10_qubits_the_kernels_are_faster_than_a_gpu() -> None:
    ratios = ON_GPU["batched.qubit"]
    assert max(ratio for (_, wires), ratio in ratios.items() if wires <= 10) < 1
    assert min(ratio for (_, wires), ratio in ratios.items() if wires > 10) > 1


def test_no_recipe_of_the_whole_comparison_is_told_apart() -> None:
    verdicts = [recipe["verdict"] for recipe in WHOLE["recipes"].values()]
    assert len(verdicts) == 3
    assert all("are not told apart." in verdict for verdict in verdicts)
