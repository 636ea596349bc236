"""The three circuits in PennyLane's gates, for torch and for JAX."""

__all__ = ["angles", "gates", "measured"]

import pennylane as qml
from protocol import Problem


def angles(asked: Problem, latents, weights):
    """What :func:`gates` takes: for circuit B all angles of all gates, shape (..., M), else latents and weights."""
    if asked.circuit != "B":
        return latents, *weights
    scale, shift = weights
    which = [m % asked.wires for m in range(len(scale))]
    return (scale * latents[..., which] + shift,)


def gates(asked: Problem, first, *weights):
    """Apply the circuit; ``first`` has the rows of the batch in front, or none."""
    n = asked.wires
    if asked.circuit == "B":
        m = 0
        for _ in range(asked.layers):
            for gate in (qml.RY, qml.RZ):
                for q in range(n):
                    gate(first[..., m], q)
                    m += 1
            for q in range(n):
                qml.CRY(first[..., m], (q, (q + 1) % n))
                m += 1
        return
    (w,) = weights
    for q in range(n):
        qml.RY(first[..., q], q)
    for layer in range(asked.layers):
        for q in range(n):
            if asked.circuit == "A":
                qml.RY(w[layer, q], q)
            else:
                qml.Rot(w[layer, q, 0], w[layer, q, 1], w[layer, q, 2], q)
        for q in range(n - 1 if asked.circuit == "A" else n):
            if asked.circuit == "A":
                qml.CZ((q, q + 1))
            else:
                qml.CNOT((q, (q + 1 + layer % (n - 1)) % n))


def measured(asked: Problem):
    """The measurements: all probabilities, <Z>, or <Z> and <X> of every wire."""
    wires = range(asked.wires)
    if asked.circuit == "A":
        return qml.probs(wires=wires)
    return [qml.expval(one(q)) for one in (qml.Z, qml.X)[: 1 if asked.circuit == "B" else 2] for q in wires]
