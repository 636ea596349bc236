"""The same circuit begun in another state, or read in another basis: a circuit goes in, a circuit comes out."""

__all__ = ["begun_in", "begun_in_bits", "begun_uniform", "with_basis_angle"]

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray
from pennylane.tape import make_qscript

from circuits._checks import refusal
from circuits.circuit import Circuit, Weights
from circuits.states import prepare


def begun_uniform(circuit: Circuit, wires: Iterable[int] | None = None) -> Circuit:
    """The circuit after a Hadamard gate on these wires, or on all: the even superposition of all bit strings.

    A wire on which the circuit begins with a Hadamard gate itself gets no second one, which would undo the first.

    Raises:
        ValueError: If it does not have such a wire.
    """
    chosen = tuple(range(circuit.n_wires) if wires is None else wires)
    if not set(chosen) <= set(range(circuit.n_wires)):
        raise refusal(
            "A wire to prepare is not there",
            got=chosen,
            allowed=f"wires 0 to {circuit.n_wires - 1}",
            cure="Give fewer wires, or a larger circuit",
        )

    already = _hadamards_first(circuit)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        for wire in chosen:
            if wire not in already:
                qml.Hadamard(wires=wire)
        circuit.queue(latent, weights, entangled)

    return replace(circuit, queue=queue)


def begun_in(circuit: Circuit, registers: Sequence[NDArray[np.float64]]) -> Circuit:
    r"""The circuit after the preparation of a distribution for each register, the registers independent of each other.

    .. math:: \bigotimes_r \sum_j \sqrt{p_{rj}} \, |j\rangle

    It is exact, and made of RY and CNOT gates, about 2\ :sup:`m` of either for a register of m wires: see
    :func:`circuits.states.prepare`. Registers of two wires and more are
    entangled by it, also where the circuit's own entangling gates are switched off.

    Args:
        circuit: What follows.
        registers: Probabilities, each array of a length 2**m, from wire 0 on.

    Raises:
        ValueError: If the registers do not fit the wires, one is no distribution, or the circuit begins with Hadamard
            gates, which would not leave it one.
    """
    if _hadamards_first(circuit):
        raise refusal(
            f"The circuit '{circuit.name}' begins in a superposition of its own",
            got="Hadamard gates at its beginning, and a distribution to prepare before them",
            allowed="a circuit that begins with its rotations",
            cure="Prepare nothing, or use another circuit",
        )
    widths = [len(register).bit_length() - 1 for register in registers]
    if sum(widths) != circuit.n_wires or any(
        len(register) != 2**width for register, width in zip(registers, widths, strict=True)
    ):
        raise refusal(
            "The registers to prepare do not fit the circuit",
            got=f"registers of {', '.join(str(len(register)) for register in registers)} outcomes",
            allowed=f"powers of two that need {circuit.n_wires} wires together",
            cure="Give as many probabilities as each register has outcomes",
        )
    for register in registers:
        if not (np.isfinite(register).all() and (register >= 0).all() and np.isclose(register.sum(), 1, atol=1e-9)):
            raise refusal(
                "A register to prepare is no distribution",
                got=f"a sum of {register.sum()}",
                allowed="probabilities that sum to 1",
                cure="Divide them by their sum",
            )
    ends = np.cumsum(widths).tolist()
    gates = [
        gate
        for register, width, end in zip(registers, widths, ends, strict=True)
        if width
        for gate in prepare(register / register.sum(), range(end - width, end))
    ]

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        for gate in gates:
            qml.apply(gate)
        circuit.queue(latent, weights, entangled)

    return replace(circuit, queue=queue)


def begun_in_bits(circuit: Circuit) -> Circuit:
    r"""The circuit with ``n_wires`` more latents, the last: angles that turn its wires about Y before anything else.

    .. math:: R_Y(\pi x_q) |0\rangle = |x_q\rangle

    so that 0 or π for each wire begins in a basis state.
    """

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        for wire in range(circuit.n_wires):
            qml.RY(latent[..., circuit.latent_dim + wire], wires=wire)
        circuit.queue(latent[..., : circuit.latent_dim], weights, entangled)

    latent_dim = circuit.latent_dim + circuit.n_wires
    return replace(circuit, latent_dim=latent_dim, queue=queue, identity=None, inert={}, inert_in={})


def with_basis_angle(circuit: Circuit) -> Circuit:
    r"""The circuit with one more latent, the last: the angle that turns all wires about Y before a measurement.

    .. math:: R_Y(\phi)^\dagger Z R_Y(\phi) = \cos\phi \, Z - \sin\phi \, X

    At 0 the read-out of Z is what it was, and at -π/2 it is that of X, so that one batch reads both. No weight counts
    as inert, since those before a Z are not before an X.
    """

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        circuit.queue(latent[..., :-1], weights, entangled)
        for wire in range(circuit.n_wires):
            qml.RY(latent[..., -1], wires=wire)

    return replace(circuit, latent_dim=circuit.latent_dim + 1, queue=queue, inert={})


def _hadamards_first(circuit: Circuit) -> set[int]:
    """The wires on which its first gate is a Hadamard."""
    weights = {name: np.ones(shape) for name, shape in circuit.weight_shapes.items()}
    first: dict[int, str] = {}
    for operation in make_qscript(circuit.gates)(np.ones(circuit.latent_dim), weights).operations:
        for wire in operation.wires:
            first.setdefault(wire, operation.name)
    return {wire for wire, name in first.items() if name == "Hadamard"}
