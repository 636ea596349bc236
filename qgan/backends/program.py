"""A circuit as a table of one-angle gates, with the map from latents and weights to angles kept in torch."""

__all__ = ["EveryCall", "Program", "Tracer", "angles_of", "queued", "require_fitting", "trace"]

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, final

import numpy as np
import pennylane as qml
import torch
from pennylane.devices.preprocess import decompose
from pennylane.operation import Operator
from pennylane.queuing import AnnotatedQueue
from pennylane.tape import QuantumScript
from torch import Tensor

from circuits import Circuit
from qgan.errors import BackendError, ConfigError, DivergedError

# Two are left to their decomposition, because PennyLane 0.45 cannot differentiate them in torch: of PhaseShift,
# default.mixed copies the angle and so loses its gradient; of IsingXY, no matrix is made of a batch of angles.
ROTATIONS = frozenset(
    {"RX", "RY", "RZ", "CRX", "CRY", "CRZ", "ControlledPhaseShift"}
    | {"IsingXX", "IsingYY", "IsingZZ", "MultiRZ", "SingleExcitation"}
)
FIXED = frozenset(
    {"Hadamard", "PauliX", "PauliY", "PauliZ", "S", "T", "SX", "CNOT", "CY", "CZ", "SWAP", "CSWAP", "Toffoli"}
)
FROM_THE_RIGHT = "Index latents and weights from the right in gates(): latent[..., i], weights['w'][..., l, q]"
WITHOUT_EFFECT = frozenset({"Identity", "GlobalPhase", "Barrier", "Snapshot", "WireCut"})
MATRIX = "QubitUnitary"


@dataclass(frozen=True)
class Program:
    """What a circuit queued, in gates whose gradient every device knows.

    Attributes:
        operators: In order; each has one angle or none.
        angles: Of the operators that have one, radians, shape (rows, n_angles).
        varied: The columns of those that depend on something that wants a gradient.
    """

    operators: tuple[Operator, ...]
    angles: Tensor
    varied: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many sets of angles."""
        return len(self.angles)

    @property
    def trainable(self) -> tuple[int, ...]:
        """The columns that a gradient is wanted of, none without ``torch.is_grad_enabled()``."""
        return self.varied if torch.is_grad_enabled() else ()


class Tracer(ABC):
    """How a circuit becomes a program."""

    @abstractmethod
    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor]) -> Program:
        """Latents and weights as :meth:`qgan.readout.Executor.__call__` has them.

        Raises:
            ConfigError: If they do not belong together.
            DivergedError: If an angle is not finite; or else whoever runs the program sees to it.
        """


@final
class EveryCall(Tracer):
    """Lets a circuit queue its gates in every call, whatever they are."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit, self._checked = circuit, False

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor]) -> Program:
        require_fitting(self._circuit, latent, weights)
        table = latent.to("cpu", torch.float64)
        by_row = {
            name: _by_row(values.to("cpu", torch.float64), self._circuit.weight_shapes[name], len(latent))
            for name, values in weights.items()
        }
        if not self._checked:
            check_indexing(self._circuit, table, by_row)
            self._checked = True
        return trace(self._circuit, table, by_row)


def _by_row(weights: Tensor, shape: tuple[int, ...], rows: int) -> Tensor:
    """A set for each row, where there are several and fewer."""
    return weights if weights.ndim == len(shape) else weights.repeat_interleave(rows // len(weights), dim=0)


def trace(circuit: Circuit, latent: Tensor, weights: Mapping[str, Tensor]) -> Program:
    """Lets the circuit queue its gates and decomposes them.

    Args:
        circuit: Indexes latents and weights from the right.
        latent: Shape (rows, latent_dim), float64.
        weights: By name, float64, each of its shape or with a leading axis of that many rows.

    Raises:
        BackendError: If a gate cannot be decomposed, lies on a wire that the circuit does not have, or measures.
        ConfigError: If an angle is neither one number nor one for each row.
        DivergedError: If an angle is not finite: with shots a device would make plausible numbers of it.
    """
    rows = latent.shape[0]
    operators = queued(circuit, latent, weights, ROTATIONS | FIXED)
    columns = [_column(operator, rows) for operator in operators if operator.num_params]
    angles = torch.zeros(rows, 0, dtype=torch.float64)
    if columns:
        angles = torch.stack([column.expand(rows) for column in columns], dim=-1)
    if not torch.isfinite(angles.detach()).all():
        raise DivergedError(
            "An angle of the circuit is not finite",
            got="NaN or infinity in its latents or weights",
            allowed="finite radians",
            cure="Go on from the last checkpoint with a lower learning rate",
        )
    varied = tuple(index for index, column in enumerate(columns) if column.requires_grad)
    return Program(tuple(operators), angles, varied)


def queued(circuit: Circuit, latent: Tensor, weights: Mapping[str, Tensor], native: Collection[str]) -> list[Operator]:
    """The circuit's gates, decomposed into those whose names are ``native``.

    Raises:
        BackendError: If a gate cannot be decomposed, lies on a wire that the circuit does not have, or measures.
    """
    with AnnotatedQueue() as queue:
        circuit.gates(latent, weights)
    script = QuantumScript.from_queue(queue)
    strangers = sorted(map(str, set(script.wires) - set(range(circuit.n_wires))))
    if script.measurements or strangers:
        raise BackendError(
            "A circuit may measure nothing, and use no wires but its own",
            got=f"wires {', '.join(strangers)}" if strangers else f"the measurement {script.measurements[0]}",
            allowed=f"gates on wires 0 to {circuit.n_wires - 1}",
            cure="Correct the circuit's gates()",
        )
    return [operator for operator in _decomposed(script, native) if operator.name not in WITHOUT_EFFECT]


def require_fitting(circuit: Circuit, latent: Tensor, weights: Mapping[str, Tensor]) -> None:
    """Refuses latents and sets of weights that do not belong together.

    Raises:
        ConfigError: If the latents are no batch of the circuit's, or cannot be shared out evenly among the sets.
    """
    if latent.ndim != 2 or latent.shape[1] != circuit.latent_dim or not latent.shape[0]:
        raise ConfigError(
            "The latents do not fit the circuit",
            got=f"shape {tuple(latent.shape)}",
            allowed=f"(batch, {circuit.latent_dim}), with a batch of at least 1",
            cure="Draw them with the circuit's latent_dim",
        )
    sets = {values.shape[0] for name, values in weights.items() if values.ndim > len(circuit.weight_shapes[name])}
    if sets and (len(sets) > 1 or any(not each or latent.shape[0] % each for each in sets)):
        raise ConfigError(
            "The sets of weights do not fit the latents",
            got=f"{len(latent)} rows, and leading axes of {', '.join(map(str, sorted(sets)))}",
            allowed="one number of sets, of which the rows are a multiple",
            cure="Give each set of weights as many rows as the others",
        )


def check_indexing(circuit: Circuit, latent: Tensor, weights: Mapping[str, Tensor]) -> None:
    """Traces once to see that every row's angles depend on that row alone.

    A circuit that writes ``latent[i]`` for ``latent[..., i]`` takes row i for feature i, and where a batch has as many
    rows as latents have features no shape gives it away.

    Raises:
        ConfigError: If an angle depends on another row.
    """
    with torch.enable_grad():
        probe = latent.detach().requires_grad_()
        probed = {name: values.detach().requires_grad_() for name, values in weights.items()}
        angles = trace(circuit, probe, probed).angles
        shapes = circuit.weight_shapes
        batched = [probe, *(values for name, values in probed.items() if values.ndim > len(shapes[name]))]
        if not angles.requires_grad:
            return
        unlike = torch.arange(1.0, angles.shape[1] + 1, dtype=torch.float64)
        found = torch.autograd.grad(angles[0] @ unlike, batched, allow_unused=True)
    if any(gradient is not None and gradient[1:].any() for gradient in found):
        raise ConfigError(
            "An angle of the circuit depends on another row of its batch",
            got="a batch axis that is indexed as if it were a feature",
            cure=FROM_THE_RIGHT,
        )


def _decomposed(script: QuantumScript, native: Collection[str]) -> Sequence[Operator]:
    def elementary(operator: Operator) -> bool:
        return operator.name in WITHOUT_EFFECT or (operator.name in native and _fixed_if_matrix(operator))

    if all(map(elementary, script.operations)):
        return script.operations
    try:
        (decomposed,), _ = cast(Any, decompose)(script, elementary, skip_initial_state_prep=False, name="this package")
    except qml.exceptions.DeviceError as error:
        raise BackendError(
            "The circuit has an operation that cannot be made of rotations and fixed gates",
            got=error,
            allowed=", ".join(sorted(native)) + ", and what decomposes into them",
            cure="Replace it in the circuit's gates()",
        ) from error
    return decomposed.operations


def _fixed_if_matrix(operator: Operator) -> bool:
    """A matrix that depends on latents or weights is taken apart, so that its angles can be differentiated."""
    return operator.name != MATRIX or (isinstance(operator.data[0], np.ndarray) and operator.batch_size is None)


def angles_of(operator: Operator) -> Sequence[Any]:
    """Its parameters that are angles."""
    return () if operator.name == MATRIX else operator.data


def _column(operator: Operator, rows: int) -> Tensor:
    column = torch.as_tensor(operator.data[0], dtype=torch.float64)
    if column.shape not in ((), (1,), (rows,)):
        raise ConfigError(
            f"The angle of {operator.name} on wires {operator.wires.tolist()} fits no batch",
            got=f"shape {tuple(column.shape)}",
            allowed=f"() or ({rows},)",
            cure=FROM_THE_RIGHT,
        )
    return column if column.shape == (rows,) else column.reshape(())
