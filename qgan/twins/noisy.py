"""The noisy twin: the circuit as it is, on wires that err as a quantum computer's do."""

__all__ = ["Noisy", "NoisyOptions"]

import math
from typing import Any, final

import pennylane as qml
from pydantic import Field

from circuits import Circuit
from qgan._registry import Options
from qgan.backends import resolve
from qgan.backends.executor import make_device, pennylane_executor
from qgan.errors import ResourceError
from qgan.generators.base import MakeExecutor
from qgan.readout import Executor, ReadOut
from qgan.twins.twin import Setting, Twin

DENSITY = "default.mixed"

# A density matrix of one more wire takes four times as long; of these a circuit of a hundred gates takes minutes.
MOST_WIRES = 10


class NoisyOptions(Options):
    """How often wires err.

    The defaults are those of an IBM Heron r1: medians over the 133 qubits and 150 couplings of ``ibm_torino`` in the
    calibration of 26 February 2025 that qiskit-ibm-runtime 0.45.1 carries as ``FakeTorino`` (SX, CZ, readout error).
    Nothing of it was measured here, and another device or day has others.

    Attributes:
        one_qubit: Average infidelity of a gate on one wire.
        two_qubit: Of a gate on two wires.
        readout: Probability that a measured bit is read wrongly, of either value.
    """

    one_qubit: float = Field(default=2.7e-4, ge=0, le=0.5)
    two_qubit: float = Field(default=4.2e-3, ge=0, le=0.5)
    readout: float = Field(default=2.3e-2, ge=0, le=0.5)


@final
class Noisy(Twin):
    r"""Every gate followed by a depolarisation of its wires, every measured bit flipped now and then.

    .. math:: \rho \to (1 - p) \rho + \tfrac p3 (X \rho X + Y \rho Y + Z \rho Z)

    on each wire of a gate. Of one wire the average infidelity is :math:`\tfrac23 p`; of two it is
    :math:`\tfrac45 (1 - (1 - p)^2)`, and gates on more are taken to err on each wire as those on two. Density matrices
    are run by PennyLane's default.mixed, whatever the backend, exactly or with the backend's shots.

    Gates count as they stand in the circuit. A quantum computer has others: what they decompose into there, swaps
    between wires that are not neighbours, crosstalk, leakage and idle wires come on top.
    """

    def __init__(self, options: NoisyOptions, setting: Setting) -> None:
        super().__init__(options, setting)
        self.model = _model(options)

    def executor(self, make: MakeExecutor) -> MakeExecutor:  # noqa: ARG002
        """Executors of noisy circuits.

        Raises:
            ResourceError: If a circuit is too large for a density matrix.
        """
        return self._made

    def _made(self, circuit: Circuit, readout: ReadOut, *, rows: float) -> Executor:
        backend, n_wires = resolve(DENSITY), circuit.n_wires
        if n_wires > MOST_WIRES:
            raise ResourceError(
                f"The noise of {n_wires} wires takes density matrices of {4**n_wires} numbers",
                got=f"{n_wires} wires",
                allowed=f"{MOST_WIRES} or fewer",
                cure="Use fewer wires, or finite shots alone",
            )
        gates = sum(circuit.resources().gates.values())
        backend.check(n_wires, batch=max(1, math.ceil(self.setting.batch_size * rows)), n_gates=gates)
        device: Any = qml.noise.add_noise(make_device(DENSITY, n_wires), self.model)
        shots = self.setting.shots
        return pennylane_executor(device, circuit, readout, shots=shots, gradient=backend.gradient(shots))


def _model(options: NoisyOptions) -> qml.NoiseModel:
    alone = 1.5 * options.one_qubit
    together = 1 - math.sqrt(1 - 1.25 * options.two_qubit)

    def gate(operation: Any, **_: Any) -> None:
        for wire in operation.wires:
            qml.DepolarizingChannel(alone if len(operation.wires) == 1 else together, wires=wire)

    def measurement(measured: Any, **_: Any) -> None:
        for wire in measured.wires:
            qml.BitFlip(options.readout, wires=wire)

    everything = qml.BooleanFn(lambda _: True)
    return qml.NoiseModel({everything: gate}, meas_map={everything: measurement})
