"""A real computer's gates and noise, without the computer: circuits are made for it, and idle qubits left out.

Aer's own model of 133 qubits takes seconds to make and seconds for every job; of the few qubits that a circuit is on it
has the same distribution. What gates, relaxation and misread bits do is by Aer's model; `channels` runs the circuits.
"""

__all__ = ["MAX_QUBITS", "FakeTarget"]

import warnings
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple, final

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Measure
from qiskit.transpiler import Target as QiskitTarget
from qiskit_aer.noise.device import basic_device_gate_errors, basic_device_readout_errors

from qgan._typing import Array
from qgan.backends.primitives.channels import Channels
from qgan.backends.primitives.names import PREFIX
from qgan.backends.primitives.target import Exact, passes
from qgan.backends.primitives.templates import Request, Template

# A density matrix has 4**n numbers.
MAX_QUBITS = 12


class Noisy(NamedTuple):
    """A structure on a few of the computer's qubits.

    Attributes:
        channels: With the noise of those qubits.
        misread: For each qubit of the circuit, rows that sum to 1: what is read of a 0, and of a 1.
        isa: As the computer would run it.
    """

    channels: Channels
    misread: list[Array]
    isa: QuantumCircuit


@final
class FakeTarget(Exact[Noisy]):
    """Circuits under the noise that a computer was once measured to have: gates, relaxation, and misread bits.

    Args:
        backend: Qiskit's fake of it.
        level: Of the transpiler's optimisation, 0 to 3.
        seed: Of the transpiler.
    """

    def __init__(self, backend: Any, *, level: int = 1, seed: int = 0) -> None:
        super().__init__()
        self.name = f"fake:{backend.name.removeprefix(PREFIX)}"
        self.max_qubits = min(MAX_QUBITS, backend.num_qubits)
        self._target: QiskitTarget = _measuring(backend.target)
        self._passes = passes(level=level, seed=seed, target=self._target)

    def probabilities(self, requests: Sequence[Request]) -> list[Array]:
        self._count(requests)
        found = []
        for request in requests:
            known = self.prepared(request.template)
            found.append(misread(known.channels.probabilities(request.table), known.misread))
        return found

    def _prepare(self, template: Template) -> Noisy:
        self.sent.transpilations += 1
        isa: QuantumCircuit = self._passes.run(template.measured)
        used, measured = _qubits(isa)
        small = _restricted(self._target, used)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            noise = {(name, tuple(qubits)): error for name, qubits, error in basic_device_gate_errors(target=small)}
        places = [used.index(qubit) for qubit in measured]
        channels = Channels(_compact(isa, used), template.angles, noise, places)
        errors = {
            qubits[0]: np.asarray(error.probabilities) for qubits, error in basic_device_readout_errors(target=small)
        }
        read = [errors.get(place, np.eye(2)) for place in places]
        return Noisy(channels, read, isa)


def misread(probabilities: Array, by_qubit: Sequence[Array]) -> Array:
    """Probabilities of what is read, from those of what is there: shape (rows, 2**qubits)."""
    rows, size = probabilities.shape
    found = probabilities.reshape(rows, *[2] * len(by_qubit))
    for axis, table in enumerate(by_qubit, start=1):
        found = np.moveaxis(np.tensordot(found, table, axes=(axis, 0)), -1, axis)
    return found.reshape(rows, size)


def _measuring(target: QiskitTarget) -> QiskitTarget:
    """The same; of the oldest computers nothing is said of measurements, without which nothing is transpiled."""
    if "measure" in target.operation_names:
        return target
    target = deepcopy(target)
    target.add_instruction(Measure(), dict.fromkeys((qubit,) for qubit in range(target.num_qubits)))
    return target


def _qubits(isa: QuantumCircuit) -> tuple[list[int], list[int]]:
    """The computer's qubits that anything is done to, and those that are measured, in the order of their bits."""
    at = {bit: place for place, bit in enumerate(isa.qubits)}
    bits = {bit: place for place, bit in enumerate(isa.clbits)}
    used, measured = set[int](), {}
    for each in isa.data:
        if each.operation.name != "barrier":
            used |= {at[qubit] for qubit in each.qubits}
        if each.operation.name == "measure":
            measured[bits[each.clbits[0]]] = at[each.qubits[0]]
    return sorted(used), [measured[bit] for bit in sorted(measured)]


def _restricted(target: QiskitTarget, used: Sequence[int]) -> QiskitTarget:
    """What is known of those qubits, numbered anew."""
    new = {qubit: place for place, qubit in enumerate(used)}
    properties = target.qubit_properties
    small = QiskitTarget(
        num_qubits=len(used),
        dt=target.dt,
        qubit_properties=None if properties is None else [properties[qubit] for qubit in used],
    )
    for name in target.operation_names:
        known = target[name]
        if known is None or None in known:
            # Control flow, which is on no qubits in particular.
            continue
        kept = {tuple(new[q] for q in qubits): each for qubits, each in known.items() if new.keys() >= set(qubits)}
        if kept:
            small.add_instruction(target.operation_from_name(name), kept, name=name)
    return small


def _compact(isa: QuantumCircuit, used: Sequence[int]) -> QuantumCircuit:
    """The same gates on the qubits that are used, without measurements."""
    new = {isa.qubits[qubit]: place for place, qubit in enumerate(used)}
    small = QuantumCircuit(len(used), global_phase=isa.global_phase)
    for each in isa.data:
        if each.operation.name not in ("measure", "barrier"):
            small.append(each.operation, [new[qubit] for qubit in each.qubits])
    return small
