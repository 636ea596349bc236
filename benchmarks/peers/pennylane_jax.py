"""PennyLane's default.qubit with JAX: one compiled function of value and gradient, mapped over the batch."""

# pyright: reportMissingImports=false

from protocol import Evaluate, Problem, arguments, serve

OPTIONS = arguments()  # before the libraries are imported, so that they keep to the number of threads

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import pennylane as qml  # noqa: E402
from jitted import jitted  # noqa: E402
from pennylane_circuits import angles, gates, measured  # noqa: E402


def build(asked: Problem) -> tuple[Evaluate, str]:
    """``jit`` of the gradient of a cost that is a ``vmap`` over the rows."""
    jax.config.update("jax_enable_x64", not asked.single)
    device = qml.device("default.qubit", wires=asked.wires, seed=0)

    def circuit(*angles):
        gates(asked, *angles)
        return measured(asked)

    node = qml.QNode(circuit, device, interface="jax", diff_method="backprop")

    def row(latent, weights):
        output = node(*angles(asked, latent, weights))
        return jnp.stack(output) if isinstance(output, (list, tuple)) else output

    return jitted(row, asked), asked.c_dtype


if __name__ == "__main__":
    serve(build, packages=("pennylane", "jax", "jaxlib", "numpy"), threads=OPTIONS.threads)
