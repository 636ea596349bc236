"""Qiskit's Aer without noise: state vectors of all circuits of a job in one run."""

__all__ = ["AerTarget", "Ready", "ready", "run"]

from collections.abc import Sequence
from typing import Any, NamedTuple, final

import numpy as np
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator

from qgan._typing import AnyArray, Array
from qgan.backends.primitives.target import Exact
from qgan.backends.primitives.templates import Request, Template

KEY = "found"


class Ready(NamedTuple):
    """A structure as Aer takes it.

    Attributes:
        template: Whose parameters are in the circuit.
        circuit: With what is to be saved.
        by_aer: Whether Aer puts values for the parameters itself, which is fast, and right for most circuits.
    """

    template: Template
    circuit: QuantumCircuit
    by_aer: bool = True

    def columns(self, table: Array) -> dict[Any, list[float]]:
        """The values of the parameters that are left in the circuit."""
        return {angle: some.tolist() for angle, some in self.template.values(self.circuit, table).items()}

    def of_rows(self, table: Array) -> list[QuantumCircuit]:
        """A circuit for each row, without parameters."""
        columns = self.columns(table)
        rows = zip(*columns.values(), strict=True)
        return [self.circuit.assign_parameters(dict(zip(columns, row, strict=True))) for row in rows]


@final
class AerTarget(Exact[Ready]):
    """Ideal circuits.

    Args:
        density: Whether density matrices are kept and not state vectors.
    """

    def __init__(self, *, density: bool = False) -> None:
        super().__init__()
        self.name = "aer:density" if density else "aer"
        self.max_qubits = 15 if density else 30
        self.pure = not density
        self._simulator = AerSimulator(method="density_matrix" if density else "statevector")

    def probabilities(self, requests: Sequence[Request]) -> list[Array]:
        found = self._run(requests)
        return [np.abs(each) ** 2 for each in found] if self.pure else [np.real(each) for each in found]

    def states(self, requests: Sequence[Request]) -> list[AnyArray]:
        return self._run(requests) if self.pure else super().states(requests)

    def _run(self, requests: Sequence[Request]) -> list[AnyArray]:
        self._count(requests)
        known = [self.prepared(request.template) for request in requests]
        return run(self._simulator, known, [request.table for request in requests])

    def _prepare(self, template: Template) -> Ready:
        # Aer knows all of these gates: nothing is to be transpiled.
        circuit = template.circuit.reverse_bits()
        if not self.pure:
            circuit.save_probabilities(label=KEY)  # type: ignore[attr-defined]
        else:
            circuit.save_statevector(label=KEY)  # type: ignore[attr-defined]
        return ready(self._simulator, template, circuit)


def ready(simulator: AerSimulator, template: Template, circuit: QuantumCircuit) -> Ready:
    """A circuit that saves something, after a look at how Aer puts values for its parameters.

    Aer 0.17 takes wrong ones where there are controlled rotations or fixed matrices, and says nothing.
    """
    made = Ready(template, circuit)
    rows = np.random.default_rng(0).uniform(-3.0, 3.0, (2, template.n_angles))
    fast, safe = (run(simulator, [made._replace(by_aer=by_aer)], [rows])[0] for by_aer in (True, False))
    return made._replace(by_aer=bool(np.allclose(fast, safe, rtol=0, atol=1e-9)))


def run(simulator: AerSimulator, circuits: Sequence[Ready], tables: Sequence[Array]) -> list[AnyArray]:
    """What each circuit saves, of shape (rows, 2**qubits), in one run of the simulator."""
    given: list[QuantumCircuit] = []
    binds: list[dict[Any, list[float]]] = []
    counts: list[int] = []
    for each, table in zip(circuits, tables, strict=True):
        columns = each.columns(table)
        if columns and not each.by_aer:
            own = each.of_rows(table)
            given += own
            binds += [{} for _ in own]
        else:
            given.append(each.circuit)
            binds.append(columns)
        counts.append(len(table) if columns else 1)
    result = simulator.run(given, shots=1, parameter_binds=binds if any(binds) else None).result()
    if not result.success:
        raise RuntimeError(f"Aer failed: {result.status}")
    saved = iter(range(sum(counts)))
    found = []
    for count, table in zip(counts, tables, strict=True):
        own = np.stack([np.asarray(result.data(next(saved))[KEY]) for _ in range(count)])
        found.append(own if count == len(table) else own.repeat(len(table), axis=0))
    return found
