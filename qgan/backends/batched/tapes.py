"""What the device does with PennyLane's tapes: their results, and slopes by their parameters."""

__all__ = ["executed", "executed_with_slopes", "jacobian_of", "slopes_of"]

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pennylane as qml
import torch
from pennylane.devices.qubit import apply_operation
from pennylane.devices.qubit.measure import measure
from pennylane.devices.qubit.simulate import _postselection_postprocess
from pennylane.exceptions import DeviceError
from pennylane.operation import StatePrepBase
from pennylane.tape import QuantumScript

from qgan._typing import Array, ComplexArray
from qgan.backends.batched.layout import Find, Layout, layout_of
from qgan.backends.batched.lowering import is_matrix
from qgan.backends.batched.readings import Reading, reading_of

PARAMETER_SHIFT = "use diff_method='parameter-shift'"

Measured: TypeAlias = Callable[[QuantumScript, ComplexArray, bool], Any]
"""Makes a circuit's result of its states, of shape (2, ..., 2) or, if there is a batch axis, (batch, 2, ..., 2)."""


class _Asked(NamedTuple):
    """A circuit among others, and what is to be read of it; None for its states."""

    place: int
    circuit: QuantumScript
    layout: Layout
    reading: Reading | None


class Slopes(tuple[Array, ...]):
    """One array for each trainable parameter, of its shape: PennyLane squeezes them to see whether there are any."""

    __slots__ = ()

    def squeeze(self) -> Array:
        """Only its length matters."""
        return np.zeros(len(self))


def executed(circuits: Sequence[QuantumScript], find: Find, measured: Measured) -> list[Any]:
    """One result for each circuit; circuits of the same gates and read-out are run together."""
    found: list[Any] = [None] * len(circuits)
    groups: dict[Any, list[_Asked]] = defaultdict(list)
    for place, circuit in enumerate(circuits):
        tape, n_wires = _numbered(circuit)
        if _projects(circuit):
            found[place] = measured(circuit, *_projected(tape, find))
        else:
            layout = layout_of(tape, n_wires)
            reading = None if circuit.shots else reading_of(tape.measurements, n_wires)
            kind = "states" if reading is None else reading.words
            groups[layout.key, layout.rows, kind].append(_Asked(place, circuit, layout, reading))
    for group in groups.values():
        for asked, result in zip(group, _together(group, find, measured), strict=True):
            found[asked.place] = result
    return found


def slopes_of(circuit: QuantumScript, cotangent: Any, find: Find) -> Slopes:
    """The slopes of a cost by the trainable parameters, from its slopes by the measurements.

    Raises:
        DeviceError: If one of them is no angle, or the tape projects.
    """
    return executed_with_slopes(circuit, cotangent, find, lambda *_: None)[1]


def executed_with_slopes(circuit: QuantumScript, cotangent: Any, find: Find, measured: Measured) -> tuple[Any, Slopes]:
    """The result and those slopes, of one run.

    Raises:
        DeviceError: As :func:`slopes_of`.
    """
    tape, n_wires = _numbered(circuit)
    _require_slopes(tape)
    layout, reading = layout_of(tape, n_wires), reading_of(tape.measurements, n_wires)
    varying, trained = layout.varying, [index - layout.prepared for index in tape.trainable_params]
    table, fixed, batched = layout.table(varying), layout.fixed(varying), layout.batch is not None
    if reading is None:
        compiled = layout.compiled(find, varying)
        end = compiled.run(table, fixed, layout.initial)
        result = measured(circuit, end.states.reshape(layout.shape), batched)
        by_row, shared = compiled.slopes(end, _by_states(tape, layout, end.states, cotangent))
    else:
        compiled = layout.compiled(find, varying, reading.words)
        numbers, held = compiled.numbers(table, fixed, layout.initial, keep=True)
        assert held is not None
        result, given = reading.results(numbers, batched=batched), reading.cotangent(cotangent, layout.rows)
        wanted = {varying[index] for index in trained}
        by_row, shared = compiled.back(held, given, varying=True in wanted, fixed=False in wanted)
    of_rows, of_all = iter(by_row.T), iter(shared)
    slopes = [next(of_rows) if varies else next(of_all) for varies in varying]
    return result, Slopes(np.asarray(slopes[index]) for index in trained)


def jacobian_of(circuit: QuantumScript, find: Find, measured: Measured) -> Any:
    """For each measurement and trainable parameter the derivative, of the measurement's shape."""
    (result,) = executed([circuit], find, measured)
    shapes = [np.shape(each) for each in (result if len(circuit.measurements) > 1 else (result,))]
    table = []
    for index, shape in enumerate(shapes):
        rows = []
        for place in np.ndindex(*shape):
            cotangents = [np.zeros(each) for each in shapes]
            cotangents[index][place] = 1.0
            rows.append(slopes_of(circuit, cotangents if len(shapes) > 1 else cotangents[0], find))
        columns = [np.array(column).reshape(*shape, *np.shape(column[0])) for column in zip(*rows, strict=True)]
        table.append(columns[0] if len(columns) == 1 else tuple(columns))
    return table[0] if len(table) == 1 else tuple(table)


def _together(group: list[_Asked], find: Find, measured: Measured) -> Iterator[Any]:
    """The results of circuits of the same gates and read-out, in one call."""
    layouts = [asked.layout for asked in group]
    first, reading = group[0].layout, group[0].reading
    if reading is None:
        for asked, states in zip(group, _states(layouts, find), strict=True):
            yield measured(asked.circuit, states.reshape(asked.layout.shape), asked.layout.batch is not None)
        return
    table = _stacked(layouts)
    numbers, _ = first.compiled(find, table.which, reading.words).numbers(*table[1:], keep=False)
    for asked, own in zip(group, np.split(numbers, len(group)), strict=True):
        assert asked.reading is not None
        yield asked.reading.results(own, batched=asked.layout.batch is not None)


def _states(layouts: list[Layout], find: Find) -> list[ComplexArray]:
    """Those of circuits of the same gates, in one call; shape (rows, states) each."""
    table = _stacked(layouts)
    compiled = layouts[0].compiled(find, table.which)
    end = compiled.run(*table[1:])
    compiled.engine.release(end.held)
    return np.split(end.states, len(layouts))


class _Stacked(NamedTuple):
    """The inputs of several layouts: which parameters vary, their values, those of the others, and where it begins."""

    which: tuple[bool, ...]
    varying: Array
    fixed: Array
    initial: ComplexArray | None


def _stacked(layouts: list[Layout]) -> _Stacked:
    first = layouts[0]
    which = first.varying if len(layouts) == 1 else (True,) * len(first.values)
    initial = None
    if first.initial is not None:
        size = 2**first.n_wires
        initial = np.concatenate([np.broadcast_to(np.asarray(one.initial), (one.rows, size)) for one in layouts])
    return _Stacked(which, np.concatenate([one.table(which) for one in layouts]), first.fixed(which), initial)


def _require_slopes(tape: QuantumScript) -> None:
    if _projects(tape):
        raise DeviceError(f"batched.qubit has no gradient of its own behind a post-selection: {PARAMETER_SHIFT}")
    for index in tape.trainable_params:
        operator: Any = tape.par_info[index]["op"]
        place: Any = tape.par_info[index]["op_idx"]
        if place >= len(tape.operations) or isinstance(operator, StatePrepBase) or is_matrix(operator):
            raise DeviceError(
                f"batched.qubit has no gradient by a parameter of {operator.name}: fix it, or {PARAMETER_SHIFT}"
            )


def _by_states(tape: QuantumScript, layout: Layout, states: ComplexArray, cotangent: Any) -> ComplexArray:
    """The slopes of a cost by the states, through PennyLane's own measurements in torch."""
    given = cotangent if len(tape.measurements) > 1 else (cotangent,)
    lam = np.zeros(states.shape, dtype=np.complex128)
    outputs, weights = [], []
    # PennyLane calls this with torch's gradients switched off.
    with torch.enable_grad():
        leaf = torch.from_numpy(states.astype(np.complex128)).requires_grad_()
        for measurement, slope in zip(tape.measurements, given, strict=True):
            observable: Any = measurement.obs
            if getattr(observable, "name", None) == "SparseHamiltonian":
                # PennyLane takes this one out of torch.
                matrix = observable.sparse_matrix(wire_order=range(layout.n_wires))
                lam += 2 * np.reshape(slope, (-1, 1)) * (matrix @ states.T).T
                continue
            state: Any = leaf.reshape(layout.shape)
            out: Any = measure(measurement, state, is_state_batched=layout.batch is not None)
            outputs.append(out)
            # PennyLane's cotangents of complex numbers are the conjugates of torch's.
            weights.append(torch.as_tensor(np.conj(slope)).to(out.dtype).reshape(out.shape))
        if outputs:
            (found,) = torch.autograd.grad(outputs, leaf, weights)
            lam += found.resolve_conj().numpy()
    return lam


def _numbered(circuit: QuantumScript) -> tuple[QuantumScript, int]:
    """The circuit on wires that are numbers from 0 on, those of gates first, and how many there are."""
    parts: Any = circuit.operations, circuit.measurements
    gates, measured = ({label for each in part for label in each.wires.labels} for part in parts)
    others = measured - gates
    n_wires = len(gates) + len(others)
    if gates == set(range(len(gates))) and others == set(range(len(gates), n_wires)):
        # PennyLane sees that too, and takes several times as long for it.
        return circuit, max(1, n_wires)
    return circuit.map_to_standard_wires(), n_wires


def _projects(tape: QuantumScript) -> bool:
    return any(isinstance(gate, qml.Projector) for gate in tape.operations)


def _projected(tape: QuantumScript, find: Find) -> tuple[ComplexArray, bool]:
    """The state after projections: it is run to the next of them, projected, and made a state again."""
    n_wires = max(1, len(tape.wires))
    states: ComplexArray | None = None
    for piece, projector in _pieces(tape.operations):
        initial = None if states is None else states.reshape(-1, 2**n_wires)
        layout = layout_of(QuantumScript(piece), n_wires, initial=initial)
        states = _states([layout], find)[0].reshape(layout.shape)
        if projector is not None:
            batched = layout.batch is not None
            projected = apply_operation(projector, states, is_state_batched=batched)
            states, shots = _postselection_postprocess(projected, batched, tape.shots)
            tape._shots = shots
    assert states is not None
    return states, False


def _pieces(operations: Sequence[Any]) -> Iterator[tuple[list[Any], Any]]:
    piece: list[Any] = []
    for operation in operations:
        if isinstance(operation, qml.Projector):
            yield piece, operation
            piece = []
        else:
            piece.append(operation)
    yield piece, None
