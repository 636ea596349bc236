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
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


def best(circuit: str, wires: int) -> float:
    found = best_compiled(ROWS[circuit, wires])
    assert found is not None
    return found[1]


AT_5 = [best(kind, 5) for kind in "ABC"]


@pytest.mark.parametrize(
    "said",
    [
        f"takes {median(ROWS['B', 10]['ms']):.1f} ms at 10 qubits",
        f"the fastest compiled simulator {best('B', 10):.0f} times",
        f"`default.qubit` {ROWS['B', 10]['peers']['default.qubit']['ratio']:.0f} times as long",
        f"At 5 qubits it is {min(AT_5):.0f} to {max(AT_5):.0f} times",
    ],
)
def test_the_readme_says_what_was_measured(said: str) -> None:
    assert said in README
