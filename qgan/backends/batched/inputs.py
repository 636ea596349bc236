"""How the angles of a circuit follow from latents and weights: traced once, as sums of products of them."""

__all__ = ["NotPolynomial", "sums_of"]

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from qgan.backends.batched.plan import Product, Sum

# More products than that in one angle are no polynomial that anybody meant to write.
MOST = 256

Objects: TypeAlias = np.ndarray
"""An array of polynomials."""


class NotPolynomial(Exception):
    """An angle is made by more than sums and products."""


class Polynomial:
    """Coefficients by sorted factors: latents are numbered from 0 on, weights from -1 down, and other rows as None."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[tuple[Any, ...], float]) -> None:
        self.terms = {factors: value for factors, value in terms.items() if value}
        if len(self.terms) > MOST:
            raise NotPolynomial(f"more than {MOST} products in one angle")

    def __add__(self, other: Any) -> "Polynomial":
        terms = dict(self.terms)
        for factors, value in _as_polynomial(other).terms.items():
            terms[factors] = terms.get(factors, 0.0) + value
        return Polynomial(terms)

    def __mul__(self, other: Any) -> "Polynomial":
        terms: dict[tuple[Any, ...], float] = {}
        for one, first in self.terms.items():
            for two, second in _as_polynomial(other).terms.items():
                factors = tuple(sorted((*one, *two)))
                terms[factors] = terms.get(factors, 0.0) + first * second
        return Polynomial(terms)

    def __neg__(self) -> "Polynomial":
        return self * -1.0

    def __sub__(self, other: Any) -> "Polynomial":
        return self + -_as_polynomial(other)

    def __rsub__(self, other: Any) -> "Polynomial":
        return -self + other

    def __truediv__(self, other: Any) -> "Polynomial":
        divisor = _as_polynomial(other).terms
        if set(divisor) != {()}:
            raise NotPolynomial("a quotient")
        return self * (1.0 / divisor[()])

    __radd__, __rmul__ = __add__, __mul__

    def sum(self) -> Sum:
        """Without its constant, which stands apart."""
        products = tuple(Product(value, factors) for factors, value in self.terms.items() if factors)
        return Sum(self.terms.get((), 0.0), products)


class Symbol(Tensor):
    """A tensor of polynomials: torch's operations on it are done on those.

    It sees what `make_fx` would see, torch's own elementary operations, without the second that its import takes.
    """

    polynomials: Objects

    @staticmethod
    def __new__(cls, values: Objects) -> "Symbol":
        """Of the same shape, double precision."""
        make: Any = Tensor._make_wrapper_subclass
        symbol = make(cls, values.shape, dtype=torch.float64)
        symbol.polynomials = values
        return symbol

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Does it on polynomials.

        Raises:
            NotPolynomial: If it makes something else of them.
        """
        name = str(func).removeprefix("aten.").split(".")[0]
        if name not in _OPERATIONS:
            raise NotPolynomial(f"the operation {func}")
        try:
            found = _OPERATIONS[name](*map(_plain, args), **(kwargs or {}))
        except (TypeError, ValueError, IndexError) as error:
            raise NotPolynomial(f"the operation {func}: {error}") from error
        return [cls(each) for each in found] if isinstance(found, list) else cls(np.asarray(found, dtype=object))


# PennyLane tells by the module what library a tensor is of.
Symbol.__module__ = "torch"


def sums_of(
    angles: Callable[..., Sequence[Tensor]], latent_dim: int, shapes: Mapping[str, tuple[int, ...]]
) -> list[Sum]:
    """What makes each angle of a row.

    Args:
        angles: Of latents of shape (rows, latent_dim) and the weights in order; each of shape (rows,) or ().
        latent_dim: How many latents.
        shapes: Of the weights, by name, in order; they are numbered through.

    Raises:
        NotPolynomial: If an angle is no polynomial of them, or depends on another row.
    """
    found = angles(*(Symbol(values) for values in _symbols(latent_dim, shapes)))
    return [_row(_plain(one), latent_dim) for one in found]


def _symbols(latent_dim: int, shapes: Mapping[str, tuple[int, ...]]) -> list[Objects]:
    # Row 1 is there to be told from row 0: its latents are numbered beyond those.
    latent = np.array([Polynomial({(index,): 1.0}) for index in range(2 * latent_dim)], dtype=object)
    inputs: list[Objects] = [latent.reshape(2, latent_dim)]
    at = 1
    for shape in shapes.values():
        size = int(np.prod(shape, dtype=int))
        names = np.array([Polynomial({(-at - index,): 1.0}) for index in range(size)], dtype=object)
        inputs.append(names.reshape(shape))
        at += size
    return inputs


def _row(value: Any, latent_dim: int) -> Sum:
    rows = _objects(value)
    if rows.shape not in ((), (1,), (2,)):
        raise NotPolynomial(f"an angle of shape {rows.shape}")
    found = _as_polynomial(rows.ravel()[0]).sum()
    if any(factor >= latent_dim for product in found.products for factor in product.factors):
        raise NotPolynomial("an angle that depends on another row")
    return found


def _objects(value: Any) -> Objects:
    if isinstance(value, Tensor):
        value = value.detach().double().numpy()
    return np.asarray(value, dtype=object)


def _as_polynomial(value: Any) -> Polynomial:
    return value if isinstance(value, Polynomial) else Polynomial({(): float(value)})


def _plain(value: Any) -> Any:
    if isinstance(value, Symbol):
        return value.polynomials
    if isinstance(value, Tensor):
        return _objects(value)
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) and _has_tensors(value) else value


def _has_tensors(values: Sequence[Any]) -> bool:
    return any(isinstance(each, Tensor) for each in values)


def _slice(value: Objects, axis: int = 0, first: int | None = None, last: int | None = None, step: int = 1) -> Objects:
    index: list[Any] = [slice(None)] * value.ndim
    index[axis] = slice(first, last, step)
    return value[tuple(index)]


def _power(value: Objects, exponent: float) -> Objects:
    if not isinstance(exponent, int) or not 1 <= exponent <= 8:
        raise NotPolynomial(f"a power of {exponent}")
    return reduce(operator.mul, [value] * exponent)


def _expand(value: Objects, shape: Sequence[int]) -> Objects:
    lead = len(shape) - value.ndim
    return np.broadcast_to(value, [value.shape[i - lead] if size == -1 else size for i, size in enumerate(shape)])


def _sum(value: Objects, axes: Sequence[int] | None = None, keepdim: bool = False) -> Objects:
    return np.asarray(value.sum(axis=tuple(axes) if axes else None, keepdims=keepdim), dtype=object)


def _weighed(combine: Callable[[Any, Any], Any]) -> Callable[..., Objects]:
    def apply(one: Any, two: Any, *, alpha: float = 1) -> Objects:
        return np.asarray(combine(_objects(one), _objects(two) * alpha), dtype=object)

    return apply


def _same(value: Any, *_: Any, **__: Any) -> Objects:
    return _objects(value)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": _weighed(operator.add),
    "sub": _weighed(operator.sub),
    "rsub": _weighed(lambda one, two: two - one),
    "mul": _weighed(operator.mul),
    "div": _weighed(operator.truediv),
    "neg": lambda value: -_objects(value),
    "pow": _power,
    "sum": _sum,
    "select": lambda value, axis, index: np.asarray(np.take(value, index, axis=axis), dtype=object),
    "slice": _slice,
    "stack": lambda values, axis=0: np.stack(values, axis=axis),
    "cat": lambda values, axis=0: np.concatenate(values, axis=axis),
    "unbind": lambda value, axis=0: list(np.moveaxis(value, axis, 0)),
    "expand": _expand,
    "unsqueeze": lambda value, axis: np.expand_dims(value, axis if axis >= 0 else value.ndim + 1 + axis),
    "squeeze": lambda value, axis=None: np.squeeze(value, axis),
    "view": lambda value, shape: value.reshape(shape),
    "reshape": lambda value, shape: value.reshape(shape),
    "_unsafe_view": lambda value, shape: value.reshape(shape),
    "transpose": lambda value, one, two: np.swapaxes(value, one, two),
    "permute": lambda value, axes: np.transpose(value, axes),
    "t": lambda value: value.T,
    **dict.fromkeys(("_to_copy", "alias", "clone", "detach", "lift_fresh_copy", "contiguous", "lift_fresh"), _same),
}
