"""What is known of PennyLane's devices without importing any of them."""

__all__ = ["BATCHED", "KNOWN", "UNSUITABLE", "Facts", "facts_of", "plugin_devices"]

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
    """

    summary: str
    cure: str
    exact: ExactGradient = "parameter-shift"
    broadcasting: bool = False
    density: bool = False
    max_wires: int = 63


BATCHED = "batched.qubit"

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
}

UNSUITABLE: dict[str, str] = {
    "default.clifford": "it runs Clifford gates only, and rotations are none",
    "default.gaussian": "it has modes of light and no qubits",
    "default.qutrit": "it has qutrits and no qubits",
    "default.qutrit.mixed": "it has qutrits and no qubits",
    "default.tensor": "it gives expectation values and no joint probabilities",
    "lightning.tensor": "it gives expectation values and no joint probabilities",
    "null.qubit": "it computes nothing and answers with zeros",
}


def plugin_devices() -> set[str]:
    """The names of all PennyLane devices that are installed."""
    return {point.name for point in metadata.entry_points(group="pennylane.plugins")}


def facts_of(name: str) -> Facts:
    """What is known of a device; the most cautious assumptions where nothing is."""
    return KNOWN.get(name, Facts("A PennyLane device from a plugin", "Repair or reinstall its PennyLane plugin"))
