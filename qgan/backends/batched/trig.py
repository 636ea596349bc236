"""Cosines and sines of eight angles at once."""

__all__ = ["half_turns"]

import math
from typing import Any

from llvmlite import ir
from numba import types

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import intrinsic
from qgan.backends.batched.vectors import Vector, fused

# pi / 2 in three parts whose first two have so few digits that their products with a quadrant's number are exact
# (Cody and Waite), and the Taylor coefficients of sine and cosine.
_PARTS = (1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
_SINE = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(1, 8))
_COSINE = tuple((-1) ** k / math.factorial(2 * k) for k in range(1, 9))
# So many of them reach the precision of a type up to pi / 4.
_TERMS = {types.float64: (7, 8), types.float32: (4, 5)}
# Added and taken away again it rounds to an integer, which then stands in the lowest bits.
_ROUNDING = 6755399441055744.0

_BITS: dict[Any, Any] = {types.float64: ir.IntType(64), types.float32: ir.IntType(32)}
_FLOATS: dict[Any, Any] = {types.float64: ir.DoubleType(), types.float32: ir.FloatType()}


@intrinsic
def half_turns(typingctx: Any, angles: Any, like: Any) -> Any:  # noqa: ARG001
    """cos(x / 2) and sin(x / 2) of eight angles in double precision, in the type of the array ``like``.

    They are right to 2e-16 (1 + |x| / 10**6), or to the last digit of single precision.
    """
    dtype = like.dtype
    sines, cosines = _TERMS[dtype]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        half = builder.fmul(arguments[0], _number(0.5))
        shifted = builder.fadd(builder.fmul(half, _number(2 / math.pi)), _number(_ROUNDING))
        quadrant = builder.fsub(shifted, _number(_ROUNDING))
        rest = half
        for part in _PARTS:
            rest = fused(builder, quadrant, _number(-part), rest)
        bits = builder.bitcast(shifted, _vector(_BITS[types.float64]))
        if dtype != types.float64:
            rest = builder.fptrunc(rest, _vector(_FLOATS[dtype]))
            bits = builder.trunc(bits, _vector(_BITS[dtype]))
        square = builder.fmul(rest, rest)
        sine = builder.fmul(rest, _polynomial(builder, square, _SINE[:sines]))
        cosine = _polynomial(builder, square, _COSINE[:cosines])
        odd = builder.icmp_unsigned("!=", builder.and_(bits, _same(bits, 1)), _same(bits, 0))
        cosine, sine = builder.select(odd, sine, cosine), builder.select(odd, cosine, sine)
        # Quadrants 1 and 2 turn the cosine's sign, 2 and 3 the sine's.
        cosine = _with_sign_of(builder, cosine, builder.add(bits, _same(bits, 1)))
        sine = _with_sign_of(builder, sine, bits)
        return context.make_tuple(builder, signature.return_type, [cosine, sine])

    return types.UniTuple(Vector(dtype), 2)(Vector(types.float64), like), generate


def _polynomial(builder: Any, square: Any, coefficients: tuple[float, ...]) -> Any:
    """1 + c1 x + c2 x**2 + ..."""
    value = _same(square, coefficients[-1])
    for coefficient in (*coefficients[-2::-1], 1.0):
        value = fused(builder, value, square, _same(square, coefficient))
    return value


def _with_sign_of(builder: Any, value: Any, bits: Any) -> Any:
    """Negated where bit 1 is set."""
    sign = builder.shl(builder.and_(bits, _same(bits, 2)), _same(bits, bits.type.element.width - 2))
    return builder.bitcast(builder.xor(builder.bitcast(value, bits.type), sign), value.type)


def _vector(element: Any) -> Any:
    return ir.VectorType(element, LANES)


def _same(like: Any, value: float) -> ir.Constant:
    """Eight times a number, as the vector ``like`` has them."""
    return ir.Constant(like.type, [value] * LANES)


def _number(value: float) -> ir.Constant:
    return ir.Constant(_vector(ir.DoubleType()), [value] * LANES)
