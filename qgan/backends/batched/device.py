"""PennyLane's ``qml.device("batched.qubit", wires=4)``. Numba is loaded when a circuit is first run."""

__all__ = ["BatchedQubit"]

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
import pennylane as qml
from pennylane.devices import Device, ExecutionConfig
from pennylane.devices.default_qubit import accepted_analytic_measurement, accepted_sample_measurement
from pennylane.devices.modifiers import simulator_tracking, single_tape_support
from pennylane.devices.preprocess import decompose, validate_device_wires, validate_measurements
from pennylane.devices.qubit.measure import measure
from pennylane.devices.qubit.sampling import measure_with_samples
from pennylane.exceptions import DeviceError
from pennylane.measurements import ClassicalShadowMP, ShadowExpvalMP
from pennylane.tape import QuantumScript
from pennylane.transforms import broadcast_expand, defer_measurements

from qgan.backends.batched.lowering import takes
from qgan.backends.plugin import deferred, generator_of

if TYPE_CHECKING:
    from qgan.backends.batched.layout import Compiled

# How many compiled circuits are kept.
KEPT = 256
OWN = ("best", "device", "adjoint")


@simulator_tracking
@single_tape_support
@final
class BatchedQubit(Device):
    r"""State vectors of many circuits that differ only in their angles, with gradients by the adjoint method.

    Batches of angles are run together (PennyLane's parameter broadcasting), and so are tapes of the same gates, such as
    the shifted ones of the parameter-shift rule. Gradients of all exact measurements, probabilities among them, take
    the space of one more state for each row (Jones and Gacon, arXiv:2009.02823).

    Args:
        wires: As for every device.
        shots: Of all circuits that say nothing else; None is exact.
        c_dtype: ``numpy.complex64`` or ``numpy.complex128``, of the amplitudes.
        seed: Of the samples; ``"global"`` draws one from NumPy's global stream, as PennyLane's devices do.
        threads: At the most; None for as many as there are cores. Results do not depend on it.

    Raises:
        DeviceError: If the type of the amplitudes is another.
    """

    def __init__(
        self,
        wires: Any = None,
        shots: int | None = None,
        *,
        c_dtype: Any = np.complex64,
        seed: Any = "global",
        threads: int | None = None,
    ) -> None:
        super().__init__(wires=wires, shots=shots)
        self.c_dtype = np.dtype(c_dtype)
        if self.c_dtype not in (np.complex64, np.complex128):
            raise DeviceError(f"c_dtype must be numpy.complex64 or numpy.complex128, got {c_dtype!r}")
        self.threads = threads or len(os.sched_getaffinity(0))
        self._rng = generator_of(seed)
        self._compiled: dict[Any, Compiled] = {}

    @property
    def name(self) -> str:
        """As ``qml.device`` is asked for it."""
        return "batched.qubit"

    def setup_execution_config(
        self, config: ExecutionConfig | None = None, circuit: QuantumScript | None = None
    ) -> ExecutionConfig:
        """Gradients by the device itself where nothing else is asked for; measurements inside are deferred."""
        config, changes = deferred(self, config), dict[str, Any]()
        if config.gradient_method in OWN and self.supports_derivatives(config, circuit):
            # A Jacobian would be made of such products, one for each number that is measured.
            changes |= {"gradient_method": "device", "use_device_gradient": True, "use_device_jacobian_product": True}
            changes["grad_on_execution"] = False
        return replace(config, **changes)

    def preprocess_transforms(self, execution_config: ExecutionConfig | None = None) -> qml.CompilePipeline:
        """Checks and decompositions; batches stay whole."""
        pipeline = qml.CompilePipeline()
        pipeline.add_transform(defer_measurements, allow_postselect=True)
        pipeline.add_transform(
            decompose, stopping_condition=takes, device_wires=self.wires, target_gates=None, name=self.name
        )
        pipeline.add_transform(validate_device_wires, self.wires, name=self.name)
        pipeline.add_transform(
            validate_measurements,
            analytic_measurements=accepted_analytic_measurement,
            sample_measurements=accepted_sample_measurement,
            name=self.name,
        )
        pipeline.add_transform(_shadows_one_by_one)
        return pipeline

    def supports_derivatives(
        self, execution_config: ExecutionConfig | None = None, circuit: QuantumScript | None = None
    ) -> bool:
        """Of exact measurements, by the device's own method."""
        if execution_config is None:
            return True
        if execution_config.gradient_method not in OWN:
            return False
        return circuit is None or not circuit.shots

    def supports_vjp(
        self, execution_config: ExecutionConfig | None = None, circuit: QuantumScript | None = None
    ) -> bool:
        """As :meth:`supports_derivatives`."""
        return self.supports_derivatives(execution_config, circuit)

    def execute(self, circuits: Any, execution_config: ExecutionConfig | None = None) -> Any:
        """One result for each circuit."""
        from qgan.backends.batched.tapes import executed

        return tuple(executed(circuits, self._of, self._measured))

    def compute_vjp(self, circuits: Any, cotangents: Any, execution_config: ExecutionConfig | None = None) -> Any:
        """For each circuit the slopes by its trainable parameters, each of the parameter's shape."""
        from qgan.backends.batched.tapes import slopes_of

        return tuple(
            slopes_of(circuit, cotangent, self._of) for circuit, cotangent in zip(circuits, cotangents, strict=True)
        )

    def execute_and_compute_vjp(
        self, circuits: Any, cotangents: Any, execution_config: ExecutionConfig | None = None
    ) -> Any:
        """Both, of one run each."""
        from qgan.backends.batched.tapes import executed_with_slopes

        pairs = [
            executed_with_slopes(circuit, cotangent, self._of, self._measured)
            for circuit, cotangent in zip(circuits, cotangents, strict=True)
        ]
        return tuple(result for result, _ in pairs), tuple(slopes for _, slopes in pairs)

    def compute_derivatives(self, circuits: Any, execution_config: ExecutionConfig | None = None) -> Any:
        """For each circuit the Jacobian of its measurements by its trainable parameters."""
        from qgan.backends.batched.tapes import jacobian_of

        return tuple(jacobian_of(circuit, self._of, self._measured) for circuit in circuits)

    def execute_and_compute_derivatives(self, circuits: Any, execution_config: ExecutionConfig | None = None) -> Any:
        """Both."""
        return self.execute(circuits, execution_config), self.compute_derivatives(circuits, execution_config)

    def _of(self, key: Any, make: Any) -> "Compiled":
        if key not in self._compiled:
            while len(self._compiled) >= KEPT:
                del self._compiled[next(iter(self._compiled))]
            self._compiled[key] = make(self.c_dtype, self.threads)
        return self._compiled[key]

    def _measured(self, circuit: QuantumScript, states: Any, batched: bool) -> Any:
        measurements: Any = circuit.map_to_standard_wires().measurements
        if not circuit.shots:
            found = tuple(measure(each, states, is_state_batched=batched) for each in measurements)
            return found[0] if len(found) == 1 else found
        # Drawing asks for probabilities that sum to 1 in double precision.
        exact = states.astype(np.complex128)
        axes = tuple(range(int(batched), exact.ndim))
        exact /= np.sqrt((exact.real**2 + exact.imag**2).sum(axis=axes, keepdims=True))
        drawn: Any = measure_with_samples(
            measurements, exact, shots=circuit.shots, is_state_batched=batched, rng=self._rng
        )
        if len(measurements) > 1:
            return drawn
        return tuple(each[0] for each in drawn) if circuit.shots.has_partitioned_shots else drawn[0]


@qml.transform
def _shadows_one_by_one(tape: QuantumScript) -> Any:
    """PennyLane's classical shadows take no batch."""
    if any(isinstance(each, (ShadowExpvalMP, ClassicalShadowMP)) for each in tape.measurements):
        return broadcast_expand(tape)
    return (tape,), _only


def _only(results: Any) -> Any:
    return results[0]
