"""TensorCircuit-NG with JAX: one compiled function of value and gradient, mapped over the batch."""

# pyright: reportMissingImports=false

from protocol import Evaluate, Problem, arguments, serve

OPTIONS = arguments()  # before the libraries are imported, so that they keep to the number of threads

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import tensorcircuit as tc  # noqa: E402
from jitted import jitted  # noqa: E402

tc.set_backend("jax")


def _gates(asked: Problem, latent, weights) -> tc.Circuit:
    n, circuit = asked.wires, tc.Circuit(asked.wires)
    if asked.circuit == "B":
        scale, shift = weights
        angles = scale * latent[jnp.arange(len(scale)) % n] + shift
        m = 0
        for _ in range(asked.layers):
            for gate in (circuit.ry, circuit.rz):
                for q in range(n):
                    gate(q, theta=angles[m])
                    m += 1
            for q in range(n):
                circuit.cry(q, (q + 1) % n, theta=angles[m])
                m += 1
        return circuit
    (w,) = weights
    for q in range(n):
        circuit.ry(q, theta=latent[q])
    for layer in range(asked.layers):
        for q in range(n):
            if asked.circuit == "A":
                circuit.ry(q, theta=w[layer, q])
            else:
                circuit.rz(q, theta=w[layer, q, 0])
                circuit.ry(q, theta=w[layer, q, 1])
                circuit.rz(q, theta=w[layer, q, 2])
        for q in range(n - 1 if asked.circuit == "A" else n):
            if asked.circuit == "A":
                circuit.cz(q, q + 1)
            else:
                circuit.cnot(q, (q + 1 + layer % (n - 1)) % n)
    return circuit


def _row(asked: Problem, latent, weights):
    circuit = _gates(asked, latent, weights)
    if asked.circuit == "A":
        return circuit.probability()
    values = [circuit.expectation_ps(z=[q]) for q in range(asked.wires)]
    if asked.circuit == "C":
        values += [circuit.expectation_ps(x=[q]) for q in range(asked.wires)]
    return jnp.stack(values).real


def build(asked: Problem) -> tuple[Evaluate, str]:
    """``jit`` of the gradient of a cost that is a ``vmap`` over the rows."""
    jax.config.update("jax_enable_x64", not asked.single)
    tc.set_dtype(asked.c_dtype)

    return jitted(lambda latent, weights: _row(asked, latent, weights), asked), asked.c_dtype


if __name__ == "__main__":
    serve(build, packages=("tensorcircuit-ng", "jax", "jaxlib", "numpy"), threads=OPTIONS.threads)
