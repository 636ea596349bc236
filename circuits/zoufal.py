"""RY and CZ blocks after a prepared state: the circuit that learns to load a distribution."""

__all__ = ["zoufal"]

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pennylane as qml

from circuits._checks import choose, integer, refusal, sizes
from circuits.circuit import Circuit, Weights
from circuits.initial import in_pairs, uniform
from circuits.layers import end_of_layer
from circuits.patterns import PATTERNS
from circuits.states import discretised_normal, prepare, prepare_product

Numbers: TypeAlias = float | Sequence[float]
STATES = ("uniform", "normal", "random")
# An exact preparation takes about 2 gates for each grid point.
LARGEST_REGISTER = 12


def zoufal(
    *,
    n_wires: int,
    layers: int,
    entangled: bool = True,
    pattern: str = "ring",
    state: str = "uniform",
    mean: Numbers | None = None,
    sigma: Numbers | None = None,
    registers: Sequence[int] | None = None,
) -> Circuit:
    r"""A state to begin from, RY on every wire, then layers of CZ on the pairs of a pattern and RY on every wire.

    .. math:: \prod_{l \ge 1} \Bigl[ \bigotimes_q R_Y(\theta_{lq}) \prod_{(a, b)} CZ_{ab} \Bigr] \bigotimes_q
        R_Y(\theta_{0q}) \, |\psi_\mathrm{in}\rangle

    There is no latent: what is random is the measurement. The weights are ``{"w": (layers + 1, n_wires)}``. After a
    prepared state they begin in U[0, 0.02), as in the authors' library, so that training begins near it; for a random
    state nothing is prepared and they begin in U[-π, π). No weight is inert.

    Args:
        n_wires: How many qubits, 1 or more.
        layers: How many layers, 1 or more.
        entangled: Whether the CZ gates are there; the weights are the same without. A normal distribution is then
            prepared as the product of its wires' own distributions.
        pattern: A name of ``PATTERNS``.
        state: ``"uniform"`` by Hadamard gates, ``"normal"`` for a discretised normal distribution, prepared exactly by
            RY and CNOT gates, or ``"random"``.
        mean: Of the normal distribution, in grid points 0 to 2**n_wires - 1; one for each register. The middle if None.
        sigma: Its standard deviation, in grid points; one for each register. A quarter of the grid if None.
        registers: How many wires, at most 12 each, number the grid points of each dimension, in order; all number one
            if None.

    Raises:
        ValueError: If a number is impossible, a name unknown, or the registers do not fit.

    References:
        Zoufal C., Lucchi A. and Woerner S., Quantum generative adversarial networks for learning and loading random
        distributions, npj Quantum Information 5, 103 (2019), arXiv:1904.00043.
    """
    n_wires, layers = sizes(n_wires, layers)
    pairs = choose(PATTERNS, pattern, "pattern")(n_wires)
    begin = choose({name: name for name in STATES}, state, "state")
    if begin != "normal" and not (mean is None and sigma is None and registers is None):
        raise refusal(
            f"The state '{begin}' is not made of a mean, a sigma or registers",
            got=f"mean={mean}, sigma={sigma}, registers={registers}",
            allowed="None",
            cure="Leave them out, or set state='normal'",
        )
    queue_state = _normal(n_wires, mean, sigma, registers) if begin == "normal" else _plain(n_wires, begin)

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:  # noqa: ARG001
        queue_state(entangled)
        for layer in range(layers + 1):
            if entangled and layer:
                for pair in pairs:
                    qml.CZ(wires=pair)
            for wire in range(n_wires):
                qml.RY(weights["w"][..., layer, wire], wires=wire)
            end_of_layer(n_wires)

    shapes = {"w": (layers + 1, n_wires)}
    low, high = (-np.pi, np.pi) if begin == "random" else (0.0, 0.02)
    return Circuit(
        name="zoufal",
        n_wires=n_wires,
        latent_dim=0,
        weight_shapes=shapes,
        queue=queue,
        entangled=entangled,
        initial=uniform(shapes, low=low, high=high),
        # An odd number of CZ layers does not cancel.
        identity=None if layers % 2 else lambda rng: {"w": in_pairs(rng, shapes["w"], every=2)},
        reference="Zoufal et al., npj Quantum Inf. 5, 103 (2019), arXiv:1904.00043",
        doc="A prepared state, then layers of CZ on a ring and RY: loads a distribution, has no latent",
    )


def _plain(n_wires: int, state: str) -> Callable[[bool], None]:
    def queue(entangled: bool) -> None:  # noqa: ARG001
        for wire in range(n_wires) if state == "uniform" else ():
            qml.Hadamard(wires=wire)

    return queue


def _normal(
    n_wires: int, mean: Numbers | None, sigma: Numbers | None, registers: Sequence[int] | None
) -> Callable[[bool], None]:
    cure = "Give how many qubits number each dimension, such as registers=(3, 3) for n_wires=6"
    sizes = [integer(size, "A register", minimum=1, cure=cure) for size in (registers or (n_wires,))]
    if sum(sizes) != n_wires:
        raise refusal("The registers do not fit", got=tuple(sizes), allowed=f"a sum of {n_wires}", cure=cure)
    if max(sizes) > LARGEST_REGISTER:
        raise refusal(
            "A register is too large for a normal distribution, whose preparation takes a gate for each grid point",
            got=max(sizes),
            allowed=f"1 to {LARGEST_REGISTER}",
            cure="Use fewer qubits, or set state='uniform'",
        )
    means = _each(mean, "mean", [(2**size - 1) / 2 for size in sizes])
    sigmas = _each(sigma, "sigma", [2**size / 4 for size in sizes])
    if min(sigmas) <= 0:
        raise refusal("A sigma is wrong", got=sigmas, allowed="above 0", cure="Give a width in grid points")
    whole, product, first = [], [], 0
    for size, centre, width in zip(sizes, means, sigmas, strict=True):
        wires = range(first, first + size)
        probabilities = discretised_normal(mean=centre, sigma=width, n_wires=size)
        whole += prepare(probabilities, wires)
        product += prepare_product(probabilities, wires)
        first += size

    def queue(entangled: bool) -> None:
        for operation in whole if entangled else product:
            qml.apply(operation)

    return queue


def _each(given: Numbers | None, name: str, own: list[float]) -> list[float]:
    values = own if given is None else [float(value) for value in np.atleast_1d(given)]
    if len(values) != len(own) or not np.isfinite(values).all():
        allowed = f"{len(own)} finite number(s), one for each register"
        raise refusal(f"{name} is wrong", got=given, allowed=allowed, cure="Give it in grid points")
    return values
