"""Angles to exact joint probabilities, on devices that take many rows at once and on those that take one."""

__all__ = ["BroadcastKernel", "Kernel", "RowKernel", "TapeRunner", "rows_of", "with_angle"]

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import numpy as np
import pennylane as qml
from pennylane.devices import Device, ExecutionConfig
from pennylane.operation import Operator
from pennylane.tape import QuantumScript
from torch import Tensor

from qgan._typing import Array
from qgan.backends.program import Program
from qgan.errors import BackendError, ResourceError

# Fixed, and not what happens to be free: the size of a chunk moves the last digits, and a resumed run must not differ.
NUMBERS_AT_ONCE = 2**24


@final
class TapeRunner:
    """A device that is asked directly, without a QNode's work on every call.

    Args:
        device: Made once, for all calls.
        gradient_method: ``"backprop"`` keeps torch tensors; ``"adjoint"`` and None take numbers.
    """

    def __init__(self, device: Device, gradient_method: str | None) -> None:
        self.device = device
        torch_inside = gradient_method == "backprop"
        self._asked = ExecutionConfig(gradient_method=gradient_method, interface="torch" if torch_inside else None)
        self._native: tuple[Any, bool] = (None, False)

    def run(self, tapes: Sequence[QuantumScript]) -> Sequence[Any]:
        """One result for each tape; all tapes have the same gates."""
        return self._guarded(self._run, tapes)

    def derivatives(self, tapes: Sequence[QuantumScript]) -> Sequence[Any]:
        """One Jacobian of the device's own for each tape."""
        return self._guarded(self._derivatives, tapes)

    def _run(self, tapes: Sequence[QuantumScript]) -> Sequence[Any]:
        config = self.device.setup_execution_config(self._asked, tapes[0])
        if self._takes_as_it_is(tapes[0], config):
            return self.device.execute(tuple(tapes), config)
        batch, post_process = self.device.preprocess_transforms(config)(tuple(tapes))
        return post_process(self.device.execute(batch, config))

    def _derivatives(self, tapes: Sequence[QuantumScript]) -> Sequence[Any]:
        config = self.device.setup_execution_config(self._asked, tapes[0])
        return self.device.compute_derivatives(tuple(tapes), config)

    def _takes_as_it_is(self, tape: QuantumScript, config: ExecutionConfig) -> bool:
        shape = _gates_of(tape)
        if self._native[0] != shape:
            batch, _ = self.device.preprocess_transforms(config)((tape,))
            same = len(batch) == 1 and _gates_of(batch[0]) == shape and batch[0].measurements == tape.measurements
            self._native = (shape, same)
        return self._native[1]

    def _guarded(self, call: Any, tapes: Sequence[QuantumScript]) -> Sequence[Any]:
        try:
            return call(tapes)
        except MemoryError as error:
            raise ResourceError(
                f"The device '{self.device.name}' ran out of memory", cure="Use fewer qubits or a smaller batch"
            ) from error
        except (qml.exceptions.DeviceError, qml.exceptions.QuantumFunctionError, NotImplementedError) as error:
            raise BackendError(
                f"The device '{self.device.name}' refused the circuit",
                got=f"{type(error).__name__}: {error}",
                cure="Use lightning.qubit or default.qubit",
            ) from error


class Kernel(ABC):
    """Exact joint probabilities of a program's operators for any table of angles."""

    @abstractmethod
    def probabilities(self, operators: Sequence[Operator], angles: Array) -> Array:
        """Angles of shape (rows, n_angles), radians, to probabilities of shape (rows, 2**n_wires)."""


@final
class BroadcastKernel(Kernel):
    """All rows in one run, or in as few as memory allows.

    Args:
        device: Takes angles of shape (rows,).
        n_wires: How many wires are measured.
        density: Whether the device keeps 4**n_wires numbers for each row.
    """

    def __init__(self, device: Device, n_wires: int, *, density: bool) -> None:
        self._runner, self._backprop = TapeRunner(device, None), TapeRunner(device, "backprop")
        self._measurement = qml.probs(wires=range(n_wires))
        self._size, self._density = 2**n_wires, density
        self._rows_at_once = max(1, NUMBERS_AT_ONCE // (4 if density else 2) ** n_wires)

    def probabilities(self, operators: Sequence[Operator], angles: Array) -> Array:
        starts = range(0, len(angles), self._rows_at_once)
        return np.concatenate([self._chunk(operators, angles[at : at + self._rows_at_once]) for at in starts])

    def differentiable(self, program: Program) -> Tensor:
        """The program's own angles to probabilities, through torch operations only."""
        operators: Sequence[Operator] = program.operators
        if self._density:
            # Of a single torch number, PennyLane 0.45 works out the eigenvalues of RZ in single precision; of one for
            # each row it does not.
            columns = iter(program.angles.unbind(dim=1))
            operators = [with_angle(gate, next(columns)) if gate.num_params else gate for gate in operators]
        (result,) = self._backprop.run([QuantumScript(operators, [self._measurement])])
        return result.expand(program.rows, self._size)

    def _chunk(self, operators: Sequence[Operator], angles: Array) -> Array:
        # A gate that all rows share costs less, and a tape in which nothing varies has no batch axis.
        shared = (angles == angles[:1]).all(axis=0)
        values = iter([column[0] if same else column for column, same in zip(angles.T, shared, strict=True)])
        bound = [with_angle(gate, next(values)) if gate.num_params else gate for gate in operators]
        (result,) = self._runner.run([QuantumScript(bound, [self._measurement])])
        return np.array(np.broadcast_to(np.asarray(result), (len(angles), self._size)), dtype=np.float64)


@final
class RowKernel(Kernel):
    """One run for each row, all handed over in one call."""

    def __init__(self, device: Device, n_wires: int) -> None:
        self._runner = TapeRunner(device, None)
        self._measurement = qml.probs(wires=range(n_wires))
        self._size = 2**n_wires

    def probabilities(self, operators: Sequence[Operator], angles: Array) -> Array:
        tapes = [QuantumScript(bound, [self._measurement]) for bound in rows_of(operators, angles)]
        results = self._runner.run(tapes)
        return np.array(results, dtype=np.float64).reshape(len(angles), self._size)


def rows_of(operators: Sequence[Operator], angles: Array) -> list[list[Operator]]:
    """The operators of each row. Those with equal angles are made once: most rows share their weights."""
    made: dict[tuple[int, float], Operator] = {}
    table = []
    for row in angles.tolist():
        bound, rest = list(operators), iter(row)
        for place, operator in enumerate(operators):
            if operator.num_params:
                angle = next(rest)
                if (place, angle) not in made:
                    made[place, angle] = with_angle(operator, angle)
                bound[place] = made[place, angle]
        table.append(bound)
    return table


def with_angle(operator: Operator, angle: Any) -> Operator:
    """The same gate on the same wires, by another angle."""
    return type(operator)(angle, wires=operator.wires)


def _gates_of(tape: QuantumScript) -> list[tuple[str, Any]]:
    return [(operator.name, operator.wires) for operator in tape.operations]
