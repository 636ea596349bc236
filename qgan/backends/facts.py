"""What is known of PennyLane's devices without importing any of them."""

__all__ = ["BATCHED", "FAKE", "IBM", "KNOWN", "UNSUITABLE", "Facts", "facts_of", "plugin_devices"]

from importlib import metadata
from typing import Literal, NamedTuple, TypeAlias

ExactGradient: TypeAlias = Literal["backprop", "adjoint", "parameter-shift"]

REINSTALL = "pip install --force-reinstall pennylane pennylane-lightning"


class Facts(NamedTuple):
    """One device.

    Attributes:
        summary: One line for the listings.
        cure: How it is installed or repaired.
        exact: How joint probabilities are differentiated where there are no shots.
        broadcasting: Whether one run takes many sets of angles.
        density: Whether it keeps a density matrix, 4**n numbers, instead of a state vector.
        max_wires: More than these it refuses, or worse, does not.
        primitive: Whether it is run by way of Qiskit, as `primitive.qubit` is.
        paid: Whether what it runs costs something, so that nothing is sent without a budget.
    """

    summary: str
    cure: str
    exact: ExactGradient = "parameter-shift"
    broadcasting: bool = False
    density: bool = False
    max_wires: int = 63
    primitive: bool = False
    paid: bool = False


BATCHED = "batched.qubit"
FAKE, IBM = "fake:", "ibm:"
QISKIT = "pip install 'qgan[qiskit]'"
A_FAKE = Facts(
    "A real computer's gates and noise, without the computer; also of all other names that Qiskit has",
    QISKIT,
    broadcasting=True,
    density=True,
    max_wires=12,
    primitive=True,
)

AN_IBM = Facts(
    "A computer of IBM Quantum's, by its name: jobs that are journalled, within a budget",
    QISKIT,
    broadcasting=True,
    max_wires=30,
    primitive=True,
    paid=True,
)

KNOWN: dict[str, Facts] = {
    BATCHED: Facts(
        "State vectors of many rows at once, compiled, with exact gradients",
        "pip install --force-reinstall qgan numba",
        "adjoint",
        broadcasting=True,
        # Places are numbered in 64 bits.
        max_wires=62,
    ),
    "default.qubit": Facts("State vector in Python, all rows at once", REINSTALL, "backprop", broadcasting=True),
    # From 24 wires on the device itself refuses.
    "default.mixed": Facts(
        "Density matrix in Python, all rows at once",
        REINSTALL,
        "backprop",
        broadcasting=True,
        density=True,
        max_wires=23,
    ),
    # With 64 wires and more Lightning ends the process with a segmentation fault.
    "lightning.qubit": Facts("State vector in C++, row by row, little memory", REINSTALL, "adjoint"),
    "lightning.gpu": Facts("State vector on NVIDIA GPUs, row by row", "pip install 'qgan[gpu]'", "adjoint"),
    "lightning.kokkos": Facts(
        "State vector in C++ with Kokkos, row by row", "pip install pennylane-lightning-kokkos", "adjoint"
    ),
    "lightning.amdgpu": Facts(
        "State vector on AMD GPUs, row by row", "pip install pennylane-lightning-amdgpu", "adjoint"
    ),
    "reference.qubit": Facts("PennyLane's plain reference, slow, for cross-checks", REINSTALL),
    "aer": Facts(
        "Qiskit's Aer, state vector, all rows in one job", QISKIT, broadcasting=True, primitive=True, max_wires=30
    ),
    "aer:density": Facts(
        "Qiskit's Aer, density matrix, all rows in one job",
        QISKIT,
        broadcasting=True,
        density=True,
        primitive=True,
        max_wires=15,
    ),
    "fake:manila": A_FAKE._replace(summary="5 qubits of 2021, with their noise: IBM Quantum's Manila, without it"),
    "fake:torino": A_FAKE._replace(summary="133 qubits of a Heron r1, with their noise, up to 12 in a circuit"),
    "fake:fez": A_FAKE._replace(summary="156 qubits of a Heron r2, with their noise, up to 12 in a circuit"),
    "ibm:least-busy": AN_IBM._replace(summary="IBM Quantum's least busy computer, or by name, as ibm:ibm_torino"),
}

UNSUITABLE: dict[str, str] = {
    "default.clifford": "it runs Clifford gates only, and rotations are none",
    "default.gaussian": "it has modes of light and no qubits",
    "default.qutrit": "it has qutrits and no qubits",
    "default.qutrit.mixed": "it has qutrits and no qubits",
    "default.tensor": "it gives expectation values and no joint probabilities",
    "lightning.tensor": "it gives expectation values and no joint probabilities",
    "null.qubit": "it computes nothing and answers with zeros",
    "primitive.qubit": "it is called by the name of what it runs on: aer, aer:density, fake:manila, ibm:NAME",
}


def plugin_devices() -> set[str]:
    """The names of all PennyLane devices that are installed."""
    return {point.name for point in metadata.entry_points(group="pennylane.plugins")}


def facts_of(name: str) -> Facts:
    """What is known of a device; the most cautious assumptions where nothing is."""
    if name.startswith(FAKE):
        return KNOWN.get(name, A_FAKE)
    if name.startswith(IBM):
        return KNOWN.get(name, AN_IBM)
    return KNOWN.get(name, Facts("A PennyLane device from a plugin", "Repair or reinstall its PennyLane plugin"))
