"""What the device does with PennyLane's tapes: their states, and slopes by their parameters."""

__all__ = ["jacobian_of", "slopes_of", "states_of"]

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

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

PARAMETER_SHIFT = "use diff_method='parameter-shift'"


class Slopes(tuple[Array, ...]):
    """One array for each trainable parameter, of its shape: PennyLane squeezes them to see whether there are any."""

    __slots__ = ()

    def squeeze(self) -> Array:
        """Only its length matters."""
        return np.zeros(len(self))


def states_of(circuits: Sequence[QuantumScript], find: Find) -> list[tuple[ComplexArray, bool]]:
    """The final states, of shape (2, ..., 2) or (batch, 2, ..., 2), and whether they have a batch axis.

    Circuits of the same gates are run together.
    """
    found: list[Any] = [None] * len(circuits)
    groups: dict[Any, list[tuple[int, Layout]]] = defaultdict(list)
    for index, circuit in enumerate(circuits):
        if _projects(circuit):
            found[index] = _projected(circuit.map_to_standard_wires(), find)
        else:
            layout = layout_of(circuit.map_to_standard_wires())
            groups[layout.key((True,) * len(layout.values)), layout.rows].append((index, layout))
    for group in groups.values():
        layouts = [layout for _, layout in group]
        for (index, layout), states in zip(group, _together(layouts, find), strict=True):
            found[index] = states.reshape(layout.shape), layout.batch is not None
    return found


def slopes_of(circuit: QuantumScript, cotangent: Any, find: Find) -> Slopes:
    """The slopes of a cost by the trainable parameters, from its slopes by the measurements.

    Raises:
        DeviceError: If one of them is no angle, or the tape projects.
    """
    tape = circuit.map_to_standard_wires()
    if _projects(tape):
        raise DeviceError(f"batched.qubit has no gradient of its own behind a post-selection: {PARAMETER_SHIFT}")
    for index in tape.trainable_params:
        operator: Any = tape.par_info[index]["op"]
        if isinstance(operator, StatePrepBase) or is_matrix(operator):
            raise DeviceError(
                f"batched.qubit has no gradient by a parameter of {operator.name}: fix it, or {PARAMETER_SHIFT}"
            )
    layout = layout_of(tape)
    varying = layout.varying
    compiled = layout.compiled(find, varying)
    end = compiled.run(layout.table(varying), layout.fixed(varying), layout.initial)
    by_row, shared = compiled.slopes(end, _by_states(tape, layout, end.states, cotangent))
    rows, numbers = iter(by_row.T), iter(shared)
    slopes = [next(rows) if varies else next(numbers) for varies in varying]
    return Slopes(np.asarray(slopes[index - layout.prepared]) for index in tape.trainable_params)


def jacobian_of(circuit: QuantumScript, find: Find) -> Any:
    """For each measurement and trainable parameter the derivative, of the measurement's shape."""
    ((states, batched),) = states_of([circuit], find)
    measurements = circuit.map_to_standard_wires().measurements
    found: list[Any] = [measure(each, states, is_state_batched=batched) for each in measurements]
    shapes = [np.shape(each) for each in found]
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


def _together(layouts: list[Layout], find: Find) -> list[ComplexArray]:
    """The states of circuits of the same gates, in one call; shape (rows, states) each."""
    first = layouts[0]
    varying = first.varying if len(layouts) == 1 else (True,) * len(first.values)
    initial = None
    if first.initial is not None:
        size = 2**first.n_wires
        initial = np.concatenate([np.broadcast_to(np.asarray(one.initial), (one.rows, size)) for one in layouts])
    compiled = first.compiled(find, varying)
    end = compiled.run(np.concatenate([one.table(varying) for one in layouts]), first.fixed(varying), initial)
    compiled.engine.release(end.held)
    return np.split(end.states, len(layouts))


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


def _projects(tape: QuantumScript) -> bool:
    return any(isinstance(gate, qml.Projector) for gate in tape.operations)


def _projected(tape: QuantumScript, find: Find) -> tuple[ComplexArray, bool]:
    """The state after projections: it is run to the next of them, projected, and made a state again."""
    n_wires = max(1, len(tape.wires))
    states: ComplexArray | None = None
    for piece, projector in _pieces(tape.operations):
        initial = None if states is None else states.reshape(-1, 2**n_wires)
        layout = layout_of(QuantumScript(piece), n_wires=n_wires, initial=initial)
        states = _together([layout], find)[0].reshape(layout.shape)
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
