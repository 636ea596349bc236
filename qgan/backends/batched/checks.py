"""What is checked of a compiled circuit in either form: that it is right, and that its angles are finite."""

__all__ = ["PRECISION", "REAL", "not_finite", "require_agreement"]

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pennylane as qml
import torch
from pennylane.tape import QuantumScript
from pennylane.transforms import convert_to_numpy_parameters
from torch import Tensor

from circuits import Circuit
from qgan._typing import Array
from qgan.backends.batched.lowering import NATIVE
from qgan.backends.program import queued
from qgan.errors import BackendError, DivergedError

# Up to so many wires a compiled circuit is compared with PennyLane's when it is made; beyond, only its angles are.
CHECKED, TOLERANCE = 12, {np.float32: 1e-4, np.float64: 1e-9}
PRECISION = {"float32": torch.float32, "float64": torch.float64}
REAL = {"complex64": np.float32, "complex128": np.float64}


def require_agreement(circuit: Circuit, run: Callable[[Tensor, Mapping[str, Tensor]], Array], dtype: Any) -> None:
    """Compares the probabilities of a compiled circuit with those of PennyLane's own at two random places.

    Raises:
        BackendError: If they differ, which would be a mistake of this package.
    """
    if circuit.n_wires > CHECKED:
        return
    rng = np.random.default_rng(0)
    latent = torch.from_numpy(rng.uniform(-3, 3, (2, circuit.latent_dim)))
    weights = {name: torch.from_numpy(rng.uniform(-3, 3, shape)) for name, shape in circuit.weight_shapes.items()}
    found, gates = run(latent, weights), queued(circuit, latent, weights, NATIVE)
    # Of a single torch number PennyLane 0.45 works out the eigenvalues of RZ in single precision.
    convert: Any = convert_to_numpy_parameters
    tapes, _ = convert(QuantumScript(gates, [qml.probs(wires=range(circuit.n_wires))]))
    expected = np.asarray(qml.device("default.qubit", wires=circuit.n_wires, seed=0).execute(tapes[0]))
    worst = float(np.abs(found - expected).max())
    if not worst < TOLERANCE[dtype]:
        raise BackendError(
            f"The circuit '{circuit.name}' was compiled wrongly for batched.qubit: please report it",
            got=f"probabilities that differ by {worst:.1e} from default.qubit's",
            cure="Use --backend default.qubit until it is mended",
        )


def not_finite() -> DivergedError:
    """What is raised of an angle that is NaN or infinite."""
    return DivergedError(
        "An angle of the circuit is not finite",
        got="NaN or infinity in its latents or weights",
        allowed="finite radians",
        cure="Go on from the last checkpoint with a lower learning rate",
    )
