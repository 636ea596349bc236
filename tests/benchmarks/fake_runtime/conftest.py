"""The fake, the real client that is logged in there, and the small circuit that it submits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, final

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.transpiler import generate_preset_pass_manager
from qiskit_ibm_runtime import QiskitRuntimeService, SamplerV2

from benchmarks.fake_runtime.loopback import environment, redirected
from benchmarks.fake_runtime.server import FakeRuntime


@final
class Work:
    """What is submitted: rotations of three qubits.

    Attributes:
        rows: Bits as they are printed, the last qubit first, and the rotations that give them.
        table: Those, in radians.
    """

    rows = {"000": (0, 0, 0), "001": (1, 0, 0), "010": (0, 1, 0), "110": (0, 1, 1)}  # noqa: RUF012
    table = np.pi * np.array(list(rows.values()))

    def circuit(self, backend: Any) -> QuantumCircuit:
        angles, made = ParameterVector("angle", 3), QuantumCircuit(3)
        for qubit, angle in enumerate(angles):
            made.rx(angle, qubit)
        made.measure_all()
        return generate_preset_pass_manager(1, backend, seed_transpiler=0).run(made)

    def sampler(self, backend: Any, *tags: str) -> Any:
        made: Any = SamplerV2(backend)
        made.options.environment.job_tags = list(tags)
        return made

    def submitted(self, service: QiskitRuntimeService, *tags: str, pubs: int = 1, name: str = "ibm_manila") -> Any:
        backend = service.backend(name)
        return self.sampler(backend, *tags).run([(self.circuit(backend), self.table)] * pubs, shots=100)

    def read(self, result: Any) -> list[dict[str, int]]:
        return [result.data.meas[row].get_counts() for row in range(len(self.rows))]

    def posts(self, fake: FakeRuntime) -> int:
        return fake.requests.count(("POST", "/quantum.cloud.ibm.com/api/v1/jobs"))


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def fake(tmp_path: Path, account: None) -> Iterator[FakeRuntime]:  # noqa: ARG001
    with FakeRuntime(tmp_path / "fake") as made, redirected(made.url):
        yield made
        assert not made.problems


@pytest.fixture
def service(fake: FakeRuntime) -> QiskitRuntimeService:  # noqa: ARG001
    return QiskitRuntimeService()
