"""What the fake measures: circuits as they were submitted, without noise, drawn by a seed that is of what they are."""

__all__ = ["Asked", "Pub", "asked", "encoded", "measured"]

import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp
from qiskit.primitives.containers import BitArray, DataBin, PrimitiveResult, SamplerPubResult
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime.utils import RuntimeDecoder, RuntimeEncoder

from qgan._typing import AnyArray, Array

KEY = "found"
# What the service takes where nothing is said.
SHOTS = 4096
MAX_QUBITS = 24


class Pub(NamedTuple):
    """One circuit of a job, on no more qubits than it uses.

    Attributes:
        circuit: Without measurements.
        measures: For each classical register its name, and for each of its bits the qubit, or -1 if nothing is read.
        values: Of the circuit's parameters in the client's order, of shape (..., parameters).
        parameters: In that order.
        shots: Of each row.
    """

    circuit: QuantumCircuit
    measures: dict[str, list[int]]
    values: Array
    parameters: list[Any]
    shots: int

    @property
    def executions(self) -> int:
        return self.shots * math.prod(self.values.shape[:-1])

    def content(self) -> bytes:
        """The same for the same circuit, whatever unique names Qiskit gave to its parts."""
        at = {qubit: place for place, qubit in enumerate(self.circuit.qubits)}
        gates = [
            (each.operation.name, [at[qubit] for qubit in each.qubits], [str(some) for some in each.operation.params])
            for each in self.circuit.data
        ]
        said = (gates, self.measures, [each.name for each in self.parameters], self.values.shape, self.shots)
        return json.dumps(said).encode() + np.ascontiguousarray(self.values, dtype="<f8").tobytes()


class Asked(NamedTuple):
    """A job's circuits, and the hash of what they are."""

    pubs: list[Pub]
    content: str


def asked(body: bytes) -> Asked:
    """What was submitted.

    Raises:
        ValueError: If it is nothing that the fake can run.
    """
    given = json.loads(body, cls=RuntimeDecoder)
    if given.get("program_id") != "sampler":
        raise ValueError("the fake runs sampler jobs only")
    default = given["params"].get("options", {}).get("default_shots") or SHOTS
    pubs = [_pub(SamplerPub.coerce(tuple(each), shots=default)) for each in given["params"]["pubs"]]
    if not pubs:
        raise ValueError("a job without circuits")
    digest = hashlib.sha256(b"".join(hashlib.sha256(each.content()).digest() for each in pubs))
    return Asked(pubs, digest.hexdigest())


def measured(job: Asked) -> list[SamplerPubResult]:
    """Every circuit's bits; the same job always gives the same."""
    random = np.random.default_rng(int(job.content, 16))
    return [_result(each, _drawn(each, random)) for each in job.pubs]


def encoded(results: Sequence[Any]) -> bytes:
    """As the service sends them."""
    return json.dumps(PrimitiveResult(list(results), metadata={"version": 2}), cls=RuntimeEncoder).encode()


def _pub(given: SamplerPub) -> Pub:
    isa = given.circuit
    at = {bit: place for place, bit in enumerate(isa.qubits)}
    read, used, done = dict[Any, int](), set[int](), set[int]()
    for each in isa.data:
        if each.operation.name == "barrier":
            continue
        places = {at[qubit] for qubit in each.qubits}
        branches = isinstance(each.operation, ControlFlowOp) or (each.clbits and each.operation.name != "measure")
        if places & done or branches or each.operation.name == "reset":
            raise ValueError("the fake measures at the end of a circuit only, and neither resets nor branches")
        used |= places
        if each.operation.name == "measure":
            done |= places
            read[each.clbits[0]] = at[each.qubits[0]]
    if len(used) > MAX_QUBITS:
        raise ValueError(f"the fake simulates {MAX_QUBITS} qubits at most, not {len(used)}")
    new = {qubit: place for place, qubit in enumerate(sorted(used))}
    small = QuantumCircuit(max(1, len(used)), global_phase=isa.global_phase)
    for each in isa.data:
        if each.operation.name not in ("measure", "barrier", "delay"):
            small.append(each.operation, [new[at[qubit]] for qubit in each.qubits])
    measures = {own.name: [new[read[bit]] if bit in read else -1 for bit in own] for own in isa.cregs}
    parameters = list(isa.parameters)
    return Pub(small, measures, given.parameter_values.as_array(isa.parameters), parameters, int(given.shots or SHOTS))


def _drawn(pub: Pub, random: np.random.Generator) -> AnyArray:
    """The qubits' states in every shot, as integers of which qubit 0 is the last bit: shape (..., shots)."""
    circuit = pub.circuit.copy()
    circuit.save_probabilities(label=KEY)  # type: ignore[attr-defined]
    *shape, width = pub.values.shape
    rows = pub.values.reshape(math.prod(shape), width)
    # Put by Qiskit: Aer 0.17 takes wrong values for some parameters.
    bound = [circuit.assign_parameters(_named(circuit, pub.parameters, row)) for row in rows]
    found = AerSimulator(method="statevector").run(bound, shots=1).result()
    if not found.success:
        raise RuntimeError(f"Aer failed: {found.status}")
    drawn = []
    for place in range(len(bound)):
        chances = np.asarray(found.data(place)[KEY])
        drawn.append(random.choice(len(chances), size=pub.shots, p=chances / chances.sum()))
    return np.stack(drawn).reshape(*shape, pub.shots)


def _named(circuit: QuantumCircuit, parameters: Sequence[Any], row: Array) -> dict[Any, float]:
    left = circuit.parameters
    return {each: float(value) for each, value in zip(parameters, row, strict=True) if each in left}


def _result(pub: Pub, drawn: AnyArray) -> SamplerPubResult:
    fields = {}
    for name, qubits in pub.measures.items():
        bits = np.stack([(drawn >> place) & 1 if place >= 0 else np.zeros_like(drawn) for place in qubits], axis=-1)
        fields[name] = BitArray.from_bool_array(bits.astype(bool), order="little")
    return SamplerPubResult(DataBin(shape=drawn.shape[:-1], **fields), metadata={"circuit_metadata": {}})
