"""PennyLane's ``qml.device("primitive.qubit", wires=4, backend="aer")``. Qiskit is loaded when a device is made."""

__all__ = ["PrimitiveQubit"]

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, final

import pennylane as qml
from pennylane.devices import Device, ExecutionConfig
from pennylane.devices.default_qubit import accepted_analytic_measurement
from pennylane.devices.modifiers import simulator_tracking, single_tape_support
from pennylane.devices.preprocess import decompose, validate_device_wires, validate_measurements
from pennylane.exceptions import DeviceError
from pennylane.measurements import (
    ClassicalShadowMP,
    ExpectationMP,
    MeasurementProcess,
    ProbabilityMP,
    SampleMeasurement,
    ShadowExpvalMP,
    VarianceMP,
)
from pennylane.operation import StatePrepBase
from pennylane.tape import QuantumScript
from pennylane.transforms import broadcast_expand, defer_measurements, split_non_commuting

from qgan.backends.plugin import deferred, generator_of

if TYPE_CHECKING:
    from qgan.backends.primitives.target import Target

OWN = ("best", "device")
# Of whose parameters no difference of circuits is a slope.
MATRICES = ("QubitUnitary", "ControlledQubitUnitary", "DiagonalQubitUnitary", "BlockEncode")
SHADOWS = (ClassicalShadowMP, ShadowExpvalMP)


@simulator_tracking
@single_tape_support
@final
class PrimitiveQubit(Device):
    """Circuits on Qiskit's V2 primitives, all that are asked for together in one job.

    Every structure becomes one parametrised circuit, which is transpiled once; batches of angles, tapes of the same
    gates, and the shifted ones of the parameter-shift rule are rows of its table. Where nothing else is asked for,
    values and gradients are of one job.

    Args:
        wires: As for every device.
        shots: Of all circuits that say nothing else; None is exact, where the backend can be.
        backend: ``"aer"``, ``"aer:density"``, ``"fake:manila"`` and the like, a V2 sampler of Qiskit's, or a
            ``BackendV2``, which is run through Qiskit's own sampler for it.
        seed: Of what is drawn from simulators; ``"global"`` takes one from NumPy's global stream, as PennyLane's
            devices do.

    Attributes:
        target: Who runs them, and what has been sent.

    Raises:
        DeviceError: If Qiskit is not installed, or there is no such backend.
    """

    def __init__(
        self, wires: Any = None, shots: int | None = None, *, backend: Any = "aer", seed: Any = "global"
    ) -> None:
        super().__init__(wires=wires, shots=shots)
        try:
            from qgan.backends.primitives.targets import target_of
        except ImportError as error:
            raise DeviceError(f"primitive.qubit needs Qiskit: pip install 'qgan[qiskit]' ({error})") from error
        self.target: Target[Any] = target_of(backend)
        self._rng = generator_of(seed)

    @property
    def name(self) -> str:
        """As ``qml.device`` is asked for it."""
        return "primitive.qubit"

    def setup_execution_config(
        self, config: ExecutionConfig | None = None, circuit: QuantumScript | None = None
    ) -> ExecutionConfig:
        """Values and gradients in one job where nothing else is asked for; measurements inside are deferred."""
        config, changes = deferred(self, config), dict[str, Any]()
        if config.gradient_method in OWN and self.supports_derivatives(config, circuit):
            changes |= {"gradient_method": "device", "use_device_gradient": True, "grad_on_execution": True}
            changes["use_device_jacobian_product"] = False
        elif config.gradient_method == "best":
            changes["gradient_method"] = "parameter-shift"
        return replace(config, **changes)

    def preprocess_transforms(self, execution_config: ExecutionConfig | None = None) -> qml.CompilePipeline:
        """Checks and decompositions; batches stay whole."""
        from qgan.backends.primitives.gates import takes

        pipeline = qml.CompilePipeline()
        pipeline.add_transform(defer_measurements, allow_postselect=False)
        pipeline.add_transform(_matrices_one_by_one)
        pipeline.add_transform(
            decompose,
            stopping_condition=takes,
            skip_initial_state_prep=False,
            device_wires=self.wires,
            target_gates=None,
            name=self.name,
        )
        pipeline.add_transform(validate_device_wires, self.wires, name=self.name)
        pipeline.add_transform(
            validate_measurements,
            analytic_measurements=self._exactly,
            sample_measurements=_sampled,
            name=self.name,
        )
        pipeline.add_transform(_one_basis_each, pure=self.target.pure)
        return pipeline

    def supports_derivatives(
        self, execution_config: ExecutionConfig | None = None, circuit: QuantumScript | None = None
    ) -> bool:
        """By the parameter-shift rule: of angles, and not of matrices or of observables."""
        own = execution_config is None or execution_config.gradient_method in OWN
        return own and (circuit is None or all(map(partial(_is_angle, circuit), circuit.trainable_params)))

    def execute(self, circuits: Any, execution_config: ExecutionConfig | None = None) -> Any:
        """One result for each circuit; all circuits with as many shots are one job."""
        from qgan.backends.primitives.tapes import executed

        return tuple(executed(circuits, self.target, self._next_seed))

    def execute_and_compute_derivatives(self, circuits: Any, execution_config: ExecutionConfig | None = None) -> Any:
        """Both, in one job."""
        asked, parts = list(circuits), list[tuple[slice, Callable[[Any], Any]]]()
        for circuit in circuits:
            made: Any = qml.gradients.param_shift(circuit) if circuit.trainable_params else ((), _none)
            shifted, derivative = made
            parts.append((slice(len(asked), len(asked) + len(shifted)), derivative))
            asked += shifted
        results = self.execute(asked, execution_config)
        return results[: len(circuits)], tuple(derivative(results[part]) for part, derivative in parts)

    def compute_derivatives(self, circuits: Any, execution_config: ExecutionConfig | None = None) -> Any:
        """For each circuit the Jacobian of its measurements by its trainable parameters."""
        return self.execute_and_compute_derivatives(circuits, execution_config)[1]

    def _next_seed(self) -> int:
        return int(self._rng.integers(2**31 - 1))

    def _exactly(self, measurement: MeasurementProcess) -> bool:
        if self.target.pure:
            return accepted_analytic_measurement(measurement)
        return isinstance(measurement, (ExpectationMP, VarianceMP, ProbabilityMP))


def _sampled(measurement: MeasurementProcess) -> bool:
    return isinstance(measurement, SampleMeasurement) and not isinstance(measurement, SHADOWS)


def _is_angle(circuit: QuantumScript, index: int) -> bool:
    known: Any = circuit.par_info[index]
    operator = known["op"]
    fixed = isinstance(operator, StatePrepBase) or operator.name in MATRICES
    return known["op_idx"] < len(circuit.operations) and not fixed


@qml.transform
def _one_basis_each(tape: QuantumScript, *, pure: bool) -> Any:
    """What cannot be measured together becomes several circuits."""
    if pure and not tape.shots:
        return (tape,), _only
    return split_non_commuting(tape)


@qml.transform
def _matrices_one_by_one(tape: QuantumScript) -> Any:
    """A circuit has fixed matrices: a batch of them makes as many circuits."""
    from qgan.backends.primitives.gates import is_matrix

    if any(each.batch_size is not None and is_matrix(each) for each in tape.operations):
        return broadcast_expand(tape)
    return (tape,), _only


def _only(results: Any) -> Any:
    return results[0]


def _none(_: Any) -> Any:
    """Of a circuit in which nothing is trained."""
    return ()
