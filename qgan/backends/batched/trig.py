"""Cosines and sines of eight angles at once."""

__all__ = ["half_turns"]

from typing import Any

from llvmlite import ir
from numba import types

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import intrinsic
from qgan.backends.batched.vectors import Vector

# pi / 2 in three parts whose first two have so few digits that their products with a quadrant's number are exact
# (Cody and Waite), and the Taylor coefficients of sine and cosine, which reach double precision up to pi / 4.
_PARTS = (1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
_SINE = (
    -1 / 6,
    1 / 120,
    -1 / 5040,
    1 / 362880,
    -1 / 39916800,
    1 / 6227020800,
    -1 / 1307674368000,
)
_COSINE = (
    -1 / 2,
    1 / 24,
    -1 / 720,
    1 / 40320,
    -1 / 3628800,
    1 / 479001600,
    -1 / 87178291200,
    1 / 20922789888000,
)
# Added and taken away again it rounds to an integer, which then stands in the lowest bits.
_ROUNDING = 6755399441055744.0

_DOUBLES, _INTEGERS = ir.VectorType(ir.DoubleType(), LANES), ir.VectorType(ir.IntType(64), LANES)


@intrinsic
def half_turns(typingctx: Any, angles: Any) -> Any:  # noqa: ARG001
    """cos(x / 2) and sin(x / 2) of eight angles in double precision, right to 2e-16 (1 + |x| / 10**6)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        half = builder.fmul(arguments[0], _number(0.5))
        shifted = builder.fadd(builder.fmul(half, _number(0.6366197723675814)), _number(_ROUNDING))
        quadrant = builder.fsub(shifted, _number(_ROUNDING))
        rest = half
        for part in _PARTS:
            rest = builder.fsub(rest, builder.fmul(quadrant, _number(part)), flags=("contract",))
        square = builder.fmul(rest, rest)
        sine = builder.fmul(rest, _polynomial(builder, square, _SINE))
        cosine = _polynomial(builder, square, _COSINE)
        bits = builder.bitcast(shifted, _INTEGERS)
        odd = builder.icmp_unsigned("!=", builder.and_(bits, _integer(1)), _integer(0))
        cosine, sine = builder.select(odd, sine, cosine), builder.select(odd, cosine, sine)
        # Quadrants 1 and 2 turn the cosine's sign, 2 and 3 the sine's.
        cosine = _with_sign_of(builder, cosine, builder.add(bits, _integer(1)))
        sine = _with_sign_of(builder, sine, bits)
        return context.make_tuple(builder, signature.return_type, [cosine, sine])

    kind = Vector(types.float64)
    return types.UniTuple(kind, 2)(kind), generate


def _polynomial(builder: Any, square: Any, coefficients: tuple[float, ...]) -> Any:
    """1 + c1 x + c2 x**2 + ..."""
    value = _number(coefficients[-1])
    for coefficient in (*coefficients[-2::-1], 1.0):
        product = builder.fmul(value, square, flags=("contract",))
        value = builder.fadd(product, _number(coefficient), flags=("contract",))
    return value


def _with_sign_of(builder: Any, value: Any, bits: Any) -> Any:
    """Negated where bit 1 is set."""
    sign = builder.shl(builder.and_(bits, _integer(2)), _integer(62))
    return builder.bitcast(builder.xor(builder.bitcast(value, _INTEGERS), sign), _DOUBLES)


def _number(value: float) -> ir.Constant:
    return ir.Constant(_DOUBLES, [value] * LANES)


def _integer(value: int) -> ir.Constant:
    return ir.Constant(_INTEGERS, [value] * LANES)
