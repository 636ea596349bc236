"""What a circuit makes of its latents: frequencies of trigonometric polynomials, and functions drawn from them."""

__all__ = ["Spectrum", "Terms", "spectrum_of"]

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from circuits import Circuit
from qgan._typing import AnyArray, Array
from qgan.backends.batched.inputs import NotPolynomial
from qgan.backends.batched.plan import Product, Sum
from qgan.backends.batched.tracing import AngleTable, traced
from qgan.backends.program import FIXED, ROTATIONS
from qgan.errors import ConfigError

HALVES, CONTROLLED = (0.5, -0.5), (0.5, -0.5, 0.0, 0.0)
# Of what a rotation's angle multiplies, as often as they occur.
EIGENVALUES = {
    **dict.fromkeys(ROTATIONS, HALVES),
    **dict.fromkeys(("CRX", "CRY", "CRZ", "SingleExcitation"), CONTROLLED),
    "ControlledPhaseShift": (1.0, 0.0, 0.0, 0.0),
}
REAL = {"RY", "CRY", "SingleExcitation"} | FIXED - {"PauliY", "CY", "S", "T", "SX"}
TRIES = 100


class Spectrum(NamedTuple):
    """How latents enter.

    Attributes:
        latents: What they make of an angle, for all angles of which they make something different: of latents and
            weights, shape (rows, parts).
        eigenvalues: For each of these, of all gates that it turns: they add up to a frequency.
        moving: The numbers of the weights that multiply latents, and so move frequencies.
        components: 1 where all amplitudes are real, else 2.
        n_wires: How many qubits.
    """

    latents: AngleTable
    eigenvalues: Sequence[Sequence[Sequence[float]]]
    moving: tuple[int, ...]
    components: int
    n_wires: int

    def draw(self, count: int, rng: np.random.Generator) -> "Terms":
        """That many different functions, or all that are soon found where there are fewer.

        Bit strings take turns, in random order. Each gets the sine or the cosine of a frequency, drawn as often as the
        eigenvalues of the gates add up to it, and goes to the real or the imaginary part.
        """
        strings, found = rng.permutation(2**self.n_wires), dict[tuple[float, ...], None]()
        for turn in range(count):
            if any(self._add(found, int(strings[turn % len(strings)]), rng) for _ in range(TRIES)):
                continue
            if all(not self._add(found, int(string), rng) for string in strings for _ in range(TRIES)):
                break
        table = np.array(list(found), dtype=np.float64).reshape(len(found), 3 + len(self.eigenvalues))
        component, string, phase = table[:, :3].T
        return Terms(component.astype(np.int64), string.astype(np.int64), phase * math.pi / 2, table[:, 3:])

    def _add(self, found: dict[tuple[float, ...], None], string: int, rng: np.random.Generator) -> bool:
        frequency = np.array([sum(float(rng.choice(each)) for each in gates) for gates in self.eigenvalues])
        sine = frequency.any() and rng.integers(2)
        # A frequency and its negative are one.
        first = next((value for value in frequency if value), 0.0)
        term = (int(rng.integers(self.components)), string, int(sine), *(frequency * (-1 if first < 0 else 1) + 0.0))
        if term in found:
            return False
        found[term] = None
        return True


class Terms(NamedTuple):
    r"""Functions :math:`\cos(\sum_j f_j x_j - \phi)`, each of one entry of a vector.

    Attributes:
        component: Of the entry, shape (terms,): 0 for its real part, 1 for its imaginary part.
        string: Which entry, shape (terms,).
        phase: φ, shape (terms,): 0 or π/2, radians.
        frequency: f, shape (terms, parts).
    """

    component: AnyArray
    string: AnyArray
    phase: Array
    frequency: Array


def spectrum_of(circuit: Circuit) -> Spectrum:
    """That of the circuit's amplitudes, of every state and with every entangler.

    References:
        Schuld M., Sweke R. and Meyer J. J., Effect of data encoding on the expressive power of variational quantum
        machine learning models, Phys. Rev. A 103, 032430 (2021), arXiv:2008.08605.

    Raises:
        ConfigError: If an angle is no sum of products of latents and weights.
    """
    try:
        operators, sums = traced(circuit, ROTATIONS | FIXED)
    except NotPolynomial as error:
        raise ConfigError(
            f"The frequencies of the circuit '{circuit.name}' are not known",
            got=f"an angle that is made by {error}",
            allowed="angles that are sums of products of latents and weights",
            cure="Take another control, or write the angles so",
        ) from error
    parts: dict[tuple[Product, ...], list[Sequence[float]]] = {}
    turned = [operator for operator in operators if operator.num_params]
    for operator, each in zip(turned, sums, strict=True):
        entering = tuple(product for product in each.products if any(factor >= 0 for factor in product.factors))
        if entering:
            parts.setdefault(entering, []).append(EIGENVALUES[operator.name])
    moving = {-1 - factor for products in parts for product in products for factor in product.factors if factor < 0}
    return Spectrum(
        AngleTable([Sum(0.0, products) for products in parts], circuit.latent_dim, circuit.weight_shapes),
        list(parts.values()),
        tuple(sorted(moving)),
        1 if all(operator.name in REAL for operator in operators) else 2,
        circuit.n_wires,
    )
