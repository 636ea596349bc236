"""Circuits that are traced once, because their angles are polynomials of latents and weights."""

__all__ = ["AngleTable", "TracedOnce", "traced"]

import math
from collections.abc import Collection, Mapping, Sequence
from typing import final

import torch
from pennylane.operation import Operator
from torch import Tensor

from circuits import Circuit
from qgan.backends.batched.inputs import sums_of
from qgan.backends.batched.plan import Sum
from qgan.backends.kernels import with_angle
from qgan.backends.program import FIXED, ROTATIONS, Program, Tracer, angles_of, queued, require_fitting


def traced(circuit: Circuit, native: Collection[str]) -> tuple[list[Operator], list[Sum]]:
    """The circuit in gates of those names, and what makes each of their parameters.

    Raises:
        NotPolynomial: If an angle is no sum of products of latents and weights.
        BackendError: If there is a gate that cannot be taken.
    """
    operators: list[Operator] = []

    def angles(latent: Tensor, *weights: Tensor) -> list[Tensor]:
        named = dict(zip(circuit.weight_shapes, weights, strict=True))
        operators[:] = queued(circuit, latent, named, native)
        return [torch.as_tensor(value, dtype=torch.float64) for operator in operators for value in angles_of(operator)]

    sums = iter(sums_of(angles, circuit.latent_dim, circuit.weight_shapes))
    fixed = Sum(0.0, ())
    # The matrix of a fixed gate stands among the parameters, but it is no angle.
    return operators, [next(sums) if angles_of(each) else fixed for each in operators for _ in range(each.num_params)]


@final
class TracedOnce(Tracer):
    """A circuit that queues its gates when it is made, and from then on only moves angles.

    Raises:
        NotPolynomial: If an angle is no sum of products of latents and weights.
    """

    def __init__(self, circuit: Circuit) -> None:
        operators, sums = traced(circuit, ROTATIONS | FIXED)
        self._operators = tuple(with_angle(each, 0.0) if each.num_params else each for each in operators)
        self._circuit, self._table = circuit, AngleTable(sums, circuit.latent_dim, circuit.weight_shapes)

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor]) -> Program:
        require_fitting(self._circuit, latent, weights)
        named = {name: weights[name].to("cpu", torch.float64) for name in self._circuit.weight_shapes}
        wanted = {name for name, values in named.items() if values.requires_grad}
        table = latent.to("cpu", torch.float64)
        varied = self._table.varied(latent=table.requires_grad, weights=wanted)
        return Program(self._operators, self._table(table, named), varied)


@final
class AngleTable:
    """All angles of all rows at once, as torch differentiates them.

    Args:
        sums: What makes each angle.
        latent_dim: How many latents.
        shapes: Of the weights, by name, in the order in which they are numbered.
    """

    def __init__(self, sums: Sequence[Sum], latent_dim: int, shapes: Mapping[str, tuple[int, ...]]) -> None:
        products = [(angle, product) for angle, each in enumerate(sums) for product in each.products]
        self._angles = torch.tensor([angle for angle, _ in products], dtype=torch.long)
        self._coefficients = torch.tensor([product.coefficient for _, product in products], dtype=torch.float64)
        self._constants = torch.tensor([each.constant for each in sums], dtype=torch.float64)
        # The inputs of a row: a one, by which shorter products are filled up, then latents, then weights.
        columns = [
            [1 + each if each >= 0 else latent_dim - each for each in product.factors] for _, product in products
        ]
        degree = max(map(len, columns), default=0)
        filled = [each + [0] * (degree - len(each)) for each in columns]
        self._factors = torch.tensor(filled, dtype=torch.long).reshape(len(products), degree).T
        names = [name for name, shape in shapes.items() for _ in range(math.prod(shape))]
        sources = [*[None] * latent_dim, *names]
        self._sources: list[set[str | None]] = [set() for _ in sums]
        for (angle, _), each in zip(products, columns, strict=True):
            self._sources[angle].update(sources[factor - 1] for factor in each)
        self._shapes = shapes

    def varied(self, *, latent: bool, weights: Collection[str]) -> tuple[int, ...]:
        """The angles that depend on latents, if those count, or on weights of these names."""
        moving = {*weights, None} if latent else {*weights}
        return tuple(index for index, sources in enumerate(self._sources) if not sources.isdisjoint(moving))

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """Latents of shape (rows, latent_dim) and weights, which may have a leading axis of sets: (rows, angles)."""
        rows = len(latent)
        parts = [latent.new_ones(rows, 1), latent]
        for name, shape in self._shapes.items():
            values = weights[name]
            sets = len(values) if values.ndim > len(shape) else 1
            parts.append(values.reshape(sets, -1).repeat_interleave(rows // sets, dim=0))
        inputs = torch.cat(parts, dim=1)
        products = self._coefficients.expand(rows, -1)
        for columns in self._factors:
            products = products * inputs.index_select(1, columns)
        return self._constants.expand(rows, -1).index_add(1, self._angles, products)
