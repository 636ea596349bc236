"""Circuits as a computer takes them: told apart by what they do, and kept, so that no other is sent in their place."""

__all__ = ["Isa", "Shelf", "canonical", "isa_of"]

import hashlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
from qiskit import QuantumCircuit, qpy

from qgan._typing import Json
from qgan.backends.primitives.templates import Template
from qgan.errors import CheckpointError
from qgan.files import atomic_write


class Isa(NamedTuple):
    """A structure as a computer takes it.

    Attributes:
        template: Of which it was made.
        circuit: Qiskit's, measured.
        facts: ``"isa"``, a hash of its gates; ``"qubits"``, ``"depth"`` and ``"two_qubit_gates"``.
    """

    template: Template
    circuit: QuantumCircuit
    facts: Json


def isa_of(template: Template, circuit: QuantumCircuit) -> Isa:
    """With its facts."""
    facts: Json = {
        "isa": canonical(circuit),
        "qubits": template.n_qubits,
        "depth": circuit.depth(),
        "two_qubit_gates": circuit.num_nonlocal_gates(),
    }
    return Isa(template, circuit, facts)


def canonical(circuit: QuantumCircuit) -> str:
    """A hash of gates, qubits, bits and parameters; Qiskit's own files of it differ from one time to the next."""
    qubits = {bit: place for place, bit in enumerate(circuit.qubits)}
    bits = {bit: place for place, bit in enumerate(circuit.clbits)}
    gates = [
        [
            each.operation.name,
            [qubits[qubit] for qubit in each.qubits],
            [bits[bit] for bit in each.clbits],
            [_text(parameter) for parameter in each.operation.params],
        ]
        for each in circuit.data
    ]
    return hashlib.sha256(json.dumps(gates).encode()).hexdigest()


def _text(parameter: Any) -> str:
    if isinstance(parameter, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(parameter).tobytes()).hexdigest()
    return str(parameter)


@final
class Shelf:
    """Where a run keeps what was transpiled for it: after a new calibration another circuit might come of it.

    Args:
        folder: Where; None keeps nothing.
        how: All that decides what comes of a circuit, beside itself: the computer, the level, the seed.
    """

    def __init__(self, folder: Path | None, how: str) -> None:
        self._folder, self._how = folder, how

    def get(self, template: Template) -> QuantumCircuit | None:
        """What was put for it.

        Raises:
            CheckpointError: If it is damaged.
        """
        path = self._path(template)
        if path is None or not path.is_file():
            return None
        try:
            (circuit,) = qpy.load(io.BytesIO(path.read_bytes()))
        except Exception as error:
            raise CheckpointError(
                f"The transpiled circuit {path} cannot be read",
                got=f"{type(error).__name__}: {error}",
                cure="Restore it from a copy, or begin a new run",
            ) from None
        return circuit  # type: ignore[return-value]

    def put(self, template: Template, circuit: QuantumCircuit) -> None:
        """Keeps it."""
        path = self._path(template)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            made = io.BytesIO()
            qpy.dump(circuit, made)
            atomic_write(path, made.getvalue())

    def _path(self, template: Template) -> Path | None:
        if self._folder is None:
            return None
        name = hashlib.sha256(f"{self._how}/{canonical(template.measured)}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.qpy"
