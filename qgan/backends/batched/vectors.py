"""Eight numbers in a register, as Numba can compile them: what one gate does to eight rows of a batch at once.

LLVM makes of them what the processor has: one register with AVX-512, one or two with AVX2, more with less. What is
fused is said (:func:`fma`), and nothing is reordered: the same bits whichever way LLVM takes.
"""

__all__ = [
    "Vector",
    "all_above",
    "lane_sums",
    "load",
    "parity",
    "splat",
    "store",
    "total",
    "trailing_zeros",
    "transposed",
    "widen",
]

import operator
from typing import Any, final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.numba_typed import intrinsic

_infer: Any = infer_global

_SCALARS: dict[Any, ir.Type] = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}


@final
class Vector(types.Type):
    """Eight numbers of one type."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Vector({dtype}, {LANES})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, ir.VectorType(_SCALARS[fe_type.dtype], LANES))


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """To the eight numbers that begin at ``index`` of a contiguous array."""
    data = cgutils.create_struct_proxy(array_type)(context, builder, value=array).data
    return builder.bitcast(builder.gep(data, [index]), ir.VectorType(_SCALARS[array_type.dtype], LANES).as_pointer())


def _bytes(array_type: Any) -> int:
    return array_type.dtype.bitwidth // 8


@intrinsic
def load(typingctx: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """Eight numbers of an array, from ``index`` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], *arguments)
        return builder.load(pointer, align=_bytes(signature.args[0]))

    return signature(Vector(array.dtype), array, types.intp), generate


@intrinsic
def store(typingctx: Any, array: Any, index: Any, vector: Any) -> Any:  # noqa: ARG001
    """Puts eight numbers into an array, from ``index`` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], pointer, align=_bytes(signature.args[0]))
        return context.get_dummy_value()

    return signature(types.void, array, types.intp, vector), generate


@intrinsic
def splat(typingctx: Any, number: Any) -> Any:  # noqa: ARG001
    """Eight times the same number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return _splat(builder, arguments[0])

    return signature(Vector(number), number), generate


@intrinsic
def total(typingctx: Any, vector: Any) -> Any:  # noqa: ARG001
    """The sum of the eight: halves first, then quarters."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        value = arguments[0]
        for step in (4, 2, 1):
            value = builder.fadd(value, _shuffled(builder, value, value, [index ^ step for index in range(LANES)]))
        return builder.extract_element(value, _lane(0))

    return signature(vector.dtype, vector), generate


@intrinsic
def lane_sums(
    typingctx: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any  # noqa: ARG001
) -> Any:  # fmt: skip
    """The eight sums of eight vectors, side by side."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        values = list(arguments)
        # Within quarters, as processors add neighbours; twice, and then the two halves of each.
        for evens, odds in (_NEIGHBOURS, _NEIGHBOURS, _HALVES):
            values = [
                builder.fadd(_shuffled(builder, one, two, evens), _shuffled(builder, one, two, odds))
                for one, two in zip(values[::2], values[1::2], strict=True)
            ]
        return values[0]

    return signature(a, a, b, c, d, e, f, g, h), generate


@intrinsic
def transposed(
    typingctx: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any  # noqa: ARG001
) -> Any:  # fmt: skip
    """Eight vectors of eight, rows for columns."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values = list(arguments)
        # Blocks of one, two and four lanes across the diagonal change places.
        for step in (1, 2, 4):
            low = [index if not index & step else index - step + LANES for index in range(LANES)]
            high = [index + step if not index & step else index + LANES for index in range(LANES)]
            swapped = list(values)
            for index in range(LANES):
                if not index & step:
                    one, two = values[index], values[index + step]
                    swapped[index] = _shuffled(builder, one, two, low)
                    swapped[index + step] = _shuffled(builder, one, two, high)
            values = swapped
        return context.make_tuple(builder, signature.return_type, values)

    return signature(types.UniTuple(a, LANES), a, b, c, d, e, f, g, h), generate


@intrinsic
def all_above(typingctx: Any, one: Any, two: Any) -> Any:  # noqa: ARG001
    """Whether each number of the first is above that of the second."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        bits = builder.bitcast(builder.fcmp_ordered(">", *arguments), ir.IntType(LANES))
        return builder.icmp_unsigned("==", bits, ir.Constant(ir.IntType(LANES), (1 << LANES) - 1))

    return signature(types.boolean, one, two), generate


@intrinsic
def widen(typingctx: Any, vector: Any, like: Any) -> Any:  # noqa: ARG001
    """The same numbers in the type of the array ``like``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        source, target = signature.args[0].dtype, signature.args[1].dtype
        if source == target:
            return arguments[0]
        kind = ir.VectorType(_SCALARS[target], LANES)
        return (builder.fpext if target.bitwidth > source.bitwidth else builder.fptrunc)(arguments[0], kind)

    return signature(Vector(like.dtype), vector, like), generate


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:  # noqa: ARG001
    """a * b + c, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return fused(builder, *arguments)

    return signature(a, a, b, c), generate


@intrinsic
def fnma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:  # noqa: ARG001
    """c - a * b, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return fused(builder, builder.fneg(arguments[0]), *arguments[1:])

    return signature(a, a, b, c), generate


@intrinsic
def trailing_zeros(typingctx: Any, number: Any) -> Any:  # noqa: ARG001
    """How many zero bits stand below the lowest one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return signature(types.int64, types.int64), generate


@intrinsic
def parity(typingctx: Any, number: Any) -> Any:  # noqa: ARG001
    """1 where an odd number of bits is set, else 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.and_(builder.ctpop(arguments[0]), ir.Constant(ir.IntType(64), 1))

    return signature(types.int64, types.int64), generate


def fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """LLVM's a * b + c, which its Python interface has for single numbers only."""
    name = f"llvm.fma.v{LANES}{'f32' if a.type.element == ir.FloatType() else 'f64'}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(a.type, [a.type] * 3), name)
    return builder.call(function, [a, b, c])


def _lane(index: int) -> ir.Constant:
    return ir.Constant(ir.IntType(32), index)


_NEIGHBOURS = ([0, 2, 8, 10, 4, 6, 12, 14], [1, 3, 9, 11, 5, 7, 13, 15])
_HALVES = ([0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15])


def _shuffled(builder: Any, one: Any, two: Any, lanes: list[int]) -> Any:
    return builder.shuffle_vector(one, two, ir.Constant(ir.VectorType(ir.IntType(32), LANES), lanes))


def _splat(builder: Any, number: Any) -> Any:
    kind = ir.VectorType(number.type, LANES)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), number, _lane(0))
    return _shuffled(builder, one, ir.Constant(kind, ir.Undefined), [0] * LANES)


def _arithmetic(operation: Any, emit: Any) -> None:
    """Makes an operator of Python work between vectors of one type."""

    @_infer(operation)
    class _Typing(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:  # noqa: ARG002
            if len(args) == 2 and isinstance(args[0], Vector) and args[0] == args[1]:
                return signature(args[0], *args)
            return None

    @lower_builtin(operation, Vector, Vector)
    def _lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return emit(builder)(*arguments)


_arithmetic(operator.add, lambda builder: builder.fadd)
_arithmetic(operator.sub, lambda builder: builder.fsub)
_arithmetic(operator.mul, lambda builder: builder.fmul)
_arithmetic(operator.truediv, lambda builder: builder.fdiv)
