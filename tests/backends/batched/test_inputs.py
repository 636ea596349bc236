"""The map from latents and weights to angles, traced once."""

import pennylane as qml
import pytest
import torch
from pennylane.queuing import AnnotatedQueue
from pennylane.tape import QuantumScript

from circuits import CIRCUITS
from qgan.backends.batched.inputs import NotPolynomial, sums_of
from qgan.backends.batched.plan import Product, Sum


def test_products_powers_and_constants_are_kept_apart():
    def angles(z, w):
        return [z[..., 1], w[0, 2] * z[..., 0] + 0.5, 3 - z[..., 0] ** 2 / 4, torch.stack([w[1], w[1]]).sum(0)[0] * 2]

    latent, product, square, weights = sums_of(angles, 2, {"w": (2, 3)})
    assert latent == Sum(0.0, (Product(1.0, (1,)),))
    assert product == Sum(0.5, (Product(1.0, (-3, 0)),))
    assert square == Sum(3.0, (Product(-0.25, (0, 0)),))
    assert weights == Sum(0.0, (Product(4.0, (-4,)),))


@pytest.mark.parametrize(
    ("angles", "reason"),
    [
        (lambda z, _: [torch.sin(z[..., 0])], "sin"),
        (lambda z, w: [z[..., 0] / w[0, 0]], "quotient"),
        (lambda z, _: [z[0, 0] + 0 * z[1, 0], z[1, 0]], "another row"),
        (lambda z, _: [z.expand(2, 2)], "shape"),
        (lambda z, _: [z[..., 0] ** 0.5], "power"),
        (lambda z, _: [(1 + z.sum(-1)) ** 8 * (1 + z.sum(-1)) ** 8 * (1 + z.sum(-1)) ** 8], "256 products"),
    ],
    ids=["function", "quotient", "row", "shape", "root", "size"],
)
def test_what_is_no_polynomial_of_a_row_is_told(angles, reason):
    with pytest.raises(NotPolynomial, match=reason):
        sums_of(angles, 2, {"w": (2, 3)})


def evaluated(total, latent, weights):
    value = total.constant
    for coefficient, factors in total.products:
        for factor in factors:
            coefficient = coefficient * (latent[factor] if factor >= 0 else weights[-1 - factor])
        value = value + coefficient
    return value


@pytest.mark.parametrize("name", CIRCUITS)
def test_of_every_circuit_the_angles_are_those_that_it_queues(name):
    circuit = CIRCUITS[name](n_wires=3, layers=2)

    def angles(latent, *weights):
        with AnnotatedQueue() as queue:
            circuit.gates(latent, dict(zip(circuit.weight_shapes, weights, strict=True)))
        operations = QuantumScript.from_queue(queue).operations
        return [torch.as_tensor(v, dtype=torch.float64) for operation in operations for v in operation.data
                if not isinstance(operation, qml.StatePrep)]  # fmt: skip

    sums = sums_of(angles, circuit.latent_dim, circuit.weight_shapes)
    torch.manual_seed(0)
    latent = torch.rand(1, circuit.latent_dim, dtype=torch.float64)
    weights = [torch.rand(shape, dtype=torch.float64) for shape in circuit.weight_shapes.values()]
    flat = torch.cat([weight.ravel() for weight in weights])
    for total, angle in zip(sums, angles(latent, *weights), strict=True):
        assert evaluated(total, latent[0], flat) == pytest.approx(float(angle.ravel()[0]), abs=1e-14)
