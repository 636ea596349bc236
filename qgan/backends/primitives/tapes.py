"""PennyLane's tapes as requests, and outcomes as the results of their measurements."""

__all__ = ["OF_PROBABILITIES", "executed", "frequencies"]

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from pennylane.devices.qubit.measure import measure
from pennylane.exceptions import DeviceError
from pennylane.measurements import ExpectationMP, ProbabilityMP, VarianceMP
from pennylane.tape import QuantumScript
from pennylane.wires import Wires

from qgan._typing import AnyArray, Array
from qgan.backends.primitives.target import Exact, Target
from qgan.backends.primitives.templates import Request, Template, phases_of, table_of, template_of

OF_PROBABILITIES = (ExpectationMP, ProbabilityMP, VarianceMP)


class _Asked(NamedTuple):
    """A circuit among others of the same structure."""

    place: int
    circuit: QuantumScript
    table: Array


def executed(circuits: Sequence[QuantumScript], target: Target[Any], next_seed: Callable[[], int]) -> list[Any]:
    """One result for each circuit: a job for all exact ones, and one for those of each number of shots.

    Raises:
        DeviceError: If circuits without shots are asked of a target that is not exact, an angle is not finite, or there
            are more qubits than it takes.
    """
    found: list[Any] = [None] * len(circuits)
    for shots, members in _by_shots(circuits).items():
        groups: dict[Template, list[_Asked]] = defaultdict(list)
        for place in members:
            template, table = _request(circuits[place], pure=not shots and target.pure)
            if template.n_qubits > target.max_qubits:
                raise DeviceError(f"{target.name} takes up to {target.max_qubits} qubits, got {template.n_qubits}")
            groups[template].append(_Asked(place, circuits[place], table))
        requests = [
            Request(template, np.concatenate([asked.table for asked in group])) for template, group in groups.items()
        ]
        for group, outcomes in zip(groups.values(), _outcomes(requests, target, shots, next_seed), strict=True):
            ends = np.cumsum([len(asked.table) for asked in group])[:-1]
            for asked, own in zip(group, np.split(outcomes, ends), strict=True):
                result = _pure(asked.circuit, own) if not shots and target.pure else _read(asked.circuit, own)
                found[asked.place] = result
    return found


def frequencies(bits: AnyArray) -> Array:
    """Relative, shape (rows, 2**qubits), of bits of shape (rows, shots, qubits)."""
    rows, shots, n_qubits = bits.shape
    places = bits @ (1 << np.arange(n_qubits)[::-1])
    places = places + (np.arange(rows) << n_qubits)[:, None]
    return np.bincount(places.ravel(), minlength=rows << n_qubits).reshape(rows, -1) / shots


def _by_shots(circuits: Sequence[QuantumScript]) -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = defaultdict(list)
    for place, circuit in enumerate(circuits):
        found[circuit.shots.total_shots].append(place)
    return found


def _request(circuit: QuantumScript, *, pure: bool) -> tuple[Template, Array]:
    numbered = circuit.map_to_standard_wires()
    gates = numbered.operations if pure else [*numbered.operations, *_to_z(numbered)]
    table = table_of(gates, circuit.batch_size or 1)
    if not np.isfinite(table).all():
        raise DeviceError("An angle is not finite: of NaN or infinity a device would make plausible numbers")
    return template_of(gates, max(1, len(circuit.wires))), table


def _to_z(circuit: QuantumScript) -> Iterator[Any]:
    """What turns the bases of the observables, all of which go together, into Z's."""
    from qgan.backends.primitives.gates import takes

    for gate in circuit.diagonalizing_gates:
        yield from [gate] if takes(gate) else gate.decomposition()


def _outcomes(
    requests: Sequence[Request], target: Target[Any], shots: int | None, next_seed: Callable[[], int]
) -> Sequence[AnyArray]:
    """States, or probabilities, or bits."""
    if shots:
        return target.sampled(requests, shots=shots, seed=next_seed())
    if not isinstance(target, Exact):
        raise DeviceError(f"{target.name} has nothing but samples: ask for shots")
    return target.states(requests) if target.pure else target.probabilities(requests)


def _pure(circuit: QuantumScript, states: AnyArray) -> Any:
    """Of exact states, by PennyLane's own measurements."""
    numbered, batched = circuit.map_to_standard_wires(), circuit.batch_size is not None
    phases = np.exp(1j * phases_of(numbered.operations))
    states = states * np.reshape(phases, (-1, 1))
    shape = [2] * max(1, len(circuit.wires))
    shaped = states.reshape(-1, *shape) if batched else states.reshape(shape)
    measurements: Any = numbered.measurements
    return _one_or_all([measure(each, shaped, is_state_batched=batched) for each in measurements])


def _read(circuit: QuantumScript, outcomes: AnyArray) -> Any:
    """Of probabilities, or of bits."""
    if not circuit.shots:
        return _measured(circuit, outcomes, None)
    runs = [outcomes[:, begin:end] for begin, end in circuit.shots.bins()]
    found = [_measured(circuit, frequencies(bits), bits) for bits in runs]
    return tuple(found) if circuit.shots.has_partitioned_shots else found[0]


def _measured(circuit: QuantumScript, probabilities: Array, bits: AnyArray | None) -> Any:
    numbered, batched = circuit.map_to_standard_wires(), circuit.batch_size is not None
    order = Wires(range(max(1, len(circuit.wires))))
    found = []
    for each in numbered.measurements:
        measurement: Any = each
        if isinstance(each, OF_PROBABILITIES):
            # Their bases have been turned: what is left depends on probabilities alone.
            amplitudes = np.sqrt(probabilities)
            found.append(measurement.process_state(amplitudes if batched else amplitudes[0], order))
            continue
        assert bits is not None
        given = bits.astype(np.int64)
        found.append(measurement.process_samples(given if batched else given[0], order))
    return _one_or_all(found)


def _one_or_all(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else tuple(found)
